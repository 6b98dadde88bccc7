//! Several servers, some of which speak TLS.

use testkit::{Memcached, Site, eventually};

use super::{Papers, find, status};

/// Pages below `/plain/` are kept by a pool without TLS, all others by one with it.
#[test]
fn pools_with_and_without() {
    let papers = Papers::new();
    let secured = [papers.memcached(), papers.memcached(), papers.memcached()];
    let plain = [Memcached::start(), Memcached::start()];
    let list = |servers: &[Memcached]| {
        let all: Vec<_> = servers
            .iter()
            .map(|server| format!("\"{server}\""))
            .collect();
        all.join(", ")
    };
    let setup = format!(
        r#"
memcached.pool "secured" => ["server" => [{}], {}];
memcached.pool "plain" => ["server" => [{}]];
"#,
        list(&secured),
        papers.options(""),
        list(&plain)
    );
    let cache = |pool: &str| {
        format!(
            r#"memcached.cache (["pool" => "{pool}"], {{ respond 200 => "page %{{req.path}}"; }});"#
        )
    };
    let config = format!(
        r#"
if req.path =^ "/plain/" {{ {} }} else {{ {} }}
header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
"#,
        cache("plain"),
        cache("secured")
    );
    let site = Site::builder().setup(&setup).start(&config, &[]);
    for n in 0..30 {
        find(&site, &format!("/{n}"));
        find(&site, &format!("/plain/{n}"));
    }
    let items = |servers: &[Memcached]| -> u64 {
        servers.iter().map(|server| server.stat("curr_items")).sum()
    };
    assert_eq!((items(&secured), items(&plain)), (30, 30));
    site.stop();
}

/// One of them is none that speaks TLS: its keys miss, the others are found.
#[test]
fn a_plain_server_among_others() {
    let papers = Papers::new();
    let (secured, plain) = (papers.memcached(), Memcached::start());
    let servers = format!("[\"{secured}\", \"{plain}\"]");
    let config = super::pages(&papers.options("")).replace("\"$CACHE\"", &servers);
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[]);
    let paths: Vec<_> = (0..40).map(|n| format!("/{n}")).collect();
    let hits = || {
        paths
            .iter()
            .filter(|path| status(&site, path) == "hit")
            .count() as u64
    };
    eventually("all that can be kept is kept", || {
        let hits = hits();
        hits > 0 && hits == secured.stat("curr_items")
    });
    let kept = hits();
    for _ in 0..5 {
        assert_eq!(hits(), kept);
    }
    assert_eq!(plain.stat("curr_items"), 0);
    let log = site.stop();
    assert!(
        log.contains(&format!(
            "memcached {plain}: TLS: the server does not speak TLS"
        )),
        "{log}"
    );
    assert!(!log.contains(&format!("memcached {secured}: ")), "{log}");
}
