//! The recipes of `docs/recipes` for well-known applications, with a backend that tells
//! what it was asked. By hand they are tried with the applications themselves.

use std::fs;

use testkit::project_root;

use super::super::echo::Kind;
use super::super::{Echoing, ask, status};
use super::{expect_pages, expect_personal};

/// A site by the recipe of this name, which has a page of that name.
fn start(kind: Kind, name: &str, folder: &str) -> Echoing {
    let path = project_root().join(format!("docs/recipes/{name}.md"));
    let page = fs::read_to_string(path).expect("our own page");
    let (_, rest) = page
        .split_once(&format!("```lighttpd {name}\n"))
        .expect("the recipe");
    let (config, _) = rest.split_once("```").expect("its end");
    let config = config
        .replace("wiki = \"127.0.0.1:9000\";\n", "")
        .replace("fastcgi wiki;", "$BACKEND")
        .replace("fastcgi \"127.0.0.1:9000\";", "$BACKEND")
        .replace("proxy \"127.0.0.1:8000\";", "$BACKEND")
        .replace(
            "memcached.cache ([",
            "memcached.cache ([\"server\" => \"$CACHE\", ",
        )
        .replace("delete []", "delete [\"server\" => \"$CACHE\"]")
        .replace(
            "delete [\"namespace\"",
            "delete [\"server\" => \"$CACHE\", \"namespace\"",
        )
        .replace(folder, "$DIR/www");
    let echoing = Echoing::configured(kind, &config);
    let www = echoing.site.dir().join("www");
    fs::create_dir_all(www.join("static")).expect("a folder");
    for script in ["index.php", "doku.php", "wp-login.php"] {
        fs::write(www.join(script), "<?php").expect("a script");
    }
    for style in ["style.css", "static/style.css"] {
        fs::write(www.join(style), "p {}").expect("a file");
    }
    echoing
}

/// A file that is served without the backend.
fn expect_file(echoing: &Echoing, path: &str) {
    let before = echoing.echo.requests();
    assert_eq!(echoing.send(&ask(path)).text(), "p {}");
    assert_eq!(echoing.echo.requests(), before);
}

#[test]
fn wordpress() {
    let echoing = start(Kind::FastCgi, "wordpress", "/usr/share/wordpress");
    let pages = [
        "/",
        "/2026/11/28/hello-world/",
        "/?s=hello",
        "/wp-login.php",
    ];
    expect_pages(&echoing, &pages.map(ask));
    for cookie in ["wordpress_logged_in_0123=bob", "comment_author_0123=ann"] {
        let known = ask("/").header("Cookie", cookie);
        let page = echoing.own(&known);
        assert!(status(&page).starts_with("bypass: cookie"), "{page:?}");
    }
    echoing.hit(&ask("/"));
    expect_file(&echoing, "/style.css");
    // All are given up at once.
    assert_eq!(echoing.site.request("BUMP", "/", &[]).status, 204);
    let before = echoing.echo.requests();
    echoing.own(&ask("/"));
    assert_eq!(echoing.echo.requests(), before + 1);
    echoing.site.stop();
}

#[test]
fn dokuwiki() {
    let echoing = start(Kind::FastCgi, "dokuwiki", "/usr/share/dokuwiki");
    let pages = [
        "/doku.php/start",
        "/doku.php/wiki:syntax",
        "/lib/exe/css.php?t=a",
    ];
    expect_pages(&echoing, &pages.map(ask));
    expect_file(&echoing, "/style.css");
    let before = echoing.echo.requests();
    for _ in 0..2 {
        echoing.own(&ask("/doku.php/start?do=edit"));
    }
    assert_eq!(echoing.echo.requests(), before + 2);
    let known = ask("/doku.php/start").header("Cookie", "DW0123=bob");
    assert!(status(&echoing.own(&known)).starts_with("bypass: cookie"));
    echoing.hit(&ask("/doku.php/start"));
    for path in ["/data/pages/start.txt", "/conf/local.php"] {
        assert_eq!(echoing.send(&ask(path)).status, 403, "{path}");
    }
    echoing.site.stop();
}

#[test]
fn django() {
    let echoing = start(Kind::Proxy, "django", "/srv/site");
    expect_pages(&echoing, &["/", "/news/?page=2", "/moved"].map(ask));
    expect_personal(&echoing, "consent=1; sessionid=bob");
    expect_file(&echoing, "/static/style.css");
    let none = echoing.send(&ask("/static/none.css"));
    assert_eq!(none.status, 404);
    let host = [("Host", "victim.test")];
    let purged = echoing.site.request("PURGE", "/news/?page=2", &host);
    assert_eq!(purged.status, 204);
    let before = echoing.echo.requests();
    echoing.own(&ask("/news/?page=2"));
    assert_eq!(echoing.echo.requests(), before + 1);
    echoing.site.stop();
}
