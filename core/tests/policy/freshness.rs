//! How long stored responses are still fresh.

use memcached_core::policy::{Ignore, Policy, Rule};
use memcached_core::stored::Head;

use super::{IN_A_MINUTE, NOW, NOW_TEXT, forced, whole};

fn fresh(policy: &Policy, lines: &str, now: u64) -> Option<u32> {
    let text = format!("HTTP/1.1 200 OK\r\n{}\r\n\r\n", lines.replace('|', "\r\n"));
    let pieces = [text.into_bytes()];
    let head = Head::parse(pieces.iter(), 0).expect("a head");
    policy.fresh_secs(&head, now)
}

#[test]
fn what_the_response_says_less_its_age() {
    let policy = whole(&[]);
    for (lines, expected) in [
        ("X: y", None),
        ("Cache-Control: max-age=60", Some(60)),
        ("Cache-Control: max-age=60, s-maxage=90", Some(90)),
        ("Cache-Control: max-age=60|Age: 20", Some(40)),
        ("Cache-Control: max-age=60|Age: 70", Some(0)),
        ("Expires: 0", Some(0)),
    ] {
        assert_eq!(fresh(&policy, lines, NOW), expected, "{lines}");
    }
    let stored = format!("Date: {NOW_TEXT}|Age: 20|Cache-Control: max-age=60");
    assert_eq!(fresh(&policy, &stored, NOW), Some(40));
    assert_eq!(fresh(&policy, &stored, NOW + 30), Some(10));
    let expires = format!("Date: {NOW_TEXT}|Expires: {IN_A_MINUTE}");
    assert_eq!(fresh(&policy, &expires, NOW), Some(60));
    assert_eq!(fresh(&policy, &expires, NOW + 45), Some(15));
}

#[test]
fn rules_that_are_left_out_give_no_lifetime() {
    let lines = "Cache-Control: max-age=60";
    assert_eq!(fresh(&forced(whole(&[])), lines, NOW), None);
    let mut ignore = Ignore::default();
    assert!(ignore.add(Rule::CacheControl));
    let policy = Policy {
        ignore,
        ..whole(&[])
    };
    assert_eq!(fresh(&policy, lines, NOW), None);
}

#[test]
fn targeted_fields_go_first() {
    let policy = Policy {
        targeted: true,
        ..whole(&[])
    };
    let lines = "Cache-Control: max-age=60|CDN-Cache-Control: max-age=600";
    assert_eq!(fresh(&policy, lines, NOW), Some(600));
}
