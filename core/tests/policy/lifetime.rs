//! How long an item lives, and how old a response is.

use memcached_core::policy::{Lifetimes, NotStored, Policy, Provenance, Rule};
use memcached_core::protocol::Ttl;

use super::{
    IN_A_MINUTE, NOW, NOW_TEXT, decide, decided, exchange, exchange_of, forced, ignoring, policy,
};

#[test]
fn ages() {
    for (lines, age) in [
        ("", 0),
        ("Age: 20", 20),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT", 30),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT\nAge: 20", 30),
        ("Date: Tue, 24 Nov 2026 11:59:30 GMT\nAge: 40", 40),
        ("Date: Tue, 24 Nov 2026 12:59:30 GMT", 0),
        ("Date: Tue, 24 Nov 1970 11:59:30 GMT", 1_767_225_630),
        ("Age: 20, 30\nAge: 40", 20),
        ("Age: -20, 30", 30),
        ("Age: soon", 1 << 31),
        ("Age: 2147483649", 1 << 31),
        ("Age: 99999999999999999999", 1 << 31),
    ] {
        assert_eq!(exchange(lines).age(NOW), age, "{lines}");
    }
}

#[test]
fn stored_for_as_long_as_allowed() {
    let expires = format!("Expires: {IN_A_MINUTE}");
    let date = format!("Date: {NOW_TEXT}");
    for (lines, secs) in [
        ("", 600),
        ("Cache-Control: public", 600),
        ("Cache-Control: max-age=60", 60),
        ("Cache-Control: max-age=6000", 600),
        ("Cache-Control: max-age=60, s-maxage=90", 90),
        ("Cache-Control: max-age=90, s-maxage=60", 60),
        ("Cache-Control: max-age=60\nAge: 20", 40),
        ("Cache-Control: max-age=60\nAge: +20", 40),
        ("Cache-Control: max-age=60\nAge: 20, 50", 40),
        ("Cache-Control: max-age=60\nAge: 20\nAge: 50", 40),
        ("Cache-Control: max-age=60\nAge: 20\nAge: 10", 40),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 11:59:50 GMT",
            50,
        ),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 11:59:50 GMT\nAge: 9",
            50,
        ),
        (
            "Cache-Control: max-age=60\nDate: Tue, 24 Nov 2026 12:30:00 GMT",
            60,
        ),
        ("Cache-Control: max-age=60\nDate: today", 60),
        ("Expires: Tuesday, 24-Nov-26 12:01:00 GMT", 60),
        ("Expires: Tue Nov 24 12:01:00 2026", 60),
        (
            &format!("Date: Tue, 24 Nov 2026 11:59:50 GMT\n{expires}"),
            60,
        ),
        (
            &format!("Date: Tue, 24 Nov 2026 12:00:10 GMT\n{expires}"),
            50,
        ),
        (&expires, 60),
        (
            &format!("{expires}\nExpires: Tue, 24 Nov 2026 12:02:00 GMT"),
            60,
        ),
        (&format!("{date}\n{expires}"), 60),
        (
            &format!("{expires}\nExpires: {NOW_TEXT}\nCache-Control: max-age=7"),
            7,
        ),
        ("Vary: Accept-Encoding", 600),
        ("Vary: , accept-encoding,\nVary: ", 600),
        (">Authorization: x\nCache-Control: public", 600),
        (">Authorization: x\nCache-Control: s-maxage=5", 5),
        (">Authorization: x\nCache-Control: must-revalidate", 600),
        (">Cookie: a=b", 600),
        ("Cache-Control: max-age=0, s-maxage=60", 60),
        ("Cache-Control: s-maxage=60\nCache-Control: max-age=0", 60),
        ("Pragma: no-cache\nCache-Control: max-age=60", 60),
        ("Pragma: no-cache\nCache-Control: x", 600),
        ("Pragma: cache", 600),
        (
            &format!("Cache-Control: max-age=60\nExpires: {NOW_TEXT}"),
            60,
        ),
    ] {
        assert_eq!(decide(&policy(), lines), Ok(Ttl::Secs(secs)), "{lines}");
    }
}

#[test]
fn a_slow_body_does_not_outlive_its_freshness() {
    let left = |lines: &str, later: u64| {
        let storable = policy().decide(&exchange(lines), NOW).unwrap();
        storable.lifetime.ttl(NOW + later)
    };
    let max_age = "Cache-Control: max-age=60\nAge: 20";
    assert_eq!(left(max_age, 0), Some(Ttl::Secs(40)));
    assert_eq!(left(max_age, 39), Some(Ttl::Secs(1)));
    assert_eq!(left(max_age, 40), None);
    assert_eq!(
        left(&format!("Expires: {IN_A_MINUTE}"), 50),
        Some(Ttl::Secs(10))
    );
    assert_eq!(left("Cache-Control: public", 1000), Some(Ttl::Secs(600)));
    let storable = forced(policy()).decide(&exchange(max_age), NOW).unwrap();
    assert_eq!(storable.lifetime.ttl(NOW + 1000), Some(Ttl::Secs(600)));
}

#[test]
fn the_longest_time_is_max_ttl_or_ttl() {
    let long = "Cache-Control: s-maxage=4000";
    for (ttl, max_ttl, lines, expected) in [
        (Ttl::Secs(30), None, "", Ttl::Secs(30)),
        (Ttl::Secs(30), None, long, Ttl::Secs(30)),
        (Ttl::Forever, None, long, Ttl::Secs(4000)),
        (Ttl::Secs(30), Some(Ttl::Secs(3600)), "", Ttl::Secs(30)),
        (Ttl::Secs(30), Some(Ttl::Secs(3600)), long, Ttl::Secs(3600)),
        (Ttl::Secs(30), Some(Ttl::Forever), long, Ttl::Secs(4000)),
        (Ttl::Secs(30), Some(Ttl::Secs(5)), "", Ttl::Secs(5)),
    ] {
        let policy = Policy {
            lifetimes: Lifetimes::of_all(ttl),
            max_ttl,
            ..Policy::default()
        };
        assert_eq!(
            decide(&policy, lines),
            Ok(expected),
            "{ttl:?} {max_ttl:?} {lines}"
        );
    }
    // Forced, a lifetime does not count, whatever it is.
    let policy = Policy {
        max_ttl: Some(Ttl::Secs(3600)),
        ..forced(policy())
    };
    assert_eq!(decide(&policy, long), Ok(Ttl::Secs(600)));
}

#[test]
fn by_status() {
    let mut policy = policy();
    policy.statuses.push(404);
    assert!(policy.lifetimes.add(404, Ttl::Secs(10)));
    let decide = |status| decided(&policy, &exchange_of(b"GET", status, ""));
    assert_eq!(
        (decide(200), decide(404)),
        (Ok(Ttl::Secs(600)), Ok(Ttl::Secs(10)))
    );
}

#[test]
fn a_lifetime_can_be_required() {
    let required = |policy| Policy {
        require_lifetime: true,
        ..policy
    };
    for (lines, expected) in [
        ("", Err(NotStored::NoLifetime)),
        (
            "Cache-Control: public, must-revalidate",
            Err(NotStored::NoLifetime),
        ),
        ("Cache-Control: max-age=60", Ok(Ttl::Secs(60))),
        (
            "Cache-Control: max-age=60\nAge: 60",
            Err(NotStored::Expired),
        ),
        (&format!("Expires: {IN_A_MINUTE}"), Ok(Ttl::Secs(60))),
    ] {
        assert_eq!(decide(&required(policy()), lines), expected, "{lines}");
    }
    // What does not count gives no lifetime.
    let deaf = required(ignoring(policy(), &[Rule::CacheControl]));
    assert_eq!(
        decide(&deaf, "Cache-Control: max-age=60"),
        Err(NotStored::NoLifetime)
    );
    let forced = required(forced(policy()));
    assert_eq!(
        decide(&forced, "Cache-Control: max-age=60"),
        Err(NotStored::NoLifetime)
    );
}

/// Of what was made from another item the time that it has had is taken off, though
/// nothing of the response says it.
#[test]
fn what_is_made_from_another_item() {
    for (age_secs, lines, expected) in [
        (0, "", Ok(600)),
        (107, "", Ok(493)),
        (107, "Age: 107", Ok(493)),
        (599, "", Ok(1)),
        (600, "", Err(NotStored::TooOld)),
        (107, "Cache-Control: max-age=900", Ok(493)),
        (107, "Cache-Control: max-age=200", Ok(93)),
        (107, "Cache-Control: max-age=107", Err(NotStored::Expired)),
        (0, "Age: 700", Ok(600)),
    ] {
        let mut exchange = exchange(lines);
        exchange.provenance = Provenance::OtherItem {
            made_at: Some(NOW - age_secs),
        };
        let expected = expected.map(Ttl::Secs);
        assert_eq!(
            decided(&policy(), &exchange),
            expected,
            "{age_secs} {lines}"
        );
        assert!(u64::from(exchange.age(NOW)) >= age_secs);
    }
}

/// A page that goes from item to item, whichever its own lifetime is, is gone when
/// the longest ttl of all of them is over.
#[test]
fn the_sum_of_all_lives() {
    let ttls = [600, 60, 300].map(|secs| Policy {
        lifetimes: Lifetimes::of_all(Ttl::Secs(secs)),
        ..policy()
    });
    let mut last_end = 0;
    for (turn, now) in (NOW..NOW + 2000).step_by(7).enumerate() {
        let mut exchange = exchange("");
        exchange.provenance = Provenance::OtherItem { made_at: Some(NOW) };
        let decision = ttls[turn % ttls.len()].decide(&exchange, now);
        if let Some(Ttl::Secs(secs)) = decision.ok().and_then(|it| it.lifetime.ttl(now)) {
            last_end = last_end.max(now + u64::from(secs));
        }
    }
    assert_eq!(last_end, NOW + 600);
}
