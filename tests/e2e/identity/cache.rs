//! `memcached.cache` with its defaults: whose page is whose, without anything said.

use std::fs;

use super::echo::{Echo, Kind, Page, SURROGATE_CAPABILITY, with_each};
use super::{Ask, Echoing, ask, status};

/// `memcached.cache` with these options beside the server.
pub(super) fn cache(options: &str, handler: &str) -> String {
    let options = crate::options(&[options]);
    format!(
        r#"
memcached.cache ({options}, {{
	{handler}
}}, {{
	header.overwrite "X-Memcached" => "Hit";
}}, {{
	header.overwrite "X-Memcached" => "Miss";
}});
"#
    )
}

fn start(kind: Kind, options: &str) -> Echoing {
    Echoing::configured(kind, &cache(options, "$BACKEND"))
}

/// The item of a path with these parts, for clients that name no codings.
fn expect_item(echoing: &Echoing, path: &str, parts: &str) {
    let key = format!("http://victim.test{path}{parts}#accept-encoding=identity");
    echoing.expect_item(&key);
}

#[test]
fn the_url_is_the_key_as_it_was_asked_for() {
    with_each(|kind| {
        let echoing = start(kind, "");
        for (attack, victim) in [
            ("/a?b", "/a"),
            ("/a?", "/a"),
            ("/a?b=1&c=2", "/a?c=2&b=1"),
            ("/a%3Fb", "/a?b"),
            ("/%61", "/a"),
            ("/wiki/Talk%3AFoo", "/wiki/Talk:Foo"),
            ("/a+b", "/a%20b"),
            ("/x/..%2Fa", "/a"),
            ("/x/../a", "/a"),
            ("//a", "/a"),
            ("/a/", "/a"),
            ("/./a", "/a"),
            ("/a%00", "/a"),
            ("/a%2500", "/a%00"),
            ("/ne%zzws", "/news"),
            ("/a\\b", "/a/b"),
            ("/a;b", "/a"),
            ("/moved?evil", "/moved"),
        ] {
            // One that the cases before have not filled.
            let unique = |target: &str| ask(&format!("{target}{}", separator(target)));
            echoing.expect_apart(&ask(attack), &ask(victim));
            echoing.expect_apart(&unique(victim), &unique(attack));
        }
        expect_item(&echoing, "/a?b=1&c=2", "");
        expect_item(&echoing, "/x/..%2Fa", "");
        echoing.site.stop();
    });
}

/// What makes another page of a target.
fn separator(target: &str) -> &'static str {
    if target.contains('?') {
        "&again"
    } else {
        "?again"
    }
}

#[test]
fn any_port_has_items_of_its_own() {
    with_each(|kind| {
        let echoing = start(kind, "");
        let own = echoing.site.addr.port().to_string();
        for port in ["80", "443", "1337", "080", &own] {
            let path = format!("/port-{port}");
            let other = ask(&path).host(&format!("victim.test:{port}"));
            echoing.expect_apart(&other, &ask(&path));
            expect_item(&echoing, &path, &format!("#port={port}"));
            expect_item(&echoing, &path, "");
        }
        let log = echoing.site.stop();
        super::expect_warning(&log, "\"ports\" does not list");
    });
}

#[test]
fn ports_that_are_listed_share_the_item() {
    let echoing = start(Kind::Proxy, r#""ports" => [8443]"#);
    let listed = ask("/a").host("victim.test:8443");
    echoing.own(&listed);
    echoing.settle();
    let shared = echoing.send(&ask("/a"));
    assert_eq!((shared.cache(), status(&shared)), ("Hit", "hit"));
    echoing.expect_apart(&ask("/b").host("victim.test:80"), &ask("/b"));
    expect_item(&echoing, "/a", "");
    echoing.site.stop();
}

#[test]
fn other_hosts() {
    with_each(|kind| {
        let echoing = start(kind, "");
        for host in [
            "evil.test",
            "victim.test.",
            "victim.test.:80",
            "victim.test..",
        ] {
            let path = format!("/host-{host}");
            echoing.expect_apart(&ask(&path).host(host), &ask(&path));
        }
        expect_item(&echoing, "/host-victim.test.", "#dot");
        echoing.site.stop();
    });
}

#[test]
fn headers_that_choose_the_page() {
    with_each(|kind| {
        let echoing = start(kind, "");
        for name in super::guard::NAMES {
            let path = format!("/{name}");
            echoing.expect_apart(&ask(&path).header(name, "evil.test"), &ask(&path));
            let part = format!("#{}=evil.test", name.to_lowercase());
            expect_item(&echoing, &path, &part);
        }
        echoing.site.stop();
    });
}

#[test]
fn targets_that_name_another_host() {
    let echoing = start(Kind::Proxy, "");
    for host in ["victim.test", "evil.test"] {
        let attack = ask("http://evil.test/a").host(host);
        echoing.expect_bypass(&attack, "absolute-form");
    }
    assert!(!echoing.has_item("http://victim.test/a#accept-encoding=identity"));
    echoing.own(&ask("/a"));
    echoing.site.stop();
}

/// Each set of codings is an item, and backends are asked for exactly that.
#[test]
fn codings() {
    with_each(|kind| {
        let echoing = start(kind, "");
        for (accepted, asked, key) in [
            ("gzip, deflate, br, zstd", "zstd, br, gzip", "zstd+br+gzip"),
            ("gzip;q=0.5, x", "gzip", "gzip"),
            ("identity", "identity", "identity"),
        ] {
            let request = ask("/a").header("Accept-Encoding", accepted);
            let response = echoing.send(&request);
            assert_eq!(response.cache(), "Miss", "{accepted}");
            let page = Page::parse(&response);
            assert_eq!(page.header("accept-encoding"), Some(asked));
            echoing.settle();
            assert_eq!(echoing.send(&request).cache(), "Hit", "{accepted}");
            echoing.expect_item(&format!("http://victim.test/a#accept-encoding={key}"));
        }
        let refused = ask("/a").header("Accept-Encoding", "gzip, identity;q=0");
        echoing.expect_bypass(&refused, "identity refused");
        echoing.site.stop();
    });
}

/// A folder with scripts, which `$DIR/www` is.
fn make_root(echoing: &Echoing) {
    let root = echoing.site.dir().join("www");
    fs::create_dir_all(root.join("blog")).expect("a folder");
    for script in ["index.php", "blog/index.php"] {
        fs::write(root.join(script), "<?php").expect("a file");
    }
}

/// Pages of a front controller that stand for each other nowhere.
fn expect_pages(echoing: &Echoing, targets: &[&str]) {
    let asks: Vec<Ask> = targets.iter().map(|target| ask(target)).collect();
    for ask in &asks {
        assert_eq!(status(&own(echoing, ask)), "miss", "{ask:?}");
        echoing.settle();
    }
    for ask in &asks {
        let response = own(echoing, ask);
        assert_eq!(status(&response), "hit", "{ask:?}\n{}", echoing.site.log());
    }
    assert_eq!(echoing.echo.requests(), asks.len());
}

/// The page of this target: `FastCGI` is told the target itself, a proxy that which
/// it was rewritten to, with the target's name in the query.
fn own(echoing: &Echoing, ask: &Ask) -> testkit::Response {
    let response = echoing.send(ask);
    let shown = Page::parse(&response).target;
    let is_own = match echoing.echo {
        Echo::FastCgi(_) => shown == ask.target,
        Echo::Proxy(_) => shown == format!("/index.php?page={}", &ask.target[1..]),
    };
    assert!(is_own, "{ask:?} got {shown}");
    response
}

const FRONT: &str = r#"rewrite "^/(.*)$" => "/index.php?page=$1";"#;

/// With the default key it makes no difference where a front controller's path is
/// changed.
#[test]
fn front_controllers() {
    with_each(|kind| {
        let inside = cache("", &format!("{FRONT} $BACKEND"));
        let before = format!("{FRONT} {}", cache("", "$BACKEND"));
        for config in [inside, before] {
            let echoing = Echoing::configured(kind, &config);
            expect_pages(&echoing, &["/pretty/a", "/pretty/b", "/", "/other"]);
            expect_item(&echoing, "/pretty/a", "");
            let log = echoing.site.stop();
            for warning in ["different paths", "no query"] {
                assert!(!log.contains(warning), "{log}");
            }
        }
    });
}

/// A key of the path, which something has changed before, names the target too.
#[test]
fn paths_that_were_changed_before() {
    let key = r#""key" => "http://%{req.host}%{req.path}""#;
    let index = r#"index ("index.php");"#;
    for (kind, before, targets, changed) in [
        (Kind::Proxy, FRONT, &["/a", "/b", "/index.php"][..], "/a"),
        (Kind::FastCgi, FRONT, &["/a", "/b", "/index.php"][..], "/a"),
        (
            Kind::FastCgi,
            "pathinfo;",
            &["/index.php/a", "/index.php/b", "/index.php"][..],
            "/index.php/a",
        ),
        (
            Kind::FastCgi,
            index,
            &["/", "/index.php", "/blog/", "/blog/index.php"][..],
            "/",
        ),
    ] {
        let config = format!("docroot \"$DIR/www\"; {before} {}", cache(key, "$BACKEND"));
        let echoing = Echoing::configured(kind, &config);
        make_root(&echoing);
        expect_pages(&echoing, targets);
        expect_item(&echoing, "/index.php", &format!("#path={changed}"));
        echoing.site.stop();
    }
}

/// A key of the path that nothing has changed is the path alone.
#[test]
fn paths_that_are_changed_inside() {
    let key = r#""key" => "http://%{req.host}%{req.path}""#;
    let handler = format!("docroot \"$DIR/www\"; index (\"index.php\"); {FRONT} $BACKEND");
    let echoing = Echoing::configured(Kind::FastCgi, &cache(key, &handler));
    make_root(&echoing);
    expect_pages(&echoing, &["/", "/a", "/blog/"]);
    for path in ["/", "/a", "/blog/"] {
        expect_item(&echoing, path, "");
    }
    echoing.site.stop();
}

/// A backend might make a page for another cache than this one, which nobody could read.
#[test]
fn visitors_do_not_name_caches_to_backends() {
    with_each(|kind| {
        let echoing = start(kind, "");
        for (path, name) in [
            ("/a", "Surrogate-Capability"),
            ("/b", "surrogate_capability"),
            ("/c", "Surrogate.Capability"),
        ] {
            let attack = ask(path).header(name, "x=\"ESI/1.0\"").header(name, "y");
            let page = Page::parse(&echoing.send(&attack));
            let named: Vec<_> = page
                .headers
                .iter()
                .filter(|(name, _)| name.starts_with("surrogate"))
                .map(|(_, value)| value.as_str())
                .collect();
            assert_eq!(named, [SURROGATE_CAPABILITY], "{page:?}");
            echoing.settle();
            echoing.hit(&ask(path));
        }
    });
}
