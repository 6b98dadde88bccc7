//! How long responses may be served after their lifetime.

use memcached_core::policy::{Life, Policy, Rule, Servable, Windows};
use memcached_core::protocol::Ttl;
use memcached_core::stored::{Head, HeadWriter, PAGE_FLAGS};
use proptest::prelude::*;

use super::{NOW, exchange, ignoring, whole};

const fn windows(while_revalidate: u32, if_error: u32) -> Windows {
    Windows {
        while_revalidate,
        if_error,
        kept: 0,
    }
}

/// What is only asked about.
const fn kept(secs: u32) -> Windows {
    Windows {
        kept: secs,
        ..Windows::NONE
    }
}

/// With `"stale_while_revalidate" => 60, "stale_if_error" => 600`.
fn stale() -> Policy {
    Policy {
        stale: Some(windows(60, 600)),
        ..whole(&[])
    }
}

fn targeted() -> Policy {
    Policy {
        targeted: true,
        ..stale()
    }
}

fn of(policy: &Policy, lines: &str) -> Windows {
    policy.decide(&exchange(lines), NOW).unwrap().windows
}

/// What may not be served stale is worth keeping only where the backend can be asked whether it is
/// still right.
#[test]
fn what_can_be_asked_about_is_kept_for_longer() {
    for (lines, expected) in [
        ("ETag: \"x\"\nCache-Control: must-revalidate", kept(600)),
        (
            "Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT\nCache-Control: s-maxage=5",
            kept(600),
        ),
        ("ETag: \"x\"", windows(60, 600)),
    ] {
        assert_eq!(of(&stale(), lines), expected, "{lines}");
    }
}

#[test]
fn options_and_what_the_response_says() {
    for (lines, expected) in [
        ("", windows(60, 600)),
        ("Cache-Control: max-age=30", windows(60, 600)),
        (
            "Cache-Control: max-age=30, stale-while-revalidate=5",
            windows(5, 600),
        ),
        ("Cache-Control: stale-if-error=5", windows(60, 5)),
        (
            "Cache-Control: stale-if-error=9, stale-while-revalidate=7",
            windows(7, 9),
        ),
        (
            "Cache-Control: stale-if-error=0, stale-while-revalidate=0",
            Windows::NONE,
        ),
        ("Cache-Control: stale-if-error=x", windows(60, 0)),
        ("Cache-Control: must-revalidate", Windows::NONE),
        ("Cache-Control: proxy-revalidate", Windows::NONE),
        (
            "Cache-Control: must-revalidate, stale-if-error=5",
            Windows::NONE,
        ),
        ("Cache-Control: s-maxage=30", Windows::NONE),
        (
            "Cache-Control: s-maxage=30, stale-if-error=5",
            windows(0, 5),
        ),
        (
            "Cache-Control: s-maxage=30, stale-while-revalidate=5",
            windows(5, 0),
        ),
    ] {
        assert_eq!(of(&stale(), lines), expected, "{lines}");
        // An action that keeps nothing beyond its lifetime.
        assert_eq!(of(&whole(&[]), lines), Windows::NONE, "{lines}");
    }
    let none_by_option = Policy {
        stale: Some(Windows::NONE),
        ..stale()
    };
    assert_eq!(of(&none_by_option, ""), Windows::NONE);
    let named = "Cache-Control: stale-if-error=5";
    assert_eq!(of(&none_by_option, named), windows(0, 5));
}

#[test]
fn the_field_that_decides_says_it() {
    for (lines, expected) in [
        (
            "CDN-Cache-Control: max-age=9\nCache-Control: must-revalidate",
            windows(60, 600),
        ),
        (
            "CDN-Cache-Control: max-age=9, must-revalidate",
            Windows::NONE,
        ),
        (
            "CDN-Cache-Control: max-age=9, proxy-revalidate=1",
            Windows::NONE,
        ),
        ("CDN-Cache-Control: s-maxage=9", Windows::NONE),
        (
            "CDN-Cache-Control: s-maxage=9, stale-if-error=5",
            windows(0, 5),
        ),
        (
            "CDN-Cache-Control: max-age=9, stale-while-revalidate=5",
            windows(5, 600),
        ),
        (
            "CDN-Cache-Control: max-age=9, stale-while-revalidate=\"5\"",
            windows(0, 600),
        ),
        (
            "CDN-Cache-Control: max-age=9, stale-if-error",
            windows(60, 0),
        ),
        (
            "Surrogate-Control: max-age=9\nCache-Control: no-cache",
            windows(60, 600),
        ),
        (
            "Surrogate-Control: max-age=9+5\nCache-Control: stale-if-error=8",
            windows(5, 5),
        ),
        (
            "X-Accel-Expires: 9\nCache-Control: must-revalidate",
            windows(60, 600),
        ),
    ] {
        assert_eq!(of(&targeted(), lines), expected, "{lines}");
    }
    // A rule that is left out neither forbids nor allows.
    for lines in [
        "Cache-Control: no-cache",
        "Cache-Control: s-maxage=9, stale-if-error=5",
    ] {
        let policy = ignoring(stale(), &[Rule::CacheControl]);
        assert_eq!(of(&policy, lines), windows(60, 600), "{lines}");
    }
}

#[test]
fn the_item_lives_on_for_the_longer_window() {
    for (windows, longest) in [
        (Windows::NONE, 0),
        (windows(5, 9), 9),
        (windows(9, 5), 9),
        (windows(0, 9), 9),
    ] {
        assert_eq!(windows.longest(), longest);
        let life = |ttl| Life { ttl, windows };
        assert_eq!(life(Ttl::Secs(30)).of_item(), Ttl::Secs(30 + longest));
        assert_eq!(life(Ttl::Secs(u32::MAX)).of_item(), Ttl::Secs(u32::MAX));
        assert_eq!(life(Ttl::Forever).of_item(), Ttl::Forever);
        assert_eq!(life(Ttl::Secs(30)).fresh_until(NOW), Some(NOW + 30));
        assert_eq!(life(Ttl::Forever).fresh_until(NOW), None);
    }
    let stored = stale().decide(&exchange(""), NOW).unwrap();
    let life = stored.life(NOW).unwrap();
    assert_eq!(
        (life.ttl, life.of_item()),
        (Ttl::Secs(600), Ttl::Secs(1200))
    );
    let stored = stale()
        .decide(&exchange("Cache-Control: max-age=9"), NOW)
        .unwrap();
    assert_eq!(
        stored.life(NOW + 8).map(Life::of_item),
        Some(Ttl::Secs(601))
    );
    assert_eq!(stored.life(NOW + 9), None);
}

/// The value of a response that is stored now, and fresh for `ttl` seconds.
fn item(policy: &Policy, lines: &str, ttl: u64) -> Vec<u8> {
    let exchange = exchange(lines);
    let response = policy.decide(&exchange, NOW).unwrap();
    let mut head = HeadWriter::default();
    for line in lines.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        head.push(name.as_bytes(), value.as_bytes());
    }
    let mut item = policy.new_item(&head, &exchange, &response, NOW).unwrap();
    item.set_fresh_until(NOW + ttl);
    item.finish()
}

#[test]
fn the_line_is_written_where_items_may_outlive_their_freshness() {
    let has_line = |policy: &Policy, lines: &str| {
        let text = String::from_utf8(item(policy, lines, 9)).unwrap();
        text.contains("\r\nX-Memcached-Fresh-Until: 1795521609 ")
    };
    assert!(has_line(&stale(), ""));
    assert!(has_line(&stale(), "Cache-Control: must-revalidate"));
    assert!(!has_line(&whole(&[]), ""));
    let mut forever = stale();
    forever.lifetimes.default = Ttl::Forever;
    assert!(!has_line(&forever, ""));
    assert!(has_line(&forever, "Cache-Control: max-age=9"));
    let bodies = Policy {
        headers: false,
        ..stale()
    };
    assert_eq!(item(&bodies, "", 9), b"");
}

/// What is allowed of an item by clock and by the time that it has left, so many
/// seconds after it was stored.
fn served(policy: &Policy, value: &[u8], secs: u64, item_life: u64) -> Servable {
    let pieces = [value];
    let head = Head::parse(pieces.iter(), PAGE_FLAGS).unwrap();
    let life = policy.page_life(&head, NOW + secs);
    let by_clock = life.by_clock(NOW + secs);
    if secs < item_life {
        assert_eq!(life.by_time_left(item_life - secs), by_clock, "{secs}");
    }
    by_clock
}

#[test]
fn a_stored_page_through_its_life() {
    use Servable::{Fresh, Gone, IfError, WhileRevalidate};
    for (lines, steps) in [
        (
            "",
            &[
                (0, Fresh),
                (29, Fresh),
                (30, WhileRevalidate),
                (89, WhileRevalidate),
                (90, IfError),
                (629, IfError),
                (630, Gone),
            ][..],
        ),
        (
            "Cache-Control: stale-while-revalidate=700",
            &[
                (29, Fresh),
                (30, WhileRevalidate),
                (729, WhileRevalidate),
                (730, Gone),
            ],
        ),
        (
            "Cache-Control: s-maxage=30, stale-if-error=5",
            &[(29, Fresh), (30, IfError), (34, IfError), (35, Gone)],
        ),
        ("Cache-Control: must-revalidate", &[(29, Fresh), (30, Gone)]),
    ] {
        let policy = stale();
        let item_life = 30 + u64::from(of(&policy, lines).longest());
        let value = item(&policy, lines, 30);
        for &(secs, expected) in steps {
            assert_eq!(
                served(&policy, &value, secs, item_life),
                expected,
                "{lines} {secs}"
            );
        }
        // A lookup without freshness options serves what is fresh.
        let plain = served(&whole(&[]), &value, 29, item_life);
        assert_eq!(plain, Fresh);
        assert_eq!(served(&whole(&[]), &value, 30, item_life), Gone);
    }
}

/// Surrogate-Control and X-Accel-Expires end at this cache, and what is left in the
/// item is meant for others.
#[test]
fn what_is_stored_for_others_forbids_nothing() {
    for lines in [
        "Surrogate-Control: max-age=30\nCache-Control: no-cache, must-revalidate",
        "X-Accel-Expires: 30\nCache-Control: s-maxage=0",
    ] {
        let value = item(&targeted(), lines, 30);
        assert_eq!(
            served(&targeted(), &value, 40, 630),
            Servable::WhileRevalidate
        );
        // It was stored by another action.
        assert_eq!(served(&stale(), &value, 40, 630), Servable::Gone);
    }
    let forbidden = "CDN-Cache-Control: max-age=30, must-revalidate";
    let value = item(&targeted(), forbidden, 30);
    assert_eq!(served(&targeted(), &value, 40, 30), Servable::Gone);
}

#[test]
fn items_without_the_line_are_fresh_for_their_life() {
    let pieces = [&b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\n\r\n"[..]];
    for flags in [0, PAGE_FLAGS] {
        let head = Head::parse(pieces.iter(), flags).unwrap();
        let life = stale().page_life(&head, NOW);
        assert_eq!((life.line, life.windows), (None, Windows::NONE));
        assert_eq!(life.by_clock(u64::MAX), Servable::Fresh);
        assert_eq!(life.by_time_left(0), Servable::Fresh);
    }
    let head = item(&stale(), "Cache-Control: max-age=90", 30);
    let pieces = [head];
    let head = Head::parse(pieces.iter(), PAGE_FLAGS).unwrap();
    assert_eq!(stale().fresh_secs(&head, NOW + 10), Some(20));
    assert_eq!(stale().fresh_secs(&head, NOW + 99), Some(0));
    let foreign = Head::parse(pieces.iter(), 0).unwrap();
    assert_eq!(stale().fresh_secs(&foreign, NOW + 10), Some(80));
}

proptest! {
    /// Whatever the options of whoever looks it up, a page is never served when its
    /// item should be gone, nor for longer than the longest window that anybody
    /// named.
    #[test]
    fn windows_never_outlast_the_item(
        stored in (0u32..100, 0u32..100),
        read in (0u32..100, 0u32..100),
        directives in proptest::collection::vec(prop_oneof![
            Just("must-revalidate".to_owned()), Just("proxy-revalidate".to_owned()),
            (1u32..200).prop_map(|secs| format!("s-maxage={secs}")),
            (0u32..100).prop_map(|secs| format!("stale-if-error={secs}")),
            (0u32..100).prop_map(|secs| format!("stale-while-revalidate={secs}")),
        ], 0..4),
        secs in 0u64..300,
    ) {
        let lines = format!("Cache-Control: public, {}", directives.join(", "));
        let with = |(one, other)| Policy { stale: Some(windows(one, other)), ..whole(&[]) };
        let value = item(&with(stored), &lines, 100);
        let extra = u64::from(of(&with(stored), &lines).longest());
        prop_assert!(extra < 100);
        let found = served(&with(read), &value, secs, 100 + extra);
        prop_assert_eq!(found == Servable::Fresh, secs < 100);
        prop_assert!(secs < 100 + extra || found == Servable::Gone);
        let must = directives.iter().any(|directive| directive.ends_with("revalidate"));
        prop_assert!(!must || matches!(found, Servable::Fresh | Servable::Gone));
        if stored == read {
            prop_assert_eq!(found == Servable::Gone, secs >= 100 + extra);
        }
    }
}
