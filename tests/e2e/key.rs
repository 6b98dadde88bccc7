//! Keys, from a request to what memcached is asked for.

use testkit::{Memcached, Site, Tap};

use crate::{cached, looked_up};

/// SHA-1 of the text, as `sha1sum` prints it.
const SHA1_EMPTY: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const SHA1_A_SPACE_B: &str = "7dbde93504122a707f849f2c12bdd9de71b41929";
const SHA1_251_X: &str = "a53812fbfbe6b474ef3f0c529e58ccb705dfafe8";

fn asked_for(key: &str) -> Vec<u8> {
    format!("get {key}\r\n").into_bytes()
}

#[test]
fn a_key_goes_out_as_it_is_or_hashed() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let config = looked_up(r#""key" => "%{req.query}""#);
    let site = Site::start(&config, &[("CACHE", &tap)]);
    let hashed = |key: &[u8]| testkit::sha1_hex(key);
    assert_eq!(hashed(b""), SHA1_EMPTY);
    assert_eq!(hashed(b"a b"), SHA1_A_SPACE_B);
    assert_eq!(hashed(&[b'x'; 251]), SHA1_251_X);
    for len in [1, 2, 249, 250] {
        let key = "x".repeat(len);
        site.get(&format!("/?{key}"));
        tap.expect_sent(&asked_for(&key));
    }
    for len in [0, 251, 255, 256, 2000] {
        let key = "x".repeat(len);
        site.get(&format!("/?{key}"));
        tap.expect_sent(&asked_for(&hashed(key.as_bytes())));
    }
    for plain in ["!", "~", "%20", "a=b&c=/%00"] {
        site.get(&format!("/?{plain}"));
        tap.expect_sent(&asked_for(plain));
    }
    site.stop();
}

#[test]
fn bytes_that_would_break_the_protocol_are_hashed() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let config = looked_up(r#""key" => "%{req.path}""#);
    let site = Site::start(&config, &[("CACHE", &tap)]);
    for (path, key) in [
        ("/a%20b", b"/a b".as_slice()),
        ("/%80%ff", b"/\x80\xff"),
        ("/caf%c3%a9", "/café".as_bytes()),
    ] {
        site.get(path);
        tap.expect_sent(&asked_for(&testkit::sha1_hex(key)));
    }
    site.get("/%21%7e");
    tap.expect_sent(b"get /!~\r\n");
    // lighttpd2 itself makes underscores of control bytes in a path.
    site.get("/%0d%0aflush_all");
    tap.expect_sent(b"get /__flush_all#path=/%250d%250aflush_all\r\n");
    site.stop();
}

/// Captures are gone when a body ends: the key is made before.
#[test]
fn captures_are_part_of_both_keys() {
    let cache = Memcached::start();
    let handler = r#"respond 200 => "page %1";"#;
    let config = format!(
        r#"if req.path =~ "^/(.*)$" {{ {} }}"#,
        cached(r#""key" => "K%1""#, handler, "")
    );
    let site = Site::start(&config, &[("CACHE", &cache)]);
    for name in ["a", "b"] {
        let path = format!("/{name}");
        assert_eq!(site.get(&path).cache(), "Miss");
        let hit = site.get_hit(&path);
        assert_eq!(hit.text(), format!("page {name}"));
        let item = cache.get(&format!("K{name}")).expect("an item of its own");
        assert_eq!(item.data, hit.body);
    }
    assert_eq!(cache.get("K"), None);
    site.stop();
}

#[test]
fn the_default_key_is_the_path() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let config = looked_up("");
    let site = Site::start(&config, &[("CACHE", &tap)]);
    site.get("/some/page?query");
    tap.expect_sent(b"get /some/page\r\n");
    site.stop();
}
