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
