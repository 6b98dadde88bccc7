//! What happens between a lookup and the store that it leads to.

use std::fs;

use testkit::{Host, Site, eventually};

use super::echo::{Kind, Page};
use super::{Echoing, SAMPLE_KEY, ask, cached, status};

/// The lookup's decision counts, even if the cookie is gone when the store runs.
#[test]
fn a_cookie_that_is_taken_off() {
    let both = format!(r#"{SAMPLE_KEY}, "bypass_cookies" => ["session"]"#);
    let config = cached(&both, "$BACKEND req_header.remove \"Cookie\";");
    let echoing = Echoing::configured(Kind::Proxy, &config);
    let bob = ask("/a").header("Cookie", "session=bob");
    let response = echoing.own(&bob);
    assert_eq!(status(&response), "bypass: cookie session");
    echoing.settle();
    assert!(!echoing.has_item("http://victim.test/a"));
    let log = echoing.site.stop();
    let line = "memcached.store: not stored: bypass: cookie session";
    assert!(log.contains(line), "{log}");
}

/// What is the request's own when the store runs counts too, though both have the
/// same options: an action in between may have made it so.
#[test]
fn what_becomes_a_visitors_own_in_between() {
    let both = format!(
        r#"{SAMPLE_KEY}, "bypass_cookies" => ["session"], "bypass" => "%{{req.environment[OWN]}}""#
    );
    let handler = r#"
if req.path == "/cookie" { req_header.overwrite "Cookie" => "session=bob"; }
if req.path == "/pattern" { env.set "OWN" => "1"; }
$BACKEND
"#;
    let echoing = Echoing::configured(Kind::Proxy, &cached(&both, handler));
    for (path, reason) in [("/cookie", "cookie session"), ("/pattern", "pattern")] {
        let response = echoing.send(&ask(path));
        assert_eq!(status(&response), "miss", "{path}");
        let line = format!("memcached.store: not stored: bypass: {reason}");
        echoing.site.await_log(&line);
    }
    echoing.own(&ask("/a"));
    echoing.settle();
    echoing.expect_item("http://victim.test/a");
    for path in ["/cookie", "/pattern"] {
        assert!(!echoing.has_item(&format!("http://victim.test{path}")));
    }
    echoing.site.stop();
}

/// A store that stands alone looks for itself.
#[test]
fn stores_without_a_lookup() {
    let both = format!(r#"{SAMPLE_KEY}, "bypass_cookies" => ["session"]"#);
    let options = crate::options(&[r#""headers" => true"#, &both]);
    let config = format!(
        "$BACKEND memcached.store {options};\n\
         header.overwrite \"X-Store\" => \"%{{req.environment[MEMCACHED_STORE]}}\";"
    );
    let echoing = Echoing::configured(Kind::Proxy, &config);
    for (request, reason) in [
        (
            ask("http://victim.test/a").host("evil.test"),
            "absolute-form",
        ),
        (ask("/a").header("Cookie", "session=bob"), "cookie session"),
    ] {
        let response = echoing.own(&request);
        let told = format!("no: bypass: {reason}");
        assert_eq!(response.header("X-Store"), Some(&*told));
        echoing.settle();
        assert!(!echoing.has_item("http://victim.test/a"));
    }
    echoing.own(&ask("/x/../a"));
    echoing.own(&ask("/a"));
    echoing.settle();
    echoing.expect_item("http://victim.test/a");
    echoing.expect_item("http://victim.test/a#path=/x/../a");
    echoing.site.stop();
}

/// A lookup that must not ask still says what the page is.
#[test]
fn conditions_for_the_origin() {
    let handler = "rewrite \"^/pretty/(.*)$\" => \"/index.php?page=$1\"; $BACKEND";
    let echoing = Echoing::configured(Kind::FastCgi, &cached(SAMPLE_KEY, handler));
    let response = echoing.own(&ask("/pretty/a").header("If-Match", "*"));
    assert!(status(&response).starts_with("bypass: If-Match"));
    echoing.settle();
    echoing.expect_item("http://victim.test/pretty/a");
    assert!(!echoing.has_item("http://victim.test/index.php"));
    echoing.site.stop();
}

/// Two caches, the nearer one with codings of its own: the last lookup before a
/// store is not the one that it belongs to, unless both are the same.
#[test]
fn nested_lookups() {
    let inner = crate::options(&[
        r#""headers" => true, "vary" => ["accept-encoding"], "encodings" => ["gzip"]"#,
        r#""key" => "far:%{req.path}""#,
    ]);
    let outer = crate::options(&[
        r#""headers" => true, "vary" => ["accept-encoding"]"#,
        r#""key" => "near:%{req.path}""#,
    ]);
    let config = format!(
        r#"
memcached.lookup ({outer}, none, {{
	memcached.lookup ({inner}, none, {{
		$BACKEND
		memcached.store {inner};
		header.overwrite "X-Between" => "%{{req.header[Accept-Encoding]}}";
	}});
	memcached.store {outer};
}});
header.overwrite "X-Behind" => "%{{req.header[Accept-Encoding]}}";
"#
    );
    let echoing = Echoing::configured(Kind::Proxy, &config);
    let own = "gzip, deflate, br;q=0.5";
    let response = echoing.send(&ask("/a").header("Accept-Encoding", own));
    assert_eq!(
        Page::parse(&response).header("accept-encoding"),
        Some("gzip")
    );
    // One store has its own to come still.
    assert_eq!(response.header("X-Between"), Some("gzip"));
    assert_eq!(response.header("X-Behind"), Some(own));
    echoing.settle();
    echoing.expect_item("far:/a#accept-encoding=gzip");
    echoing.expect_item("near:/a#accept-encoding=br+gzip");
    echoing.site.stop();
}

/// Each lookup's key names what the client accepts, not what another one asks the
/// backend for.
#[test]
fn nested_lookups_of_other_encodings() {
    let of = |name: &str, encodings: &str| {
        crate::options(&[
            r#""headers" => true, "vary" => ["accept-encoding"]"#,
            &format!(r#""encodings" => [{encodings}], "key" => "{name}:%{{req.path}}""#),
        ])
    };
    let (outer, inner) = (of("near", r#""br""#), of("far", r#""gzip""#));
    let alone = of("alone", r#""br", "zstd""#);
    let config = format!(
        r"
memcached.lookup ({outer}, none, {{
	memcached.lookup ({inner}, none, {{
		$BACKEND
		memcached.store {inner};
		memcached.store {alone};
	}});
	memcached.store {outer};
}});
"
    );
    let echoing = Echoing::configured(Kind::Proxy, &config);
    for (path, accepted, asked, codings) in [
        ("/a", "gzip, br, zstd", "gzip", ["br", "gzip", "br+zstd"]),
        ("/b", "gzip", "gzip", ["identity", "gzip", "identity"]),
        ("/c", "zstd", "identity", ["identity", "identity", "zstd"]),
    ] {
        let request = ask(path).header("Accept-Encoding", accepted);
        let response = echoing.send(&request);
        let page = Page::parse(&response);
        assert_eq!(page.header("accept-encoding"), Some(asked), "{accepted}");
        echoing.settle();
        for (name, codings) in ["near", "far", "alone"].into_iter().zip(codings) {
            echoing.expect_item(&format!("{name}:{path}#accept-encoding={codings}"));
        }
        assert!(
            echoing
                .cache
                .delete(&format!("near:{path}#accept-encoding={}", codings[0]))
        );
        let response = echoing.send(&request);
        assert_eq!(status(&response), "hit", "{accepted}");
        echoing.settle();
    }
    echoing.site.stop();
}

/// Several lines are put back as they were.
#[test]
fn several_lines() {
    let both = format!(r#"{SAMPLE_KEY}, "vary" => ["accept-encoding"]"#);
    let config = cached(&both, "$BACKEND")
        + r#"header.overwrite "X-Accepted" => "%{req.header[Accept-Encoding]}";"#;
    let echoing = Echoing::configured(Kind::Proxy, &config);
    let request = ask("/a")
        .header("Accept-Encoding", "br")
        .header("accept-encoding", "deflate");
    let response = echoing.send(&request);
    assert_eq!(Page::parse(&response).header("accept-encoding"), Some("br"));
    assert_eq!(response.header("X-Accepted"), Some("br, deflate"));
    // Who sends none has none afterwards.
    let response = echoing.send(&ask("/b"));
    assert_eq!(response.header("X-Accepted").unwrap_or_default(), "");
    echoing.site.stop();
}

/// At the end of the body at the latest, which shows in an access log. The
/// stand-in writes none.
#[test]
fn the_header_is_put_back_without_a_store() {
    if !Host::find().is_real() {
        return;
    }
    let both = format!(r#"{SAMPLE_KEY}, "vary" => ["accept-encoding"]"#);
    let options = crate::options(&[r#""headers" => true"#, &both]);
    let config = format!(
        "accesslog \"$DIR/access.log\";\n\
         accesslog.format \"%U %{{Accept-Encoding}}i\";\n\
         memcached.lookup ({options}, none, {{ $BACKEND }});"
    );
    let builder = Site::builder().module("mod_accesslog");
    let echoing = Echoing::built(builder, Kind::Proxy, &config);
    let own = "gzip, deflate;q=0.5";
    let response = echoing.send(&ask("/a").header("Accept-Encoding", own));
    assert_eq!(
        Page::parse(&response).header("accept-encoding"),
        Some("gzip")
    );
    let path = echoing.site.dir().join("access.log");
    eventually("the request is logged as it came", || {
        let log = fs::read_to_string(&path).unwrap_or_default();
        log.contains(&format!("/a {own}"))
    });
    echoing.site.stop();
}

/// Compressed for each client after the store, by what the client said.
#[test]
fn compression_behind_the_store() {
    if !Host::find().is_real() {
        // The stand-in has no such module.
        return;
    }
    let both = format!(r#"{SAMPLE_KEY}, "vary" => ["accept-encoding"], "encodings" => []"#);
    let config = cached(&both, "$BACKEND") + "deflate;";
    let builder = Site::builder().module("mod_deflate");
    let echoing = Echoing::built(builder, Kind::Proxy, &config);
    for _ in 0..2 {
        let response = echoing.send(&ask("/a").header("Accept-Encoding", "gzip"));
        assert_eq!(response.header("Content-Encoding"), Some("gzip"));
        echoing.settle();
    }
    let plain = echoing.send(&ask("/a"));
    assert_eq!(plain.header("Content-Encoding"), None);
    assert_eq!(
        Page::parse(&plain).header("accept-encoding"),
        Some("identity")
    );
    echoing.expect_item("http://victim.test/a#accept-encoding=identity");
    echoing.site.stop();
}

/// What a site looks like whose store has another lookup's options.
#[test]
fn a_store_that_belongs_to_no_lookup() {
    let site_of = |lookup: &str, store: &str| {
        let lookup = crate::options(&[r#""headers" => true"#, SAMPLE_KEY, lookup]);
        let store = crate::options(&[r#""headers" => true"#, SAMPLE_KEY, store]);
        format!(
            "memcached.lookup ({lookup}, none, {{ \
             rewrite \"^/pretty\" => \"/plain\"; $BACKEND memcached.store {store}; }});"
        )
    };
    for (lookup, store, item) in [
        ("", "", "/pretty"),
        ("", r#""ttl" => 60, "timeout_ms" => 400"#, "/pretty"),
        // They would make other parts of the same request.
        ("", r#""guard" => true"#, "/plain"),
        ("", r#""vary" => ["x"]"#, "/plain#x"),
        (r#""namespace" => "a""#, "", "/plain"),
    ] {
        let echoing = Echoing::configured(Kind::FastCgi, &site_of(lookup, store));
        echoing.own(&ask("/pretty"));
        echoing.settle();
        echoing.expect_item(&format!("http://victim.test{item}"));
        let log = echoing.site.stop();
        let is_told = log.contains("key differs from the lookup's");
        assert_eq!(is_told, item != "/pretty", "{store}\n{log}");
    }
}
