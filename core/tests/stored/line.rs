//! The private line.

use memcached_core::stored::{Extra, FreshUntil, Head, HeadSpec, NewItem, PAGE_FLAGS};

use super::{NOW, sent, writer};

fn with_line(extra: u32) -> NewItem {
    let spec = HeadSpec {
        extra: Some(Extra {
            secs: extra,
            is_served: true,
        }),
        add_etag: true,
        ..HeadSpec::new(200, NOW)
    };
    let fields = [("X-Memcached-Fresh-Until", "1 2"), ("X-A", "b")];
    writer(&fields).encode(&spec, |_| false).unwrap()
}

#[test]
fn is_written_with_the_end_of_the_lifetime() {
    let mut item = with_line(3600);
    item.push_body(b"abc");
    item.set_fresh_until(NOW + 60);
    let text = String::from_utf8(item.finish()).unwrap();
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\nX-A: b\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
         X-Memcached-Fresh-Until: 1795521660 3600\r\n\
         ETag: \"a9993e364706816aba3e25717850c26c9cd0d89d\"\r\n\r\nabc"
    );
}

#[test]
fn is_read_from_our_own_items_and_never_sent() {
    let mut item = with_line(7);
    item.set_fresh_until(NOW + 60);
    let pieces = [item.finish()];
    for flags in [0, 1, PAGE_FLAGS, PAGE_FLAGS + 1, PAGE_FLAGS + 2, u32::MAX] {
        let head = Head::parse(pieces.iter(), flags).unwrap();
        let expected = (flags == PAGE_FLAGS).then_some(FreshUntil {
            unix_secs: NOW + 60,
            extra: 7,
            is_served: true,
        });
        assert_eq!(head.fresh_until(), expected, "{flags}");
        let names: Vec<_> = sent(&head).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["X-A", "ETag"]);
    }
}

#[test]
fn one_whose_time_was_never_set_says_that_it_is_stale() {
    let pieces = [with_line(7).finish()];
    let head = Head::parse(pieces.iter(), PAGE_FLAGS).unwrap();
    assert_eq!(head.fresh_until().map(|line| line.unix_secs), Some(0));
}

#[test]
fn what_is_not_of_the_form_counts_as_missing() {
    let line = "X-Memcached-Fresh-Until: 1795521660 3600\r\n";
    for (lines, is_there) in [
        (line, true),
        ("x-memcached-fresh-UNTIL:\t01795521660 003600 \r\n", true),
        (&line.repeat(2), false),
        ("X-Memcached-Fresh-Until: soon\r\n", false),
        ("X-Memcached-Fresh-Until: 1795521660\r\n", false),
        ("X-Memcached-Fresh-Until: 1795521660, 3600\r\n", false),
        ("", false),
    ] {
        let pieces = [format!("HTTP/1.1 200 OK\r\n{lines}\r\n")];
        let head = Head::parse(pieces.iter(), PAGE_FLAGS).unwrap();
        assert_eq!(head.fresh_until().is_some(), is_there, "{lines:?}");
    }
}
