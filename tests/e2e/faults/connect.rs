//! Memcached that cannot be reached: nobody listens, nobody accepts, nobody is
//! there yet.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use testkit::{Backend, Client, Faulty, Memcached, Peer, Site, SocketMemcached, eventually, slack};

use super::bench::{Expect, Times, check, start_site};

const TIMES: Times = Times {
    answer: 150,
    connect: 150,
    retry: 300,
};

/// The median: a busy machine may take its time now and then.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Asks so often and says how long each request took.
fn ask_often(site: &Site, count: usize) -> Vec<Duration> {
    let mut client = site.connect();
    let ask = |_| {
        let begun = Instant::now();
        let response = client.get("/k");
        check("unreachable", "/k", &response, Expect::Miss);
        begun.elapsed()
    };
    (0..count).map(ask).collect()
}

#[test]
fn refused_connections_cost_no_time() {
    let mut cache = Memcached::reserve();
    let site = start_site(&cache, TIMES, 1);
    let started = Instant::now();
    let times = ask_often(&site, 400);
    let longest = times.iter().max().copied();
    assert!(longest.is_some_and(|it| it <= TIMES.limit()), "{longest:?}");
    let median = median(times);
    assert!(median <= Duration::from_millis(5), "{median:?}");

    site.await_log("Connection refused");
    eventually("it counts as down", || {
        ask_often(&site, 1);
        site.log().contains("it counts as down now")
    });
    // It is up later than the server, and found to be within the interval.
    cache.restart();
    cache.set("/k", 0, b"is there");
    let begun = Instant::now();
    let response = site.get_hit("/k");
    let took = begun.elapsed();
    check("up", "/k", &response, Expect::Hit(b"is there"));
    assert!(
        took <= Duration::from_millis(TIMES.retry + 500) + slack(),
        "{took:?}"
    );
    site.await_log("works again after");
    let log = site.stop();
    let lines = log.matches(&format!("memcached {cache}: ")).count();
    let seconds = started.elapsed().as_secs();
    // A line a second at most, and those that were left out are counted.
    assert!(lines as u64 <= seconds + 2, "{seconds} s: {log}");
}

/// The system answers no attempt to connect while the queue is full. Requests
/// wait for one attempt at most, and for none while the server is down.
#[test]
fn a_full_accept_queue_under_steady_requests() {
    let cache = Faulty::with_full_queue();
    let site = start_site(&cache, TIMES, 1);
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let addr = site.addr;
            std::thread::spawn(move || {
                let mut client = Client::connect(addr);
                let mut times = Vec::new();
                let end = Instant::now() + Duration::from_secs(2);
                while Instant::now() < end {
                    let begun = Instant::now();
                    let response = client.get("/k");
                    check("full", "/k", &response, Expect::Miss);
                    times.push(begun.elapsed());
                }
                times
            })
        })
        .collect();
    let times: Vec<_> = askers
        .into_iter()
        .flat_map(|asker| asker.join().expect("an asker"))
        .collect();
    let longest = times.iter().max().copied();
    assert!(longest.is_some_and(|it| it <= TIMES.limit()), "{longest:?}");
    let median = median(times);
    assert!(median <= Duration::from_millis(5), "{median:?}");
    site.await_log("no connection within 150 ms");

    cache.set("/k", b"accepted");
    cache.accept();
    let response = site.get_hit("/k");
    check("accepted", "/k", &response, Expect::Hit(b"accepted"));
    site.stop();
}

/// While it is down one request in an interval tries it, the others don't wait.
#[test]
fn a_silent_server_is_tried_by_one_request_at_a_time() {
    let cache = Faulty::start();
    cache.behave(Peer::hang);
    let site = start_site(&cache, TIMES, 1);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(TIMES.retry + 1));
        ask_often(&site, 1);
    }
    site.await_log("no answer within 150 ms; it counts as down now");
    let before = cache.connections();
    let begun = Instant::now();
    let times = ask_often(&site, 300);
    let intervals = begun.elapsed().as_millis() / u128::from(TIMES.retry) + 1;
    let tried = cache.connections() - before;
    assert!(tried as u128 <= intervals, "{tried} in {intervals}");
    let median = median(times);
    assert!(median <= Duration::from_millis(5), "{median:?}");
    cache.set("/k", b"back");
    cache.behave(Peer::serve);
    site.get_hit("/k");
    site.stop();
}

/// A unix socket that is not there yet, that vanishes and comes back.
#[test]
fn a_unix_socket_comes_and_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), all).expect("our own folder");
    let path = folder.path().join("memcached.socket");
    let address = format!("unix:{}", path.display());
    let site = start_site(&address, TIMES, 1);
    ask_often(&site, 20);
    site.await_log("No such file or directory");
    for _ in 0..2 {
        let memcached = SocketMemcached::start(&path);
        eventually("a page is stored and found", || {
            site.get("/page/x").cache() == "Hit"
        });
        drop(memcached);
        ask_often(&site, 20);
        // A socket that nobody listens on, then none.
        let _ = std::fs::remove_file(&path);
        ask_often(&site, 20);
    }
    site.stop();
}

/// Names no server, now or later; the plugin does not come to like it.
#[test]
fn a_port_of_another_service() {
    let web = Backend::constant("HTTP/1.0 400 Bad Request\r\n\r\n");
    let site = start_site(&web, TIMES, 1);
    for _ in 0..50 {
        ask_often(&site, 1);
    }
    site.stop();
}
