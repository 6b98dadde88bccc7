//! Which items a request deletes.

use super::{Changing, KEY, config, outcome};

use crate::options;

#[test]
fn what_the_response_names_is_deleted_too() {
    let changing = Changing::start(KEY);
    let (own, other) = ("http://example.test/a/b", "http://example.test/a/new page");
    let other = testkit::sha1_hex(other.as_bytes());
    let keys = [own, other.as_str()];
    for (header, is_deleted) in [
        ("Location: http://example.test/a/new%20page", true),
        ("Location: HTTP://Example.TEST:80/a/new%20page?x#y", true),
        ("Location: //example.test/a/new%20page", true),
        ("Location: /a/new%20page", true),
        ("Location: new%20page", true),
        ("location: ../a/./new%20page", true),
        ("Content-Location: /a/new%20page", true),
        ("Location: /x|Content-Location: new%20page", true),
        ("Location: https://example.test/a/new%20page", false),
        ("Location: http://other.test/a/new%20page", false),
        ("Location: http://example.test:81/a/new%20page", false),
        (
            "Location: http://example.test@other.test/a/new%20page",
            false,
        ),
        ("Link: </a/new%20page>", false),
        ("Location: /a/new page", false),
        ("Location: b", false),
    ] {
        changing.fill(&keys);
        let response = changing.send("POST", "/a/b", &format!("201 Created|{header}"));
        assert_eq!(outcome(&response), "invalidated", "{header}");
        let expected = if is_deleted { &[][..] } else { &keys[1..] };
        assert_eq!(changing.left(&keys), expected, "{header}");
    }
    changing.site.stop();
}

#[test]
fn all_codings_of_a_page_are_deleted() {
    let vary = r#""headers" => true, "vary" => ["accept-language", "accept-encoding"],
		"encodings" => ["br", "gzip"], "key" => "%{req.path}""#;
    let changing = Changing::start(vary);
    let key = |path: &str, language: &str, set: &str| {
        format!("{path}#accept-language{language}#accept-encoding={set}")
    };
    let sets = ["identity", "br", "gzip", "br+gzip"];
    let own = sets.map(|set| key("/page", "=de", set));
    let named = sets.map(|set| key("/new", "=de", set));
    // Of other languages only the visitor's own is known.
    let others = [
        key("/page", "=en", "br"),
        key("/page", "", "identity"),
        key("/other", "=de", "gzip"),
    ];
    let all: Vec<&str> = own
        .iter()
        .chain(&named)
        .chain(&others)
        .map(String::as_str)
        .collect();
    changing.fill(&all);
    let response = changing.site.request(
        "POST",
        "/page",
        &[
            ("X-Answer", "201 Created|Location: /new"),
            ("Content-Length", "0"),
            ("Accept-Language", "de"),
            ("Accept-Encoding", "gzip, identity;q=0"),
        ],
    );
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&all), others);
    changing.site.stop();
}

/// The key is that of a GET: what would keep the request itself from the cache, or
/// give it an item of its own, makes no difference.
#[test]
fn the_request_itself_need_not_be_one_for_the_cache() {
    let both = r#""key" => "%{req.raw_path}", "guard" => true,
		"bypass_cookies" => ["session"], "bypass" => "%{req.header[X-Preview]}""#;
    let changing = Changing::start(both);
    let keys = ["/page?x=%20", "/page", "/new?y"];
    changing.fill(&keys);
    let headers = [
        (
            "X-Answer",
            "303 See Other|Location: ?y|Content-Location: new?y",
        ),
        ("Content-Length", "0"),
        ("Cookie", "session=1"),
        ("X-Preview", "1"),
        ("X-HTTP-Method-Override", "PUT"),
        ("Authorization", "Basic eDp5"),
    ];
    let target = "http://example.test/page?x=%20";
    let response = changing.site.request("POST", target, &headers);
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), ["/page"]);
    changing.site.stop();
}

/// A pattern with anything that only a request has tells the key of no address.
#[test]
fn a_key_that_an_address_does_not_tell() {
    let changing = Changing::start(r#""key" => "%{req.header[Host]}%{req.path}""#);
    let keys = ["example.test/page", "example.test/new"];
    changing.fill(&keys);
    let response = changing.send("POST", "/page", "201 Created|Location: /new");
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), ["example.test/new"]);
    changing.site.stop();
}

/// As with a store, it is the lookup's key that counts.
#[test]
fn a_path_that_is_changed_in_between() {
    let config = config(KEY, "").replace("proxy", "rewrite \"^/.*$\" => \"/index.php\";\n\tproxy");
    let changing = Changing::configured(&config);
    let keys = ["http://example.test/blog/two", "http://example.test/new"];
    changing.fill(&keys);
    let response = changing.send("POST", "/blog/two", "303 See Other|Location: /new");
    assert_eq!(outcome(&response), "invalidated");
    assert_eq!(changing.left(&keys), [""; 0]);
    changing.site.stop();
}

#[test]
fn captures_of_the_pattern_are_those_of_the_beginning() {
    let store = options(&[r#""key" => "page-%1", "invalidate" => true"#]);
    let config = format!(
        "if req.path =~ \"^/(.*)$\" {{\n\tproxy \"$BACKEND\";\n\tmemcached.store {store};\n}}"
    );
    let changing = Changing::configured(&config);
    changing.fill(&["page-one", "page-two"]);
    assert_eq!(changing.send("POST", "/one", "200 OK").status, 200);
    assert_eq!(changing.left(&["page-one", "page-two"]), ["page-two"]);
    changing.site.stop();
}
