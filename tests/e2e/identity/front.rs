//! Front controllers: the path is changed before a backend gets it.

use std::fs;

use super::echo::{Kind, with_each};
use super::{Ask, Echoing, SAMPLE_KEY, ask, cached};

/// Pages of a front controller: each is its own, and cached.
fn expect_pages(echoing: &Echoing, pages: &[Ask]) {
    for page in pages {
        same_page(echoing, page);
        echoing.settle();
    }
    for page in pages {
        let response = same_page(echoing, page);
        assert_eq!(response.cache(), "Hit", "{page:?}\n{}", echoing.site.log());
    }
    assert_eq!(echoing.echo.requests(), pages.len());
}

/// The backend was told the visitor's own target, as by `fastcgi`, or its
/// name in the query where the path was rewritten for the proxy.
fn same_page(echoing: &Echoing, page: &Ask) -> testkit::Response {
    let response = echoing.send(page);
    let shown = super::Page::parse(&response);
    let marker = page.target.trim_start_matches('/').replace('/', "-");
    let told = shown.target == page.target || shown.target.ends_with(&marker);
    assert!(told, "{page:?} got {shown:?}");
    response
}

fn pages() -> Vec<Ask> {
    ["/pretty/a", "/pretty/b", "/", "/other"].map(ask).into()
}

/// A folder with an `index.php`, which `$DIR/www` is.
fn make_root(echoing: &Echoing) {
    let root = echoing.site.dir().join("www");
    fs::create_dir_all(root.join("blog")).expect("a folder");
    for script in ["index.php", "blog/index.php"] {
        fs::write(root.join(script), "<?php").expect("a file");
    }
}

/// Rewrites as front controllers want it, so that a backend behind `proxy` can
/// still tell the page.
const REWRITE: &str = r#"rewrite (
	"^/pretty/(.*)$" => "/index.php?page=pretty-$1",
	"^/(.*)$" => "/index.php?page=$1"
);"#;

#[test]
fn rewritten_inside_of_the_miss() {
    with_each(|kind| {
        let handler = format!("{REWRITE}\n$BACKEND");
        let echoing = Echoing::configured(kind, &cached(SAMPLE_KEY, &handler));
        expect_pages(&echoing, &pages());
        echoing.expect_item("http://victim.test/pretty/a");
        assert!(!echoing.has_item("http://victim.test/index.php"));
        echoing.site.stop();
    });
}

#[test]
fn captures_are_those_of_the_lookup() {
    let handler = r#"
if req.path =~ "^/(p)retty/" { }
rewrite "^/pretty/(.*)$" => "/index.php?page=pretty-$1";
$BACKEND
"#;
    let block = cached(r#""key" => "page:%1""#, handler);
    let config = format!("if req.path =~ \"^/pretty/(.*)$\" {{ {block} }}");
    let echoing = Echoing::configured(Kind::Proxy, &config);
    expect_pages(&echoing, &[ask("/pretty/a"), ask("/pretty/b")]);
    echoing.expect_item("page:a");
    echoing.site.stop();
}

#[test]
fn index_inside_of_the_miss() {
    let handler = r#"docroot "$DIR/www"; index ("index.php"); $BACKEND"#;
    let echoing = Echoing::configured(Kind::FastCgi, &cached(SAMPLE_KEY, handler));
    make_root(&echoing);
    expect_pages(&echoing, &[ask("/"), ask("/blog/")]);
    echoing.expect_item("http://victim.test/");
    echoing.expect_item("http://victim.test/blog/");
    echoing.site.stop();
}

#[test]
fn pathinfo_inside_of_the_miss() {
    let handler = r#"docroot "$DIR/www"; pathinfo; $BACKEND"#;
    let echoing = Echoing::configured(Kind::FastCgi, &cached(SAMPLE_KEY, handler));
    make_root(&echoing);
    expect_pages(&echoing, &[ask("/index.php/a"), ask("/index.php/b")]);
    echoing.expect_item("http://victim.test/index.php/a");
    echoing.site.stop();
}

#[test]
fn a_query_that_no_key_has() {
    let rewrite = r#"rewrite "^/pretty" => "/index.php?$1";"#;
    let echoing = Echoing::configured(
        Kind::FastCgi,
        &(rewrite.to_owned() + &cached(SAMPLE_KEY, "$BACKEND")),
    );
    for query in ["a", "b"] {
        echoing.send(&ask(&format!("/pretty?{query}")));
    }
    let log = echoing.site.stop();
    super::expect_warning(&log, "query");
}

/// What the log says if something stands before the lookup that changes paths.
fn log_of(before: &str, key: &str, targets: &[&str]) -> String {
    let config = format!(
        "docroot \"$DIR/www\";\n{before}\n{}",
        cached(key, "$BACKEND")
    );
    let echoing = Echoing::configured(Kind::FastCgi, &config);
    make_root(&echoing);
    for target in targets {
        // Each more than once: whether it is a hit makes no difference.
        for _ in 0..3 {
            echoing.send(&ask(target));
        }
    }
    echoing.site.stop()
}

const RAW_KEY: &str = r#""key" => "%{req.raw_path}""#;

#[test]
fn pages_that_share_an_item_because_their_paths_were_changed() {
    let rewrite = r#"rewrite "^/pretty/" => "/index.php";"#;
    for (before, key, targets) in [
        (rewrite, SAMPLE_KEY, ["/pretty/a", "/pretty/b"]),
        (rewrite, RAW_KEY, ["/pretty/a", "/pretty/b"]),
        (rewrite, RAW_KEY, ["/pretty/a?x=1", "/pretty/b?x=1"]),
        ("pathinfo;", SAMPLE_KEY, ["/index.php/a", "/index.php/b"]),
    ] {
        let log = log_of(before, key, &targets);
        super::expect_warning(&log, "different paths");
        assert!(log.contains(targets[1]), "{log}");
    }
}

#[test]
fn changed_paths_that_are_still_apart() {
    let with_query = r#"rewrite "^/(.*)$" => "/index.php?page=$1";"#;
    let renamed = r#"rewrite "^/old/(.*)$" => "/new/$1";"#;
    let index = r#"index ("index.php");"#;
    let query_key = r#""key" => "%{req.path}?%{req.query}""#;
    for (before, key, targets) in [
        (with_query, RAW_KEY, ["/a", "/b", "/a"]),
        (with_query, query_key, ["/a", "/b", "/a"]),
        (renamed, SAMPLE_KEY, ["/old/a", "/old/b", "/new/a"]),
        // The same page by another name, or in another spelling.
        (index, SAMPLE_KEY, ["/", "/index.php", "/blog/"]),
        (index, SAMPLE_KEY, ["/blog/", "/%62log/", "/"]),
        (index, SAMPLE_KEY, ["/blog/?x", "/blog/", "/"]),
        (index, SAMPLE_KEY, ["/blog/", "//blog/", "/blog/./"]),
        ("pathinfo;", RAW_KEY, ["/index.php/a", "/index.php/b", "/"]),
        ("", SAMPLE_KEY, ["/a", "/b", "/%61"]),
        // Not by the path: the administrator's own choice.
        (with_query, r#""key" => "one for all""#, ["/a", "/b", "/c"]),
    ] {
        let log = log_of(before, key, &targets);
        assert!(!log.contains("different paths"), "{before} {key}:\n{log}");
    }
}
