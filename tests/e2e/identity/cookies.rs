//! Cookies where `memcached.cache` says nothing of them: those of analytics make no
//! difference and reach no backend, all others are a visitor's own.

use testkit::Response;

use super::cache::cache;
use super::echo::{Kind, with_each};
use super::{Ask, Echoing, Page, ask, status};

const ANALYTICS: &str = "_ga=GA1.2.3; _ga_X1=GS1; _gid=1; _gat_gtag_UA_1=1; _gcl_au=1; _fbp=fb.1; \
     _fbc=fb.2; __utma=1; __utmz=2; _hjSession_1=eyJ; _hjid=1; _pk_id.1.abcd=1; _pk_ses.1=1; \
     _clck=1; _clsk=2";

/// A site whose later actions show the `Cookie` that they see.
fn start(kind: Kind, options: &str, handler: &str) -> Echoing {
    let shown = r#"header.overwrite "X-Cookie" => "%{req.header[Cookie]}";"#;
    Echoing::configured(kind, &(cache(options, handler) + shown))
}

fn shown(response: &Response) -> &str {
    response.header("X-Cookie").unwrap_or_default()
}

fn cookie_of_backend(response: &Response) -> Option<String> {
    Page::parse(response).header("cookie").map(str::to_owned)
}

fn with_cookie(path: &str, cookie: &str) -> Ask {
    ask(path).header("Cookie", cookie)
}

#[test]
fn cookies_of_analytics_make_no_difference() {
    with_each(|kind| {
        let echoing = start(kind, "", "$BACKEND");
        let known = with_cookie("/a", ANALYTICS);
        let first = echoing.send(&known);
        assert_eq!(status(&first), "miss");
        assert_eq!(cookie_of_backend(&first), None, "the backend is not told");
        assert_eq!(shown(&first), ANALYTICS, "later actions are");
        echoing.settle();
        let others = [
            ask("/a"),
            with_cookie("/a", "_ga=other"),
            with_cookie("/a", "_ga=1").header("Cookie", "_gid=2"),
            with_cookie("/a", ""),
        ];
        for other in &others {
            let response = echoing.send(other);
            assert_eq!(status(&response), "hit", "{other:?}");
        }
        assert_eq!(echoing.echo.requests(), 1);
        echoing.site.stop();
    });
}

#[test]
fn several_lines_are_put_back_as_they_were() {
    let echoing = start(Kind::Proxy, "", "$BACKEND");
    let two = with_cookie("/a", "_ga=1").header("Cookie", "_gid=2");
    let response = echoing.send(&two);
    assert_eq!(cookie_of_backend(&response), None);
    assert!(shown(&response).contains("_ga=1"), "{response:?}");
    assert!(shown(&response).contains("_gid=2"), "{response:?}");
    echoing.site.stop();
}

#[test]
fn all_other_cookies_are_a_visitors_own() {
    with_each(|kind| {
        let echoing = start(kind, "", "$BACKEND");
        for (cookie, name) in [
            ("theme=dark", "theme"),
            ("sid=bob", "sid"),
            ("_ga=1; sid=bob", "sid"),
            ("_ga=1,sid=bob", "sid"),
            ("x_ga=1", "x_ga"),
            ("__utmost; cart=1", "cart"),
            ("_GID=1; _fbpx=1", "_fbpx"),
        ] {
            let bob = with_cookie("/a", cookie);
            for _ in 0..2 {
                let response = echoing.own(&bob);
                assert_eq!(status(&response), format!("bypass: cookie {name}"));
                assert_eq!(shown(&response), cookie);
                echoing.settle();
            }
        }
        for malformed in ["=sid", "%73id=bob"] {
            echoing.expect_bypass(&with_cookie("/a", malformed), "malformed Cookie");
        }
        assert!(!echoing.has_item("http://victim.test/a#accept-encoding=identity"));
        let victim = ask("/a");
        assert_eq!(status(&echoing.own(&victim)), "miss");
        echoing.settle();
        echoing.hit(&victim);
        echoing.site.stop();
    });
}

/// What the block gives a request is its own too.
#[test]
fn cookies_that_the_block_adds() {
    let handler = r#"req_header.overwrite "Cookie" => "sid=bob"; $BACKEND"#;
    let echoing = start(Kind::Proxy, "", handler);
    let response = echoing.send(&with_cookie("/a", "_ga=1"));
    assert_eq!(cookie_of_backend(&response).as_deref(), Some("sid=bob"));
    assert_eq!(shown(&response), "_ga=1");
    echoing.settle();
    assert!(!echoing.has_item("http://victim.test/a#accept-encoding=identity"));
    let line = "memcached.cache: not stored: bypass: cookie sid";
    echoing.site.await_log(line);
    echoing.site.stop();
}

/// Named cookies take the place of the default; what is not named reaches the
/// backend.
#[test]
fn cookies_that_are_named() {
    let options = r#""bypass_cookies" => ["sid"]"#;
    let echoing = start(Kind::Proxy, options, "$BACKEND");
    let themed = with_cookie("/a", "_ga=1; theme=dark");
    let response = echoing.own(&themed);
    assert_eq!(status(&response), "miss");
    echoing.settle();
    assert_eq!(status(&echoing.send(&ask("/a"))), "hit");
    let bob = with_cookie("/a", "sid=bob");
    assert_eq!(status(&echoing.own(&bob)), "bypass: cookie sid");
    echoing.site.stop();
}

/// What nothing in the block has handled goes on as the client sent it.
#[test]
fn a_request_that_goes_on_unhandled() {
    let config = cache("", "") + "\n$BACKEND";
    let echoing = Echoing::configured(Kind::Proxy, &config);
    let own = with_cookie("/a", "_ga=1").header("Accept-Encoding", "gzip, deflate");
    for expected in ["miss", "uncacheable"] {
        let response = echoing.own(&own);
        assert_eq!(status(&response), expected);
        echoing.settle();
    }
    echoing.site.stop();
}

/// A lookup in the block has keys of what the client sent.
#[test]
fn a_lookup_inside() {
    let options = crate::options(&[
        r#""headers" => true, "key" => "inner%{req.path}", "vary" => ["cookie", "accept-encoding"]"#,
    ]);
    let inner =
        format!("memcached.lookup ({options}, none, {{ $BACKEND memcached.store {options}; }});");
    let echoing = start(Kind::Proxy, "", &inner);
    let request = with_cookie("/a", "_ga=1").header("Accept-Encoding", "gzip, deflate");
    let response = echoing.send(&request);
    assert_eq!(shown(&response), "_ga=1");
    echoing.settle();
    echoing.expect_item("inner/a#cookie=_ga=1#accept-encoding=gzip");
    echoing.expect_item("http://victim.test/a#accept-encoding=gzip");
    echoing.site.stop();
}
