//! Visitors who are known to a site.

use super::echo::with_each;
use super::{Echoing, ask};

#[test]
fn cookies_that_are_for_one_visitor() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""bypass_cookies" => ["session*", "login"]"#);
        for (cookie, name) in [
            ("session=bob", "session"),
            ("theme=dark; SESSIONID=bob", "SESSIONID"),
            ("theme=dark,session=bob", "session"),
            ("login", "login"),
            ("theme=\"x; session=bob\"", "session"),
            ("theme=dark session=bob", "session"),
            ("theme=\"x\" session=bob", "session"),
        ] {
            let bob = ask("/a").header("Cookie", cookie);
            echoing.own(&bob);
            echoing.settle();
            echoing.expect_bypass(&bob, &format!("cookie {name}"));
        }
        echoing.own(&ask("/a"));
        echoing.settle();
        echoing.hit(&ask("/a"));
        // Whoever is known gets his own page, though there is one for all.
        echoing.own(&ask("/a").header("Cookie", "session=bob"));
        let two_lines = ask("/a")
            .header("Cookie", "theme=dark")
            .header("Cookie", "session=bob");
        let response = echoing.send(&two_lines);
        assert_ne!(response.cache(), "Hit");
        echoing.site.stop();
    });
}

#[test]
fn a_line_that_cannot_be_read_is_for_one_visitor() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""bypass_cookies" => ["session*"]"#);
        for cookie in [
            "=session",
            "%73ession=bob",
            "se ssion=bob",
            "theme=dark; =x",
            "theme=dark,%73ession=bob",
            "theme=dark,\"session\"=bob",
            "+session=bob",
        ] {
            let request = ask("/a").header("Cookie", cookie);
            let response = echoing.own(&request);
            assert!(super::status(&response).starts_with("bypass: "), "{cookie}");
            echoing.settle();
        }
        echoing.own(&ask("/a"));
        echoing.settle();
        // Other cookies change nothing.
        let themed = ask("/a").header("Cookie", "theme=session; a=\"b, c d\"");
        assert_eq!(echoing.send(&themed).cache(), "Hit");
        echoing.site.stop();
    });
}

#[test]
fn bypass_by_a_pattern() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, r#""bypass" => "%{req.header[X-Preview]}""#);
        for value in ["1", "no", "00"] {
            let request = ask("/a").header("X-Preview", value);
            let response = echoing.own(&request);
            assert!(super::status(&response).starts_with("bypass: "), "{value}");
            echoing.settle();
        }
        for value in ["0", ""] {
            let request = ask("/a").header("X-Preview", value);
            let response = echoing.send(&request);
            assert!(!super::status(&response).starts_with("bypass: "), "{value}");
            echoing.settle();
        }
        echoing.site.stop();
    });
}

/// A store has a say of its own, even under the key of a lookup that has none.
#[test]
fn options_of_the_store_alone() {
    for (option, name, value) in [
        (
            r#""bypass_cookies" => ["session*"]"#,
            "Cookie",
            "session=bob",
        ),
        (
            r#""bypass" => "%{req.header[X-Preview]}""#,
            "X-Preview",
            "1",
        ),
        (r#""guard" => true"#, "X-Forwarded-Host", "evil.test"),
    ] {
        with_each(|kind| {
            let lookup = crate::options(&[super::SAMPLE_KEY]);
            let store = crate::options(&[super::SAMPLE_KEY, option]);
            let config = format!(
                r#"memcached.lookup ({lookup}, {{ header.add "X-Memcached" => "Hit"; }}, {{
	header.add "X-Memcached" => "Miss";
	$BACKEND
	memcached.store {store};
}});"#
            );
            let echoing = Echoing::configured(kind, &config);
            echoing.own(&ask("/a").header(name, value));
            echoing.settle();
            // Nobody else gets the page of that request.
            let other = echoing.own(&ask("/a"));
            assert_ne!(other.cache(), "Hit", "{option}");
            echoing.settle();
            echoing.hit(&ask("/a"));
            echoing.site.stop();
        });
    }
}
