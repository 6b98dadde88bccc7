//! What is stored where nothing is said, and for how long.

use super::{Pages, store};

/// Lifetimes count alone.
const PLAIN: &str = r#""ttl_jitter" => 0, "stale_while_revalidate" => 0, "stale_if_error" => 0"#;

/// Heads, and the seconds that their items live; none if they are not stored.
const HEADS: &[(&str, Option<i64>)] = &[
    ("200 OK", Some(30)),
    ("203 Changed", Some(30)),
    ("301 Moved|Location: /new", Some(30)),
    ("308 Moved|Location: /new", Some(30)),
    ("404 Not Found", Some(10)),
    ("410 Gone", Some(10)),
    ("302 Found|Location: /new", None),
    ("303 See Other|Location: /new", None),
    ("307 Found|Location: /new", None),
    ("400 Bad Request", None),
    ("401 Unauthorized", None),
    ("403 Forbidden", None),
    ("500 Error", None),
    ("503 Unavailable", None),
    // A lifetime of its own counts, up to a day.
    ("200 OK|Cache-Control: max-age=3600", Some(3600)),
    ("200 OK|Cache-Control: max-age=60, s-maxage=600", Some(600)),
    ("200 OK|Cache-Control: max-age=99999999", Some(86_400)),
    ("404 Not Found|Cache-Control: max-age=3600", Some(3600)),
    // Headers for this cache go before those for browsers.
    (
        "200 OK|CDN-Cache-Control: max-age=77|Cache-Control: no-store",
        Some(77),
    ),
    (
        "200 OK|X-Accel-Expires: 78|Cache-Control: max-age=5",
        Some(78),
    ),
    (
        "200 OK|Surrogate-Control: no-store|Cache-Control: max-age=5",
        None,
    ),
    ("200 OK|Vary: Accept-Encoding, Cookie", Some(30)),
    ("200 OK|Vary: Accept-Language", None),
    ("200 OK|Cache-Control: private", None),
    ("200 OK|Cache-Control: no-cache", None),
    ("200 OK|Cache-Control: max-age=0", None),
    ("200 OK|Set-Cookie: a=b", None),
];

#[test]
fn defaults() {
    let pages = Pages::start(PLAIN);
    for (at, (head, seconds)) in HEADS.iter().enumerate() {
        let path = format!("/{at}");
        let page = pages.get(&path, head);
        if let Some(seconds) = *seconds {
            pages.await_item(&path);
            let ttl = pages.ttl(&path).expect("an item");
            // Some of it may have passed.
            let passed = seconds - ttl;
            assert!((0..10).contains(&passed), "{head}: {ttl}");
        } else {
            assert!(store(&page).starts_with("no: "), "{head}: {page:?}");
            assert!(!pages.has_page(&path), "{head}");
        }
    }
    pages.site.stop();
}

/// What is given takes the place of a default, the rest stays.
#[test]
fn what_is_given_counts() {
    let options = r#""ttl" => ["200" => 200, "301" => 301], "status" => [301, 302], "max_ttl" => 1000,
        "targeted" => false"#;
    let pages = Pages::start(&format!("{PLAIN}, {options}"));
    for (at, (head, seconds)) in [
        ("200 OK", Some(200)),
        ("301 Moved|Location: /new", Some(301)),
        ("302 Found|Location: /new", Some(30)),
        ("404 Not Found", None),
        ("200 OK|Cache-Control: max-age=9999", Some(1000)),
        ("200 OK|CDN-Cache-Control: max-age=77", Some(200)),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/{at}");
        pages.get(&path, head);
        match seconds {
            Some(seconds) => {
                pages.await_item(&path);
                let ttl = pages.ttl(&path).expect("an item");
                assert!((0..10).contains(&(seconds - ttl)), "{head}: {ttl}");
            }
            None => assert!(!pages.has_page(&path), "{head}"),
        }
    }
    pages.site.stop();
}
