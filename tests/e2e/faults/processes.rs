//! A real memcached that is stopped, goes on, dies and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Faulty, Memcached, Site, slack, value_reply};

use super::bench::{Expect, Times, check, start_site};

const TIMES: Times = Times {
    answer: 150,
    connect: 150,
    retry: 300,
};

/// Clients that ask for `/k`, whose value is "value", until they are told to
/// stop; each response is looked at.
struct Load {
    stop: Arc<AtomicBool>,
    askers: Vec<thread::JoinHandle<()>>,
}

impl Load {
    fn start(site: &Site, clients: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let askers = (0..clients)
            .map(|_| {
                let (addr, stop) = (site.addr, Arc::clone(&stop));
                thread::spawn(move || {
                    let mut client = Client::connect(addr);
                    while !stop.load(Ordering::Relaxed) {
                        let begun = Instant::now();
                        let response = client.get("/k");
                        let took = begun.elapsed();
                        let expect = if response.cache() == "Hit" {
                            Expect::Hit(b"value")
                        } else {
                            Expect::Miss
                        };
                        check("under load", "/k", &response, expect);
                        assert!(took <= TIMES.limit(), "{took:?}");
                    }
                })
            })
            .collect();
        Self { stop, askers }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for asker in self.askers {
            asker.join().expect("all was well");
        }
    }
}

fn await_state(site: &Site, state: &str) -> Duration {
    let begun = Instant::now();
    testkit::eventually(state, || site.get("/k").cache() == state);
    begun.elapsed()
}

/// How soon hits are back once memcached is.
fn recovery_limit() -> Duration {
    Duration::from_millis(TIMES.retry + 500) + slack()
}

#[test]
fn stopped_and_continued_under_load() {
    let cache = Memcached::start();
    cache.set("/k", 0, b"value");
    let site = start_site(&cache, TIMES, 2);
    let load = Load::start(&site, 4);
    for _ in 0..3 {
        await_state(&site, "Hit");
        cache.suspend();
        await_state(&site, "Miss");
        // Long enough to count as down.
        thread::sleep(Duration::from_millis(TIMES.retry * 3));
        cache.resume();
        let took = await_state(&site, "Hit");
        assert!(took <= recovery_limit(), "{took:?}");
    }
    load.stop();
    site.await_log("no answer within 150 ms");
    site.await_log("works again after");
    site.stop();
}

#[test]
fn killed_and_restarted_under_load() {
    let mut cache = Memcached::start();
    cache.set("/k", 0, b"value");
    let site = start_site(&cache, TIMES, 2);
    let load = Load::start(&site, 4);
    for _ in 0..3 {
        await_state(&site, "Hit");
        cache.kill();
        await_state(&site, "Miss");
        thread::sleep(Duration::from_millis(TIMES.retry * 2));
        cache.restart();
        cache.set("/k", 0, b"value");
        let took = await_state(&site, "Hit");
        assert!(took <= recovery_limit(), "{took:?}");
    }
    load.stop();
    site.stop();
}

/// The end of an idle connection is no failure: the next request is a hit.
#[test]
fn restarted_while_idle() {
    let mut cache = Memcached::start();
    cache.set("/k", 0, b"value");
    let site = start_site(&cache, Times::PATIENT, 1);
    for _ in 0..5 {
        assert_eq!(site.get("/k").cache(), "Hit");
        cache.kill();
        cache.restart();
        cache.set("/k", 0, b"value");
    }
    let log = site.stop();
    assert!(!log.contains(&format!("memcached {cache}")), "{log}");
}

/// It is the server that did not run, and the answer is there: no time-out.
#[test]
fn a_server_that_was_stopped_itself_blames_nobody() {
    let cache = Faulty::start();
    let site = start_site(&cache, TIMES, 1);
    cache.set("/warm", b"up");
    assert_eq!(site.get("/warm").cache(), "Hit");
    let (asked, answer) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (was_asked, may_answer) = (Arc::clone(&asked), Arc::clone(&answer));
    cache.behave(move |peer| {
        while let Some(request) = peer.request() {
            was_asked.store(true, Ordering::SeqCst);
            while request.key == "/k" && !may_answer.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            peer.send(&value_reply(&request.key, b"value"));
        }
    });
    let mut client = site.connect();
    client.send_request("GET", "/k", &[]);
    testkit::eventually("it is asked", || asked.load(Ordering::SeqCst));
    site.suspend();
    answer.store(true, Ordering::SeqCst);
    thread::sleep(Duration::from_millis(TIMES.answer * 2));
    site.resume();
    let response = client.response("GET").expect("a response");
    check("stopped itself", "/k", &response, Expect::Hit(b"value"));
    let log = site.stop();
    assert!(!log.contains("no answer"), "{log}");
}
