//! Requests that share a command, a connection or a server share no faults.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Faulty, FaultyRequest, Peer, Site, slack, value_reply, values_reply};

use super::bench::{Times, start_site};

/// Times as they are by default.
const USUAL: Times = Times {
    answer: 500,
    connect: 250,
    retry: 1000,
};

/// Clients of which each asks for one path after the other until they are
/// stopped.
struct Crowd<'s> {
    stop: &'s AtomicBool,
    clients: Vec<thread::ScopedJoinHandle<'s, Seen>>,
}

/// What one client saw, or all of them.
#[derive(Default)]
struct Seen {
    hits: u32,
    misses: u32,
    /// Keys that were a miss.
    missed: HashSet<String>,
    longest: Duration,
}

impl<'s> Crowd<'s> {
    fn start<'e>(
        scope: &'s thread::Scope<'s, 'e>,
        addr: SocketAddr,
        clients: usize,
        stop: &'s AtomicBool,
        path: fn(usize, usize) -> String,
    ) -> Self {
        let clients = (0..clients).map(|client| {
            scope.spawn(move || {
                let mut seen = Seen::default();
                let mut http = Client::connect(addr);
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let path = path(client, round);
                    let begun = Instant::now();
                    let response = http.get(&path);
                    seen.longest = seen.longest.max(begun.elapsed());
                    assert_eq!(response.status, 200);
                    if response.cache() == "Hit" {
                        assert_eq!(response.text(), value_of(&path));
                        seen.hits += 1;
                    } else {
                        seen.misses += 1;
                        seen.missed.insert(path);
                    }
                }
                seen
            })
        });
        Self {
            stop,
            clients: clients.collect(),
        }
    }

    fn stop(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        for client in self.clients {
            let seen = client.join().expect("a client");
            all.hits += seen.hits;
            all.misses += seen.misses;
            all.missed.extend(seen.missed);
            all.longest = all.longest.max(seen.longest);
        }
        all
    }
}

fn value_of(path: &str) -> String {
    format!("<{path}>")
}

fn answer(peer: &mut Peer, request: &FaultyRequest) {
    let found = request.keys().map(|key| (key, value_of(key).into_bytes()));
    peer.send(&values_reply(found));
}

/// 64 keys, of which every fourth is on a server that is dead; those are asked
/// for once the others have been sent together for a while.
fn spread(client: usize, round: usize) -> String {
    let number = (client * 7 + round) % 64;
    if number % 4 == 0 && round > 200 {
        format!("/dead{number}")
    } else {
        format!("/k{number}")
    }
}

/// Two proxies that have lost one of their servers.
#[derive(Clone, Copy, Debug)]
enum Proxy {
    /// One error for all keys, and no end.
    Twemproxy,
    /// An error in the place of each key, and an end where there are several.
    Memcached,
}

fn serve_in_part(peer: &mut Peer, request: &FaultyRequest, proxy: Proxy) {
    let is_dead = |key: &str| key.starts_with("/dead");
    let single = request.more.is_empty();
    if !request.keys().any(is_dead) {
        return answer(peer, request);
    }
    if single || matches!(proxy, Proxy::Twemproxy) {
        return peer.send(b"SERVER_ERROR Connection refused\r\n");
    }
    for key in request.keys() {
        if is_dead(key) {
            peer.send(b"SERVER_ERROR backend failure\r\n");
        } else {
            let value = value_of(key);
            let item = format!("VALUE {key} 0 {}\r\n{value}\r\n", value.len());
            peer.send(item.as_bytes());
        }
    }
    peer.send(b"END\r\n");
}

#[test]
fn of_a_proxy_with_a_dead_server_the_other_keys_are_hits() {
    for proxy in [Proxy::Twemproxy, Proxy::Memcached] {
        let cache = Faulty::start();
        cache.behave(move |peer| {
            while let Some(request) = peer.request() {
                serve_in_part(peer, &request, proxy);
            }
        });
        let site = start_site(&cache, USUAL, 1);
        let stop = AtomicBool::new(false);
        let seen = thread::scope(|scope| {
            let crowd = Crowd::start(scope, site.addr, 16, &stop, spread);
            thread::sleep(Duration::from_secs(2));
            crowd.stop()
        });
        let lost: Vec<_> = seen
            .missed
            .iter()
            .filter(|path| path.starts_with("/k"))
            .collect();
        assert!(lost.is_empty(), "{proxy:?}: {lost:?} of {}", seen.hits);
        assert_eq!(seen.missed.len(), 16);
        // Else nothing was shared.
        let requests = cache.requests();
        assert!(requests.iter().any(|request| !request.more.is_empty()));
        let log = site.stop();
        assert!(!log.contains("protocol error"), "{log}");
        assert!(!log.contains("counts as down"), "{log}");
    }
}

fn ordinary(client: usize, round: usize) -> String {
    format!("/k{}", (client * 50 + round) % 400)
}

/// Asks for something five times a second, however long that takes.
fn ask_again_and_again<'s>(
    scope: &'s thread::Scope<'s, '_>,
    addr: SocketAddr,
    stop: &'s AtomicBool,
    path: &'static str,
) {
    scope.spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            scope.spawn(move || assert_eq!(Client::connect(addr).get(path).cache(), "Miss"));
            thread::sleep(Duration::from_millis(200));
        }
    });
}

/// Whatever holds that key ends its connection.
#[test]
fn a_poisonous_key_harms_nobody_else() {
    let cache = Faulty::start();
    cache.behave(|peer| {
        while let Some(request) = peer.request() {
            if request.keys().any(|key| key == "/poison") {
                peer.reset();
                return;
            }
            answer(peer, &request);
        }
    });
    let site = start_site(&cache, USUAL, 1);
    // Of a first connection that ends nobody knows why it does.
    site.get_hit("/k0");
    let stop = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        ask_again_and_again(scope, site.addr, &stop, "/poison");
        let crowd = Crowd::start(scope, site.addr, 8, &stop, ordinary);
        thread::sleep(Duration::from_secs(3));
        crowd.stop()
    });
    assert_eq!(seen.misses, 0, "{} hits: {}", seen.hits, site.log());
    assert!(cache.connections() > 10, "it was asked for");
    let log = site.stop();
    assert!(!log.contains("counts as down"), "{log}");
}

/// One item takes 5 s, as where a proxy waits for a server that is gone.
#[test]
fn a_slow_item_leaves_the_others_their_rate() {
    let cache = Faulty::start();
    cache.behave(|peer| {
        while let Some(request) = peer.request() {
            if request.keys().any(|key| key == "/slow") {
                for _ in 0..500 {
                    if peer.is_over() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(10));
                }
            }
            answer(peer, &request);
        }
    });
    let site = start_site(&cache, USUAL, 1);
    let run = |with_slow: bool| {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            if with_slow {
                ask_again_and_again(scope, site.addr, &stop, "/slow");
            }
            let crowd = Crowd::start(scope, site.addr, 8, &stop, ordinary);
            thread::sleep(Duration::from_secs(2));
            crowd.stop()
        })
    };
    // What else the machine does may take any time from either run.
    let enough = (0..5).any(|_| {
        let (alone, beside) = (run(false), run(true));
        println!(
            "{} hits alone, {} beside a slow item; the longest took {:?}",
            alone.hits, beside.hits, beside.longest
        );
        assert_eq!((alone.misses, beside.misses), (0, 0));
        assert!(beside.longest < Duration::from_millis(300) + slack());
        beside.hits >= alone.hits / 10 * 8
    });
    assert!(enough);
    site.stop();
}

const TWO_TIMES: &str = r#"
if req.path =^ "/patient" {
	memcached.lookup (["server" => "$CACHE", "timeout_ms" => 2000], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		respond 200 => "made";
	});
} else {
	memcached.lookup (["server" => "$CACHE", "timeout_ms" => 30], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		respond 200 => "made";
	});
}
"#;

/// The server needs longer than one of them waits.
#[test]
fn one_in_a_hurry_fails_alone() {
    let cache = Faulty::start();
    cache.behave(|peer| {
        while let Some(request) = peer.request() {
            thread::sleep(Duration::from_millis(100));
            answer(peer, &request);
        }
    });
    let site = Site::start(TWO_TIMES, &[("CACHE", &cache)]);
    let mut client = site.connect();
    assert_eq!(client.get("/patient").cache(), "Hit");
    let stop = AtomicBool::new(false);
    let patient = thread::scope(|scope| {
        let hasty = Crowd::start(scope, site.addr, 1, &stop, |_, round| {
            format!("/hasty{round}")
        });
        let mut patient = Vec::new();
        for round in 0..10 {
            patient.push(client.get(&format!("/patient{round}")).cache().to_owned());
        }
        hasty.stop();
        patient
    });
    let log = site.stop();
    assert_eq!(patient, ["Hit"; 10], "{log}");
    assert!(!log.contains("no answer"), "{log}");
}

/// Only those who ask before it is known wait for a memcached that is silent.
#[test]
fn nobody_waits_for_a_memcached_that_was_silent() {
    let cache = Faulty::start();
    cache.behave(|peer| {
        let request = peer.request();
        if request.is_some_and(|request| request.key == "/k") {
            peer.send(&value_reply("/k", b"value"));
        }
        peer.hang();
    });
    let site = start_site(&cache, USUAL, 1);
    let mut client = site.connect();
    assert_eq!(client.get("/k").cache(), "Hit");
    cache.behave(Peer::hang);
    let begun = Instant::now();
    let mut waited = Vec::new();
    while begun.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        assert_eq!(client.get("/k").cache(), "Miss");
        let took = asked.elapsed();
        if took > Duration::from_millis(100) {
            waited.push(took);
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(
        waited.len() <= 1 + usize::from(slack() > Duration::from_secs(2)),
        "{waited:?}"
    );
    site.await_log("it counts as down now");
    cache.set("/k", b"back");
    cache.behave(Peer::serve);
    site.get_hit("/k");
    site.await_log("works again after");
    site.stop();
}

/// A restart takes a moment, not `retry_ms`.
#[test]
fn after_a_first_failure_it_is_tried_again_soon() {
    let mut cache = testkit::Memcached::start();
    cache.set("/k", 0, b"</k>");
    let times = Times {
        retry: 60_000,
        ..USUAL
    };
    let site = start_site(&cache, times, 1);
    site.get_hit("/k");
    for _ in 0..3 {
        cache.kill();
        for _ in 0..5 {
            assert_eq!(site.get("/k").cache(), "Miss");
            thread::sleep(Duration::from_millis(10));
        }
        cache.restart();
        cache.set("/k", 0, b"</k>");
        let begun = Instant::now();
        site.get_hit("/k");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2) + slack(), "{took:?}");
    }
    site.stop();
}
