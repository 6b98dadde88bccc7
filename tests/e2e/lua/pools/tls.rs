//! Servers that are spoken to in TLS, as the configuration says of a pool with a name.

use testkit::{Memcached, Site, eventually};

use super::{assert_quiet, site, told};
use crate::tls::Papers;

#[test]
fn scripts_speak_to_them_as_the_pool_says() {
    let papers = Papers::new();
    let mut secured = [papers.memcached(), papers.memcached()];
    let finish = Memcached::start();
    let setup = format!(
        "memcached.pool \"secured\" => [\"server\" => [\"{}\", \"{}\"], {}];",
        secured[0],
        secured[1],
        papers.options("")
    );
    let pool = "memcached.pool(\"secured\")";
    let site = site(Site::builder().setup(&setup), pool, &finish);
    assert!(told(&site, "set").values().all(|line| line == "1"));
    let items = |servers: &[Memcached]| -> u64 {
        servers.iter().map(|server| server.stat("curr_items")).sum()
    };
    assert_eq!(items(&secured), 60);
    for (key, line) in told(&site, "get") {
        assert_eq!(line, format!("1 of {key}"));
    }
    for (key, line) in told(&site, "several") {
        assert!(key == "missing" || line == format!("1 of {key}"), "{key}");
    }
    assert!(told(&site, "delete").values().all(|line| line == "1"));
    assert_eq!(items(&secured), 0);
    assert_quiet(&site.log());
    for server in &mut secured {
        server.restart();
    }
    eventually("they are spoken to again", || {
        told(&site, "set").values().all(|line| line == "1")
    });
    site.stop();
}
