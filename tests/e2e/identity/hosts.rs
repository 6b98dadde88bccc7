//! Hosts: in the target, with a port, with a dot at the end.

use testkit::SiteBuilder;

use super::echo::{Kind, with_each};
use super::{Echoing, ask, cached, status};

#[test]
fn a_target_with_a_host_of_its_own_has_nothing_to_do_with_the_cache() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for (target, host) in [
            ("http://victim.test/a", "evil.test"),
            ("http://victim.test/a", "victim.test"),
            ("http://u:p@victim.test:1337/a", "victim.test"),
            ("http://victim.test:1337/moved", "victim.test"),
            ("https://victim.test/a", "evil.test"),
        ] {
            let attack = ask(target).host(host);
            let path = &target[target.rfind('/').expect("a path")..];
            let victim = ask(path);
            echoing.own(&attack);
            echoing.settle();
            echoing.own(&victim);
            echoing.settle();
            echoing.hit(&victim);
            // Nor is it answered with the visitor's page.
            echoing.own(&attack);
            echoing.expect_bypass(&attack, "absolute-form");
            assert!(echoing.cache.delete(&format!("http://victim.test{path}")));
        }
        echoing.site.stop();
    });
}

#[test]
fn nothing_is_asked_for_a_target_with_a_host_of_its_own() {
    let echoing = Echoing::start(Kind::Proxy, "");
    echoing.settle();
    let attack = ask("http://victim.test/a").host("evil.test");
    let before = echoing.cache.stat("cmd_get");
    for _ in 0..3 {
        echoing.own(&attack);
    }
    assert_eq!(echoing.cache.stat("cmd_get"), before);
    echoing.site.stop();
}

#[test]
fn a_target_with_a_fragment_has_nothing_to_do_with_the_cache() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for target in ["/a#b", "/a?b#c"] {
            // What a backend is told of such a target is up to the server.
            let response = echoing.send(&ask(target));
            assert!(status(&response).starts_with("bypass: "), "{target}");
            echoing.settle();
        }
        echoing.own(&ask("/a"));
        echoing.settle();
        echoing.hit(&ask("/a"));
        let response = echoing.send(&ask("/a#b"));
        assert!(status(&response).starts_with("bypass: "));
        echoing.site.stop();
    });
}

#[test]
fn a_foreign_port_is_another_site() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for port in ["1337", "443", "080", "99999"] {
            for path in ["/a", "/moved"] {
                let attack = ask(path).host(&format!("victim.test:{port}"));
                echoing.expect_apart(&attack, &ask(path));
                echoing.expect_item(&format!("http://victim.test{path}#port={port}"));
            }
        }
        echoing.expect_item("http://victim.test/a");
        let log = echoing.site.stop();
        super::expect_warning(&log, "\"ports\"");
    });
}

#[test]
fn ports_that_go_without_saying() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""ports" => [8443]"#);
        let listener = echoing.site.addr.port().to_string();
        for (path, port) in [("/a", "80"), ("/b", &*listener), ("/c", "8443")] {
            let named = ask(path).host(&format!("victim.test:{port}"));
            echoing.expect_shared(&named, &ask(path));
            echoing.expect_item(&format!("http://victim.test{path}"));
        }
        let attack = ask("/a").host("victim.test:8444");
        assert_ne!(echoing.send(&attack).cache(), "Hit");
        let log = echoing.site.stop();
        super::expect_warning(&log, "\"ports\"");
    });
}

#[test]
fn a_dot_at_the_end_is_another_site() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for host in ["victim.test.", "victim.test..", "victim.test.:1337"] {
            echoing.expect_apart(&ask("/a").host(host), &ask("/a"));
        }
        let dots = ask("/b").host("victim.test..");
        echoing.expect_apart(&dots, &ask("/b").host("victim.test."));
        echoing.expect_item("http://victim.test/b#dot");
        let both = ask("/b").host("victim.test.:1337");
        echoing.expect_apart(&both, &ask("/b").host("victim.test:1337"));
        echoing.expect_item("http://victim.test/b#port=1337#dot");
        echoing.site.stop();
    });
}

#[test]
fn keys_without_the_simplified_host_need_no_parts() {
    for (key, item) in [
        ("%{req.path}", "/a"),
        ("%{req.header[Host]}%{req.path}", "victim.test:1337/a"),
        (
            "%{req.host}%{req.header[host]}%{req.path}",
            "victim.testvictim.test:1337/a",
        ),
    ] {
        let key = format!(r#""key" => "{key}""#);
        let config = cached(&key, "$BACKEND");
        let echoing = Echoing::built(SiteBuilder::default(), Kind::Proxy, &config);
        let asked = ask("/a").host("victim.test:1337");
        echoing.own(&asked);
        echoing.settle();
        echoing.hit(&asked);
        echoing.expect_item(item);
        echoing.site.stop();
    }
}
