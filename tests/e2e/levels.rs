//! Several caches for one page: however often it passes from one to another, it is
//! gone when its ttl is over.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use testkit::{Backend, Memcached, Response, Site, Tap, eventually};

/// What became of the response at the store of the near server.
fn outcome(response: &Response) -> &str {
    response.header("X-Store").unwrap_or("none")
}

/// Numbers its answers, of which none names a lifetime.
fn counting_backend() -> Backend {
    let made = AtomicUsize::new(0);
    Backend::start(move |_, stream| {
        let page = made.fetch_add(1, Ordering::SeqCst).to_string();
        let length = page.len();
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{page}");
        // The server may be gone before it has read all.
        drop(stream.write_all(text.as_bytes()));
    })
}

/// Each server's hits are stored on the other one, and there is always somebody who
/// asks.
#[test]
fn two_servers_do_not_renew_each_others_items() {
    for [one, two] in [
        ["true", "true"],
        ["false", "false"],
        ["true", "false"],
        ["false", "true"],
    ] {
        let config = format!(
            r#"
one = ["server" => "$ONE", "headers" => {one}, "ttl" => 2];
two = ["server" => "$TWO", "headers" => {two}, "ttl" => 2];
memcached.lookup (one, {{ memcached.store two; }}, {{
	memcached.lookup (two, none, {{
		proxy "$BACKEND";
		memcached.store two;
	}});
	memcached.store one;
}});
"#
        );
        let (first, second) = (Memcached::start(), Memcached::start());
        let backend = counting_backend();
        let names: [(&str, &dyn std::fmt::Display); 3] =
            [("ONE", &first), ("TWO", &second), ("BACKEND", &backend)];
        let site = Site::start(&config, &names);
        assert_eq!(site.get("/").text(), "0");
        eventually("the page is made again", || site.get("/").text() != "0");
        site.stop();
    }
}

/// Two keys on one server are two items as well.
#[test]
fn two_keys_do_not_renew_each_others_items() {
    let config = r#"
one = ["server" => "$CACHE", "key" => "one%{req.path}", "headers" => true, "ttl" => 2];
two = ["server" => "$CACHE", "key" => "two%{req.path}", "headers" => true, "ttl" => 2];
memcached.lookup (one, { memcached.store two; }, {
	memcached.lookup (two, none, {
		proxy "$BACKEND";
		memcached.store two;
	});
	memcached.store one;
});
"#;
    let (cache, backend) = (Memcached::start(), counting_backend());
    let site = Site::start(config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    assert_eq!(site.get("/").text(), "0");
    eventually("the page is made again", || site.get("/").text() != "0");
    site.stop();
}

/// A near cache that is filled by hits of a far one, with these options.
fn near_and_far(near: &str, far: &str, between: &str) -> String {
    format!(
        r#"
memcached.lookup (["server" => "$NEAR", {near}], {{ header.add "X-Memcached" => "Hit"; }}, {{
	memcached.lookup (["server" => "$FAR", {far}], {{ {between} }});
	memcached.store ["server" => "$NEAR", {near}];
	header.overwrite "X-Store" => "%{{req.environment[MEMCACHED_STORE]}}";
}});
"#
    )
}

const WHOLE: &str = r#""headers" => true"#;
const BODY: &str = r#""headers" => false"#;

/// The item of a response that was made so many seconds ago.
fn item(age_secs: u64) -> String {
    let date = crate::date(age_secs - 7);
    format!("HTTP/1.1 200 OK\r\n{date}\r\nAge: 7\r\n\r\npage")
}

/// The near item lives as long as its ttl would let it if it had been made when
/// the response was, whatever an action has taken off that.
#[test]
fn the_age_of_an_item_counts() {
    for (near, between) in [
        (WHOLE, ""),
        (WHOLE, r#"header.remove "Age"; header.remove "Date";"#),
        (BODY, ""),
    ] {
        let (near_cache, far) = (Memcached::start(), Memcached::start());
        let tap = Tap::start(near_cache.addr());
        let config = near_and_far(&format!("{near}, \"ttl\" => 600"), WHOLE, between);
        let site = Site::start(&config, &[("NEAR", &tap), ("FAR", &far)]);
        let begun = Instant::now();
        far.set("/", 0, item(107).as_bytes());
        let response = site.get("/");
        assert_eq!(outcome(&response), "storing", "{near} {between}");
        assert_eq!(site.get_hit("/").text(), "page");
        let passed = begun.elapsed().as_secs() + 1;
        let sent = tap.sent().escape_ascii().to_string();
        let stored = sent.split("set / 0 ").nth(1).expect("a store");
        let ttl: u64 = stored.split(' ').next().unwrap().parse().expect("a number");
        assert!((493 - passed..=493).contains(&ttl), "{ttl}: {sent}");
        if near == WHOLE {
            let stored = near_cache.get("/").expect("an item").data;
            let stored = String::from_utf8_lossy(&stored).into_owned();
            let age = stored.split("\r\nAge: ").nth(1).expect("an age");
            let age: u64 = age.split('\r').next().unwrap().parse().expect("a number");
            assert!((107..=107 + passed).contains(&age), "{stored}");
        }
        site.stop();
    }
}

#[test]
fn what_is_too_old_or_of_unknown_age_is_not_stored() {
    let old = "no: comes from an item that is too old";
    let unknown = "no: comes from an item of unknown age";
    let without_date = "HTTP/1.1 200 OK\r\nAge: 7\r\n\r\npage".to_owned();
    let odd_date = "HTTP/1.1 200 OK\r\nDate: today\r\n\r\npage".to_owned();
    for (far, value, near, expected) in [
        (WHOLE, item(107), r#""headers" => true, "ttl" => 107"#, old),
        (WHOLE, item(107), r#""headers" => true, "ttl" => 60"#, old),
        (WHOLE, item(107), r#""ttl" => 60"#, old),
        (WHOLE, item(107), r#""ttl" => 60, "force" => true"#, old),
        (WHOLE, item(107), r#""ttl" => 0, "max_ttl" => 60"#, old),
        (WHOLE, item(107), r#""ttl" => 0"#, "storing"),
        (WHOLE, without_date, r#""ttl" => 600"#, unknown),
        (WHOLE, odd_date, r#""ttl" => 600"#, unknown),
        (BODY, "page".into(), r#""ttl" => 600"#, unknown),
        (BODY, "page".into(), r#""force" => true"#, unknown),
        (BODY, "page".into(), r#""headers" => true"#, unknown),
    ] {
        let (near_cache, far_cache) = (Memcached::start(), Memcached::start());
        let config = near_and_far(near, far, "");
        let site = Site::start(&config, &[("NEAR", &near_cache), ("FAR", &far_cache)]);
        far_cache.set("/", 0, value.as_bytes());
        let response = site.get("/");
        assert_eq!(response.text(), "page");
        assert_eq!(outcome(&response), expected, "{value:?} {near}");
        site.stop();
    }
}
