//! Spellings that the server simplifies and backends may not.

use super::echo::{Kind, with_each};
use super::{Echoing, ask, cached};

#[test]
fn a_path_is_not_what_it_is_simplified_to() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        for (attack, simple) in [
            ("/x/..%2F..%2F", "/"),
            ("/x/..", "/"),
            ("/%2e", "/"),
            ("//a", "/a"),
            ("/a%2Fb", "/a/b"),
            ("/p%00", "/p_"),
            ("/p%0a%0D", "/p__"),
            ("/ne%zzws", "/news"),
            ("/ne%4", "/ne4"),
            ("/x/./c", "/x/c"),
            ("/x/%2E%2e/d", "/d"),
            ("/e//", "/e/"),
            ("/f%3Bg", "/f;g"),
            ("/h%5Ci", "/h\\i"),
            ("/x/..?query", "/"),
        ] {
            echoing.expect_apart(&ask(attack), &ask(simple));
        }
        for (target, key) in [
            ("/", "http://victim.test/"),
            ("/x/..", "http://victim.test/#path=/x/.."),
            ("/x/..?query", "http://victim.test/#path=/x/..%3Fquery"),
            ("//a", "http://victim.test/a#path=//a"),
            ("/ne%zzws", "http://victim.test/news#path=/ne%25zzws"),
            ("/f%3Bg", "http://victim.test/f;g#path=/f%253Bg"),
        ] {
            echoing.hit(&ask(target));
            echoing.expect_item(key);
        }
        echoing.site.stop();
    });
}

#[test]
fn a_page_that_is_not_there_takes_no_other_down() {
    with_each(|kind| {
        let echoing = Echoing::start(kind, "");
        let attack = ask("/api//news");
        assert_eq!(echoing.own(&attack).status, 404);
        echoing.settle();
        assert_eq!(echoing.own(&ask("/api/news")).status, 200);
        echoing.expect_apart(&attack, &ask("/api/news"));
        echoing.site.stop();
    });
}

#[test]
fn an_escaped_question_mark_is_no_query() {
    with_each(|kind| {
        let key = r#""key" => "%{req.host}%{req.path}?%{req.query}""#;
        let echoing = Echoing::configured(kind, &cached(key, "$BACKEND"));
        echoing.expect_apart(&ask("/search%3Fq=what?"), &ask("/search?q=what?"));
        echoing.expect_item("victim.test/search?q=what?");
        echoing.site.stop();
    });
}

#[test]
fn keys_that_hold_the_path_in_other_ways() {
    for (key, item) in [
        ("%{enc:req.path}", "/blog/one"),
        ("%{request.path}", "/blog/one"),
        ("blog:%1", "blog:one"),
        ("%{req.environment[PAGE]}", "page:/blog/one"),
    ] {
        let key = format!(r#""key" => "{key}""#);
        let config = format!(
            r#"
env.set "PAGE" => "page:%{{req.path}}";
if req.path =~ "^/blog/(.*)" {{
	{}
}}
"#,
            cached(&key, "$BACKEND")
        );
        let echoing = Echoing::configured(Kind::Proxy, &config);
        for attack in ["/blog/x/..%2Fone", "/blog//one", "/blog/./one"] {
            echoing.expect_apart(&ask(attack), &ask("/blog/one"));
        }
        echoing.expect_item(item);
        echoing.site.stop();
    }
}

#[test]
fn a_key_of_the_raw_path_needs_no_parts() {
    with_each(|kind| {
        let key = r#""key" => "%{req.raw_path}""#;
        let echoing = Echoing::configured(kind, &cached(key, "$BACKEND"));
        for target in ["/x/..", "/ne%zzws", "//a", "/%23a", "/a?b"] {
            echoing.own(&ask(target));
            echoing.settle();
            echoing.hit(&ask(target));
            echoing.expect_item(target);
        }
        for other in ["/", "/news", "/a"] {
            echoing.own(&ask(other));
        }
        echoing.site.stop();
    });
}

#[test]
fn a_path_names_no_part_of_another_key() {
    with_each(|kind| {
        // Actions of one cache with and without variants.
        let plain = cached(r#""key" => "%{req.path}""#, "$BACKEND");
        let both = r#""key" => "%{req.path}", "vary" => ["accept-encoding"]"#;
        let varied = cached(both, "$BACKEND");
        let config = format!("if req.host == \"plain.test\" {{ {plain} }} else {{ {varied} }}");
        let echoing = Echoing::configured(kind, &config);
        for name in [
            "accept-encoding=gzip",
            "path=/x/..",
            "port=1337",
            "dot",
            "text",
        ] {
            let attack = ask(&format!("/a%23{name}")).host("plain.test");
            echoing.own(&attack);
            echoing.settle();
            assert!(!echoing.has_item(&format!("/a#{name}")), "{name}");
        }
        let attack = ask("/a%23accept-encoding=gzip").host("plain.test");
        let victim = ask("/a").header("Accept-Encoding", "gzip");
        echoing.expect_apart(&attack, &victim);
        echoing.expect_item("/a#accept-encoding=gzip");
        echoing.expect_item("/a%23accept-encoding=gzip#text#path=/a%2523accept-encoding=gzip");
        echoing.site.stop();
    });
}
