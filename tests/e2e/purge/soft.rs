//! Items that are marked as out of date.

use testkit::{Faulty, Peer};

use super::{Pages, builder, cached, deleting, is, outcome, shown};

const ITEM: &str = "http://example.test/page#accept-encoding=identity";

/// What memcached says of the item: `Some` if it is marked. To look takes the right to
/// make it anew.
fn marks(pages: &Pages) -> String {
    pages.cache.command(&format!("mg {ITEM} t"))
}

#[test]
fn a_page_is_marked_and_lives_on_for_a_time() {
    let pages = Pages::start(&(deleting(r#""soft" => 7"#) + &cached("")));
    pages.fill("/page");
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    let marks = marks(&pages);
    let secs = ["HD t7 X W", "HD t6 X W"];
    assert!(secs.contains(&&*marks), "{marks}");
    assert_eq!(pages.purge("/nothing"), is(404, "not found"));
    pages.site.stop();
}

#[test]
fn no_page_lives_longer_by_it() {
    let pages = Pages::start(&(deleting(r#""soft" => 1000"#) + &cached("")));
    pages.cache.set(ITEM, 0, b"for ever");
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    let left = marks(&pages);
    assert!(
        left.starts_with("HD t1000 ") || left.starts_with("HD t999 "),
        "{left}"
    );
    pages.cache.delete(ITEM);
    pages.fill("/page");
    let before = pages.cache.ttl(ITEM).expect("a page");
    assert!(before < 1000, "{before}");
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    let after = pages.cache.command(&format!("mg {ITEM} t"));
    let secs: i64 = after
        .strip_prefix("HD t")
        .and_then(|rest| rest.strip_suffix(" X W"))
        .and_then(|secs| secs.parse().ok())
        .unwrap_or_else(|| panic!("{after}"));
    assert!(secs <= before, "{after}, {before} before");
    pages.site.stop();
}

/// What has no bytes is no page, but stands for somebody who makes one.
#[test]
fn what_is_no_page_is_deleted() {
    let pages = Pages::start(&(deleting(r#""soft" => 7"#) + &cached("")));
    pages.cache.set(ITEM, 0, b"");
    assert_eq!(pages.purge("/page"), is(204, "purged"));
    assert_eq!(pages.cache.get(ITEM), None);
    pages.site.stop();
}

/// Each request that changes something marks the page.
#[test]
fn invalidation_can_be_soft() {
    let pages = Pages::start(&cached(r#""invalidate" => 7"#));
    pages.fill("/page");
    assert_eq!(pages.send("POST", "/page").status, 200);
    let marks = marks(&pages);
    assert!(marks.ends_with(" X W"), "{marks}");
    pages.site.stop();
}

/// A server that does not know the commands deletes.
#[test]
fn servers_without_meta_commands() {
    for is_closing in [false, true] {
        let cache = Faulty::start();
        cache.set(ITEM, b"old");
        cache.behave(move |peer: &mut Peer| {
            while let Some(request) = peer.request() {
                match &*request.verb {
                    "mn" if is_closing => return,
                    "mn" => peer.send(b"ERROR\r\n"),
                    _ => peer.answer(&request),
                }
            }
        });
        let config = shown(&deleting(r#""soft" => 7"#));
        let site = builder().start(&config, &[("CACHE", &cache)]);
        let answer = site.request("PURGE", "/page", &[]);
        assert_eq!(outcome(&answer), is(204, "purged"), "{is_closing}");
        assert_eq!(cache.item(ITEM), None);
        site.stop();
    }
}
