//! Plain requests: they share the item whose key is documented, which backends
//! write and purge.

use super::echo::with_each;
use super::{Echoing, SAMPLE_KEY, ask, cached, status};

#[test]
fn harmless_escapes_share_the_plain_item() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for (escaped, plain, key) in [
            ("/a%20b", "/a%20b", "/a b"),
            ("/wiki/Talk%3AFoo", "/wiki/Talk:Foo", "/wiki/Talk:Foo"),
            ("/wiki/Talk%3aBar", "/wiki/Talk:Bar", "/wiki/Talk:Bar"),
            ("/a%2Bb", "/a+b", "/a+b"),
            ("/%C3%A9", "/%c3%a9", "/\u{e9}"),
            ("/%7Eme", "/~me", "/~me"),
            ("/%61%2eb", "/a.b", "/a.b"),
            ("/c%2C%40%26%3D", "/c,@&=", "/c,@&="),
        ] {
            echoing.expect_shared(&ask(escaped), &ask(plain));
            echoing.expect_item(&format!("http://victim.test{key}"));
        }
        echoing.site.stop();
    });
}

#[test]
fn items_that_backends_write_and_purge() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""guard" => true"#);
        for (target, host, key) in [
            ("/news", "victim.test", "http://victim.test/news"),
            ("/news?page=2", "VICTIM.test", "http://victim.test/news"),
            (
                "/Talk%3AFoo",
                "victim.test:80",
                "http://victim.test/Talk:Foo",
            ),
        ] {
            let written = "HTTP/1.1 200 OK\r\n\r\nwritten";
            echoing.cache.set(key, 0, written.as_bytes());
            let request = ask(target).host(host);
            let response = echoing.send(&request);
            assert_eq!((response.cache(), &*response.text()), ("Hit", "written"));
            assert!(echoing.cache.delete(key));
            echoing.own(&request);
            echoing.settle();
            echoing.expect_item(key);
            assert!(echoing.cache.delete(key));
        }
        echoing.site.stop();
    });
}

#[test]
fn the_path_alone_is_the_key_on_any_port_and_host() {
    with_each(|kind| {
        let echoing = Echoing::configured(kind, &cached("", "$BACKEND"));
        let first = ask("/a").host("one.test:1337");
        echoing.expect_shared(&first, &ask("/a").host("two.test."));
        echoing.expect_item("/a");
        echoing.site.stop();
    });
}

#[test]
fn a_hash_of_the_pattern_is_none_of_a_visitor() {
    let key = r#""key" => "%{req.path}#page""#;
    let echoing = Echoing::configured(super::Kind::Proxy, &cached(key, "$BACKEND"));
    for (target, item) in [
        ("/a", "/a#page"),
        ("/a%23page", "/a%23page%23page#text#path=/a%2523page"),
    ] {
        echoing.own(&ask(target));
        echoing.settle();
        echoing.hit(&ask(target));
        echoing.expect_item(item);
    }
    echoing.site.stop();
}

#[test]
fn a_store_with_another_key_says_so() {
    let lookup = crate::options(&[r#""headers" => true"#, SAMPLE_KEY]);
    let store = crate::options(&[r#""headers" => true, "key" => "other:%{req.path}""#]);
    let config =
        format!("memcached.lookup ({lookup}, none, {{ $BACKEND memcached.store {store}; }});");
    let echoing = Echoing::configured(super::Kind::Proxy, &config);
    for target in ["/a", "/b"] {
        let response = echoing.own(&ask(target));
        assert_eq!(status(&response), "miss");
        echoing.settle();
        echoing.expect_item(&format!("other:{target}"));
    }
    let log = echoing.site.stop();
    let said = log.matches("key differs from the lookup's").count();
    assert_eq!(said, 1, "once for the action:\n{log}");
}
