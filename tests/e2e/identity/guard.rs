//! Headers outside the key that choose the page.

use super::echo::{Kind, with_each};
use super::{Echoing, ask};

pub(super) const NAMES: [&str; 36] = [
    "CF-Visitor",
    "CloudFront-Forwarded-Proto",
    "Forwarded",
    "Front-End-Https",
    "Script-Name",
    "X-ARR-SSL",
    "X-Forwarded-Context",
    "X-Forwarded-Host",
    "X-Forwarded-Https",
    "X-Forwarded-Method",
    "X-Forwarded-Path",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-Uri",
    "X-Forwarded-Url",
    "X-Host",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Https",
    "X-Method-Override",
    "X-Original-Host",
    "X-Original-Method",
    "X-Original-Proto",
    "X-Original-Scheme",
    "X-Original-URI",
    "X-Original-URL",
    "X-Real-Host",
    "X-Rewrite-URL",
    "X-Scheme",
    "X-Script-Name",
    "X-URL-Scheme",
];

#[test]
fn such_a_header_has_an_item_of_its_own() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""guard" => true"#);
        for name in NAMES {
            let path = format!("/{name}");
            let attack = ask(&path).header(name, "evil.test");
            let victim = ask(&path);
            echoing.expect_apart(&attack, &victim);
            echoing.expect_item(&format!("http://victim.test{path}"));
            let lower = name.to_lowercase();
            echoing.expect_item(&format!("http://victim.test{path}#{lower}=evil.test"));
            let other = ask(&path).header(name, "evil.test#").header(name, "x");
            let response = echoing.send(&other);
            assert_ne!(response.cache(), "Hit", "{name}");
        }
        echoing.site.stop();
    });
}

#[test]
fn several_are_told_apart() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""guard" => true"#);
        let attack = ask("/a").header("X-Host", "b#x-original-url=c");
        let other = ask("/a")
            .header("X-Original-URL", "c")
            .header("X-Host", "b");
        echoing.expect_apart(&attack, &other);
        echoing.expect_item("http://victim.test/a#x-host=b#x-original-url=c");
        echoing.site.stop();
    });
}

#[test]
fn names_that_some_backends_take_for_these() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""guard" => true"#);
        for name in ["X_Forwarded_Host", "x-forwarded_HOST", "Front_End-Https"] {
            let attack = ask("/a").header(name, "evil.test");
            echoing.expect_apart(&attack, &ask("/a"));
            let lower = name.to_lowercase();
            echoing.expect_item(&format!("http://victim.test/a#{lower}=evil.test"));
        }
        echoing.site.stop();
    });
}

#[test]
fn it_is_switched_on_by_the_option() {
    let echoing = Echoing::start(Kind::Proxy, "");
    let named = ask("/a").header("X-Host", "b");
    echoing.expect_shared(&named, &ask("/a"));
    echoing.expect_item("http://victim.test/a");
    echoing.site.stop();
}
