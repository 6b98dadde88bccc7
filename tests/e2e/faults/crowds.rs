//! Many clients that leave, and servers that stop, while memcached says
//! nothing.

use testkit::{Faulty, Memcached, Peer, eventually, random_bytes};

use super::bench::{Expect, Times, check, start_site};

/// Requests of clients that are gone are forgotten, with all that they held.
#[test]
fn clients_leave_by_the_hundred_while_memcached_is_stopped() {
    let cache = Memcached::start();
    cache.set("/k", 0, b"value");
    let site = start_site(&cache, Times::PATIENT, 2);
    for _ in 0..8 {
        let response = site.get("/k");
        check("before", "/k", &response, Expect::Hit(b"value"));
    }
    let are_idle = || site.descriptors() < 100;
    eventually("the server is idle", are_idle);
    cache.suspend();
    for round in 0..3 {
        let mut clients: Vec<_> = (0..300).map(|_| site.connect()).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            // Some share a key, and some come once.
            let path = format!("/k{}", if number % 3 == 0 { number } else { 0 });
            client.send_request("GET", &path, &[]);
        }
        eventually("all are connected", || site.descriptors() > 300);
        for (number, client) in clients.into_iter().enumerate() {
            if number % 2 == 0 {
                client.reset();
            }
        }
        eventually(&format!("all have left in round {round}"), are_idle);
    }
    cache.resume();
    let response = site.get("/k");
    check("after", "/k", &response, Expect::Hit(b"value"));
    site.stop();
}

/// Lookups wait, values are on their way, and the server is told to stop.
#[test]
fn shutdown_with_lookups_and_stores_in_flight() {
    for workers in [1, 2] {
        let cache = Faulty::start();
        cache.behave(|peer: &mut Peer| {
            // The lookups of files are answered, so that they are stored; all
            // else stays without an answer.
            while let Some(line) = peer.line() {
                if line.starts_with("get /file/") {
                    peer.send(b"END\r\n");
                } else if line.starts_with("set") {
                    peer.ignore();
                    return;
                }
            }
        });
        let site = start_site(&cache, Times::PATIENT, workers);
        let body = random_bytes(9, 3_000_000);
        std::fs::create_dir(site.dir().join("file")).expect("a folder");
        for number in 0..6 {
            let path = format!("/file/{number}");
            std::fs::write(site.dir().join(&path[1..]), &body).expect("a file");
            let response = site.get(&path);
            assert!(response.status == 200 && response.body == body);
        }
        let mut clients: Vec<_> = (0..100).map(|_| site.connect()).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            client.send_request("GET", &format!("/k{number}"), &[]);
        }
        eventually("all are connected", || site.descriptors() > 100);
        // Fails unless the server ends with 0.
        let log = site.stop();
        assert!(!log.contains("internal error"), "{log}");
        drop(clients);
        cache.behave(Peer::serve);
    }
}
