//! A server in front of a memcached that can be told what to do wrong, for
//! many cases one after the other.

use std::time::{Duration, Instant};

use testkit::{Faulty, Peer, Response, Site, slack};

/// Every path is looked up; below `/page/` and `/file/` what is made is stored
/// too.
const CONFIG: &str = r#"
if req.path =^ "/page/" {
	memcached.lookup ([$BOTH], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		respond 200 => "page";
		memcached.store [$BOTH];
	});
} else if req.path =^ "/file/" {
	memcached.lookup ([$BOTH], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		docroot "$DIR";
		static;
		memcached.store [$BOTH, "maxsize" => 100000000];
	});
} else {
	memcached.lookup ([$BOTH], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		respond 200 => "made";
	});
}
"#;

/// The times that the actions are given, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub answer: u64,
    pub connect: u64,
    pub retry: u64,
}

impl Times {
    /// Long time-outs: where nothing has to time out, nothing does.
    pub(super) const PATIENT: Self = Self {
        answer: 20_000,
        connect: 20_000,
        retry: 1,
    };

    /// Short ones, where something has to.
    pub(super) const HASTY: Self = Self {
        answer: 150,
        connect: 150,
        retry: 1,
    };

    /// The longest time that a request may take because of memcached.
    pub(super) fn limit(self) -> Duration {
        Duration::from_millis(self.answer + self.connect + 100) + slack()
    }
}

/// The server and its memcached.
pub(super) struct Bench {
    pub site: Site,
    pub cache: Faulty,
    pub times: Times,
}

/// What a client should see.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect<'a> {
    /// The item with this value.
    Hit(&'a [u8]),
    /// The response that is made without the cache.
    Miss,
}

impl Bench {
    pub(super) fn start(times: Times) -> Self {
        let cache = Faulty::start();
        let site = start_site(&cache, times, 1);
        Self { site, cache, times }
    }

    /// Asks with memcached behaving like this.
    pub(super) fn case(
        &mut self,
        name: &str,
        path: &str,
        expect: Expect<'_>,
        how: impl Fn(&mut Peer) + Send + Sync + 'static,
    ) {
        self.cache.behave(how);
        // The last attempt has begun by now; another one is allowed after
        // this time.
        std::thread::sleep(Duration::from_millis(self.times.retry + 1));
        self.ask(name, path, expect);
    }

    /// Asks, and looks at what comes and when.
    pub(super) fn ask(&mut self, name: &str, path: &str, expect: Expect<'_>) {
        let begun = Instant::now();
        let response = self.site.get(path);
        let took = begun.elapsed();
        check(name, path, &response, expect);
        assert!(took <= self.times.limit(), "{name}: {took:?}");
    }

    /// Asks until the item comes: a connection that failed may not be made
    /// again at once.
    pub(super) fn await_hit(&mut self, name: &str, path: &str, value: &[u8]) {
        let response = self.site.get_hit(path);
        check(name, path, &response, Expect::Hit(value));
    }

    /// Asks, and takes either answer.
    pub(super) fn ask_either(&mut self, name: &str, path: &str, value: &[u8]) {
        let begun = Instant::now();
        let response = self.site.get(path);
        let took = begun.elapsed();
        let expect = if response.cache() == "Hit" {
            Expect::Hit(value)
        } else {
            Expect::Miss
        };
        check(name, path, &response, expect);
        assert!(took <= self.times.limit(), "{name}: {took:?}");
    }

    /// Makes a file, and asks for it for the first time.
    pub(super) fn ask_file(&mut self, name: &str, path: &str, body: &[u8]) {
        let file = self.site.dir().join(&path[1..]);
        std::fs::create_dir_all(self.site.dir().join("file")).expect("a folder");
        std::fs::write(file, body).expect("a file");
        let begun = Instant::now();
        let response = self.site.get(path);
        let took = begun.elapsed();
        assert_eq!((response.status, response.cache()), (200, "Miss"), "{name}");
        assert!(response.body == body, "{name}");
        assert!(took <= self.times.limit(), "{name}: {took:?}");
    }

    /// All is well after a memcached that behaves, and the server ends as it
    /// should.
    pub(super) fn finish(mut self) {
        self.cache.set("/well", b"is well");
        self.cache.behave(Peer::serve);
        self.await_hit("well", "/well", b"is well");
        self.await_hit("stores", "/page/well", b"page");
        self.site.stop();
    }
}

/// A server with the configuration of all these tests.
pub(super) fn start_site(cache: &dyn std::fmt::Display, times: Times, workers: u32) -> Site {
    let both = format!(
        r#""server" => "{cache}", "timeout_ms" => {}, "connect_timeout_ms" => {}, "retry_ms" => {}"#,
        times.answer, times.connect, times.retry
    );
    Site::builder()
        .workers(workers)
        .start(CONFIG, &[("BOTH", &both)])
}

/// Compares a response with what is expected.
pub(super) fn check(name: &str, path: &str, response: &Response, expect: Expect<'_>) {
    let made = if path.starts_with("/page/") {
        "page"
    } else {
        "made"
    };
    let (state, body) = match expect {
        Expect::Hit(body) => ("Hit", body),
        Expect::Miss => ("Miss", made.as_bytes()),
    };
    assert_eq!((response.status, response.cache()), (200, state), "{name}");
    assert!(response.body == body, "{name}: {}", response.text());
}
