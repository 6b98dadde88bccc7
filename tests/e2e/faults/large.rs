//! Values that are longer than is worth the memory.

use std::time::Duration;

use testkit::{Faulty, Memcached, Peer, Site, slack};

const CONFIG: &str = r#"
memcached.lookup (["server" => "$CACHE", "max_value" => 100000, "timeout_ms" => 20000], {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	docroot "$DIR";
	static;
	memcached.store ["server" => "$CACHE", "max_value" => 100000, "maxsize" => 10000000];
	header.add "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
});
"#;

fn site_of(cache: &dyn std::fmt::Display) -> Site {
    let site = Site::start(CONFIG, &[("CACHE", cache)]);
    std::fs::write(site.dir().join("page"), vec![b'p'; 200_000]).expect("a file");
    site
}

#[test]
fn a_value_that_is_too_long_is_a_miss_and_the_connection_stays() {
    let cache = Faulty::start();
    cache.set("/large", &vec![b'x'; 100_001]);
    cache.set("/fits", &vec![b'x'; 100_000]);
    let site = site_of(&cache);
    let mut client = site.connect();
    for _ in 0..3 {
        let response = client.get("/large");
        assert_eq!(response.cache(), "Miss");
        assert_eq!(client.get("/fits").cache(), "Hit");
    }
    // A spare one, if the reply took long.
    assert!(cache.connections() <= 3);
    let log = site.stop();
    let line = "a value of 100001 bytes is larger than max_value, 100000";
    assert_eq!(log.matches(line).count(), 1, "{log}");
    assert!(!log.contains("protocol error"), "{log}");
}

/// The visitor does not wait until all of it has passed, and it is not kept.
#[test]
fn a_gigabyte_that_is_really_sent_costs_no_memory() {
    let cache = Faulty::start();
    cache.behave(|peer: &mut Peer| {
        while let Some(request) = peer.request() {
            if request.key != "/giant" {
                peer.answer(&request);
                continue;
            }
            peer.send(b"VALUE /giant 0 1073741824\r\n");
            let part = vec![b'x'; 1 << 20];
            for _ in 0..1024 {
                if peer.is_over() {
                    return;
                }
                peer.send(&part);
            }
            peer.send(b"\r\nEND\r\n");
        }
    });
    cache.set("/k", b"value");
    let site = site_of(&cache);
    site.get_hit("/k");
    let before = site.resident_kib();
    let begun = std::time::Instant::now();
    assert_eq!(site.get("/giant").cache(), "Miss");
    assert!(begun.elapsed() < Duration::from_secs(1) + slack());
    // Others need not wait for it either.
    let begun = std::time::Instant::now();
    site.get_hit("/k");
    assert!(begun.elapsed() < Duration::from_secs(1) + slack());
    let after = site.resident_kib();
    assert!(after < before + 32 * 1024, "{before} KiB, then {after} KiB");
    let log = site.stop();
    assert!(!log.contains("no answer"), "{log}");
}

/// What is not read is not stored.
#[test]
fn a_page_above_it_is_not_stored() {
    let cache = Memcached::start();
    let site = site_of(&cache);
    for _ in 0..2 {
        let response = site.get("/page");
        assert_eq!((response.status, response.cache()), (200, "Miss"));
    }
    assert_eq!(cache.get("/page"), None);
    site.stop();
}
