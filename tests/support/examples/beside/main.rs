//! How fast pages on four of five memcacheds are served while the fifth is killed, stopped,
//! hung behind a full queue or answers garbage.
//!
//! Two servers with the plugin, with five memcacheds each, of which one of the second is
//! faulty. Clients ask one and then the other for pages on the other four, in windows that
//! alternate, while somebody asks for pages of the fifth. It fails if a page of the four is
//! no hit, or if the median of the ratios of two windows that follow each other is below
//! the limit.
//!
//! Arguments: the number of pairs of windows (31), and the limit (0.8).

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Faulty, Memcached, Site};

/// Clients that ask without a pause.
const CLIENTS: usize = 8;

/// So many pages are asked for, on all servers.
const PAGES: usize = 400;

/// Short, so that what else the machine does is the same for two of them.
const WINDOW: Duration = Duration::from_millis(300);

/// Stores that are late are there by then.
const SETTLED: Duration = Duration::from_secs(1);

const CONFIG: &str = r#"
both = ["server" => $SERVERS, "timeout_ms" => 200, "connect_timeout_ms" => 200];
memcached.lookup (both, {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	respond 200 => "a page of %{req.path}";
	memcached.store both;
});
"#;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let pairs = arguments.next().map_or(31, |text| {
        text.parse().expect("the number of pairs of windows")
    });
    let limit = arguments
        .next()
        .map_or(0.8, |text| text.parse().expect("the least ratio"));
    let killed = Memcached::reserve();
    let stopped = Memcached::start();
    stopped.suspend();
    let full = Faulty::with_full_queue();
    let garbage = Faulty::start();
    garbage.behave(|peer| {
        while peer.request().is_some() {
            peer.send(b"\x00\xffVALUE nonsense\r\n\r\nEND\r\nEND\r\n");
        }
    });
    let kinds: [(&str, &dyn Display); 4] = [
        ("killed", &killed),
        ("stopped", &stopped),
        ("hung behind a full queue", &full),
        ("answers garbage", &garbage),
    ];
    let mut complaints = Vec::new();
    for (name, faulty) in kinds {
        let median = compare(name, faulty, pairs);
        if median < limit {
            complaints.push(format!("{name}: {median:.3} is below {limit}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The median of the ratios of rates: beside the faulty server to beside a good one.
fn compare(name: &str, faulty: &dyn Display, pairs: usize) -> f64 {
    let good = Side::start(&Memcached::start());
    let bad = Side::start(faulty);
    let mut ratios = Vec::new();
    for pair in 0..pairs {
        // Which comes first alternates too.
        let (first, second) = if pair % 2 == 0 {
            (&good, &bad)
        } else {
            (&bad, &good)
        };
        let (first, second) = (first.rate(), second.rate());
        ratios.push(if pair % 2 == 0 {
            second / first
        } else {
            first / second
        });
    }
    ratios.sort_by(f64::total_cmp);
    let shown: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    let median = ratios[ratios.len() / 2];
    println!("{name}: median {median:.3} of {}", shown.join(" "));
    median
}

/// One server with the plugin and its memcacheds.
struct Side {
    site: Site,
    /// Pages on the servers that work, and on the fifth.
    living: Vec<String>,
    others: Vec<String>,
    _servers: Vec<Memcached>,
}

impl Side {
    fn start(fifth: &dyn Display) -> Self {
        let servers: Vec<_> = (0..4).map(|_| Memcached::start()).collect();
        let mut texts: Vec<_> = servers.iter().map(|it| format!("\"{it}\"")).collect();
        texts.push(format!("\"{fifth}\""));
        let list = format!("[{}]", texts.join(", "));
        let site = Site::start(CONFIG, &[("SERVERS", &list)]);
        let paths: Vec<_> = (0..PAGES).map(|number| format!("/{number}")).collect();
        let mut client = Client::connect(site.addr);
        for path in &paths {
            client.get(path);
        }
        thread::sleep(SETTLED);
        let is_on_one = |path: &String| servers.iter().any(|it| it.get(path).is_some());
        let (living, others): (Vec<_>, Vec<_>) = paths.into_iter().partition(is_on_one);
        assert!(!living.is_empty() && !others.is_empty());
        Self {
            site,
            living,
            others,
            _servers: servers,
        }
    }

    /// Hits in a second of pages on the servers that work.
    fn rate(&self) -> f64 {
        let (stop, hits) = (AtomicBool::new(false), AtomicU64::new(0));
        let begun = Instant::now();
        thread::scope(|scope| {
            for first in 0..CLIENTS {
                let (stop, hits) = (&stop, &hits);
                scope.spawn(move || {
                    let mut client = Client::connect(self.site.addr);
                    for path in self.living.iter().cycle().skip(first * 31) {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let page = client.get(path);
                        assert_eq!(page.cache(), "Hit", "{path}\n{}", self.site.log());
                        hits.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            scope.spawn(|| self.ask_the_fifth(&stop));
            thread::sleep(WINDOW);
            stop.store(true, Ordering::Relaxed);
        });
        #[allow(clippy::cast_precision_loss)]
        let hits = hits.load(Ordering::Relaxed) as f64;
        hits / begun.elapsed().as_secs_f64()
    }

    /// Somebody who asks a hundred times a second at most.
    fn ask_the_fifth(&self, stop: &AtomicBool) {
        let mut client = Client::connect(self.site.addr);
        for path in self.others.iter().cycle() {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            assert_eq!(client.get(path).status, 200);
            thread::sleep(Duration::from_millis(10));
        }
    }
}
