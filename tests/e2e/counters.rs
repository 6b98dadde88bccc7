//! What a worker counts is published, and shown in the log when it stops.

use testkit::{Memcached, Site};

use crate::looked_up;

#[test]
fn the_sums_of_a_worker_are_in_the_debug_log() {
    let cache = Memcached::start();
    cache.set("/there", 0, b"value");
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&looked_up(""), &[("CACHE", &cache)]);
    for (path, expected) in [("/there", "Hit"), ("/nothing", "Miss"), ("/there", "Hit")] {
        assert_eq!(site.get(path).cache(), expected);
    }
    let log = site.stop();
    let sums = "worker stopped; it counted lookups 3, hits 2, misses 1, requests 3, replies 3, \
                commands 3, connects 1, bytes_read ";
    assert!(log.contains(sums), "{log}");
}
