//! Given values.

use memcached_core::stored::{
    HEAD_MAX, Head, HeadSpec, Malformed, NewItem, Times, Unstorable, pieces,
};

use super::{NOW, sent, writer};

fn entry(status: u16, fields: &[(&str, &str)], body: &str) -> String {
    let mut entry = writer(fields)
        .encode(&HeadSpec::new(status, NOW), |_| false)
        .unwrap();
    entry.push_body(body.as_bytes());
    String::from_utf8(entry.finish()).unwrap()
}

fn read(value: &str) -> Result<(u16, Vec<(String, String)>), Malformed> {
    let pieces = [value.as_bytes()];
    let head = Head::parse(pieces.iter(), 0)?;
    Ok((head.status(), sent(&head)))
}

#[test]
fn the_form_is_plain_http() {
    let fields = [("Content-Type", "text/html"), ("X-A", " 1 "), ("X-A", "2")];
    assert_eq!(
        entry(200, &fields, "body"),
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-A: 1\r\nX-A: 2\r\n\
         Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\nbody"
    );
    assert!(entry(410, &[], "").starts_with("HTTP/1.1 410 Gone\r\nDate:"));
    assert!(entry(299, &[], "").starts_with("HTTP/1.1 299 \r\nDate:"));
}

#[test]
fn what_is_not_stored() {
    for name in [
        "Keep-Alive",
        "proxy-authenticate",
        "Proxy-Authorization",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Content-Length",
        "Server",
        "SET-COOKIE",
        "Set-Cookie2",
        "x-memcached-fresh-until",
        "X-Hop",
        "x-Hip",
        "Date",
        "Age",
        "Connection",
    ] {
        let value = entry(
            200,
            &[
                ("Connection", "close, x-hop ,X-Hip"),
                (name, "1"),
                ("X-Stays", "1"),
            ],
            "",
        );
        assert_eq!(
            value, "HTTP/1.1 200 OK\r\nX-Stays: 1\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\r\n",
            "{name}"
        );
    }
}

#[test]
fn an_etag_of_the_body_where_there_is_none() {
    let etag = |fields: &[(&str, &str)], body: &str| {
        let spec = HeadSpec {
            add_etag: true,
            ..HeadSpec::new(200, NOW)
        };
        let mut entry = writer(fields).encode(&spec, |_| false).unwrap();
        for part in body.as_bytes().chunks(2) {
            entry.push_body(part);
        }
        let value = entry.finish();
        let pieces = [value];
        let head = Head::parse(pieces.iter(), 0).unwrap();
        String::from_utf8(head.value("etag").unwrap().to_vec()).unwrap()
    };
    // FIPS 180 gives the digest of "abc".
    assert_eq!(
        etag(&[], "abc"),
        "\"a9993e364706816aba3e25717850c26c9cd0d89d\""
    );
    assert_eq!(etag(&[("eTag", "W/\"x\"")], "abc"), "W/\"x\"");
    assert_eq!(
        etag(&[("Connection", "etag"), ("ETag", "\"x\"")], "").len(),
        42
    );
}

#[test]
fn what_cannot_be_stored() {
    for (name, value) in [
        ("X A", "1"),
        ("", "1"),
        ("X:", "1"),
        ("X", "a\nb"),
        ("X", "a\rb"),
        ("X", "a\0b"),
        ("X\r\n", "1"),
        ("X", "\x7f"),
        ("Zu\u{df}", "1"),
    ] {
        let result = writer(&[(name, value)]).encode(&HeadSpec::new(200, NOW), |_| false);
        assert_eq!(
            result.unwrap_err(),
            Unstorable::BadHeader,
            "{name:?} {value:?}"
        );
    }
    for status in [0, 100, 199, 206, 304, 600, 999] {
        let result = writer(&[]).encode(&HeadSpec::new(status, NOW), |_| false);
        assert_eq!(result.unwrap_err(), Unstorable::Status, "{status}");
    }
    let mut fits = 0;
    for len in HEAD_MAX - 80..HEAD_MAX {
        let long = "v".repeat(len);
        match writer(&[("X", &long)]).encode(&HeadSpec::new(200, NOW), |_| false) {
            Ok(entry) => {
                fits += 1;
                let pieces = [entry.finish()];
                assert!(pieces[0].len() <= HEAD_MAX);
                assert!(Head::parse(pieces.iter(), 0).is_ok());
            }
            Err(reason) => assert_eq!(reason, Unstorable::TooLarge),
        }
    }
    assert!(fits > 0 && fits < 80);
}

#[test]
fn a_bare_entry_is_its_body() {
    let mut entry = NewItem::default();
    entry.push_body(b"ab");
    entry.push_body(b"c");
    assert_eq!(entry.body_len(), 3);
    assert_eq!(entry.finish(), b"abc");
}

#[test]
fn foreign_values_that_are_read() {
    let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    for (value, status, headers) in [
        ("HTTP/1.1 200 OK\r\n\r\n", 200, vec![]),
        ("HTTP/1.0 404 \r\n\r\nbody", 404, vec![]),
        ("HTTP/1.1 200 OK\r\nA:1\r\n\r\n\r\n\r\n", 200, one("A", "1")),
        ("HTTP/1.1 200 OK\r\nA: \t 1 \t\r\n\r\n", 200, one("A", "1")),
        ("HTTP/1.1 200 OK\r\nA:  \r\n\r\n", 200, one("A", "")),
        (
            "HTTP/1.1 200 OK\r\nA: a:b\tc\r\n\r\n",
            200,
            one("A", "a:b\tc"),
        ),
        (
            "HTTP/1.1 200 K\u{f6}nnte\r\nA: \u{fc}\r\n\r\n",
            200,
            one("A", "\u{fc}"),
        ),
        (
            "HTTP/1.1 599 x\r\nContent-Length: 3\r\nAge: 3\r\nServer: x\r\n\r\nabc",
            599,
            vec![],
        ),
        (
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nX-Memcached-Fresh-Until: 1\r\nConnection: x\r\nX: 1\r\nY: 2\r\n\r\n",
            200,
            one("Y", "2"),
        ),
    ] {
        assert_eq!(read(value), Ok((status, headers)), "{value:?}");
    }
}

#[test]
fn values_that_are_refused() {
    for (value, why) in [
        ("", Malformed::Unfinished),
        ("just a body", Malformed::Unfinished),
        ("\r\n\r\n", Malformed::StatusLine),
        ("\nA: 1\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 200 OK\r\nA: 1\r\n", Malformed::Unfinished),
        ("HTTP/1.1 200 OK\n\nbody", Malformed::Unfinished),
        ("HTTP/1.1 200 OK\nA: 1\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 200\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 20\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 2000 OK\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 +20 OK\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1  200 OK\r\n\r\n", Malformed::StatusLine),
        ("HTTP/2 200 OK\r\n\r\n", Malformed::StatusLine),
        ("http/1.1 200 OK\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 200 O\x01K\r\n\r\n", Malformed::StatusLine),
        (" HTTP/1.1 200 OK\r\n\r\n", Malformed::StatusLine),
        ("HTTP/1.1 199 x\r\n\r\n", Malformed::Status),
        ("HTTP/1.1 101 x\r\n\r\n", Malformed::Status),
        ("HTTP/1.1 600 x\r\n\r\n", Malformed::Status),
        ("HTTP/1.1 206 x\r\n\r\n", Malformed::Status),
        ("HTTP/1.1 304 x\r\n\r\n", Malformed::Status),
        ("HTTP/1.1 200 OK\r\nA 1\r\n\r\n", Malformed::Header),
        ("HTTP/1.1 200 OK\r\nA : 1\r\n\r\n", Malformed::Header),
        ("HTTP/1.1 200 OK\r\n: 1\r\n\r\n", Malformed::Header),
        (
            "HTTP/1.1 200 OK\r\nA: 1\r\n B: 2\r\n\r\n",
            Malformed::Header,
        ),
        (
            "HTTP/1.1 200 OK\r\nA: 1\r\n\tfolded: x\r\n\r\n",
            Malformed::Header,
        ),
        ("HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\n", Malformed::Header),
        ("HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n", Malformed::Header),
        ("HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n", Malformed::Header),
        ("HTTP/1.1 200 OK\r\nA: 1\r\r\n\r\n", Malformed::Header),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc",
            Malformed::Length,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc",
            Malformed::Length,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc",
            Malformed::Length,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            Malformed::Length,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            Malformed::Length,
        ),
    ] {
        assert_eq!(read(value), Err(why), "{value:?}");
    }
}

#[test]
fn what_a_client_compressed() {
    let refused = |value: &[u8], flags| Head::parse([value].iter(), flags).unwrap_err();
    // What zlib makes of a page, and a serialized object.
    let long = vec![b'x'; 70_000];
    for value in [
        &b"x\x9c\xcbH\xcd"[..],
        b"O:8:\"stdClass\":0:{}\r\n\r\n",
        b"",
        &long,
    ] {
        for flags in [1, 16, 48, u32::MAX] {
            assert_eq!(refused(value, flags), Malformed::Encoded { flags });
        }
        for own in [0, 0x10000, 0x10001, 0x10002] {
            assert!(!matches!(refused(value, own), Malformed::Encoded { .. }));
        }
    }
    assert_eq!(
        refused(b"x\x9c", 48).to_string(),
        "no response head, but flags 48: some client compressed or serialized it"
    );
    // One that begins like a response is damaged.
    assert_eq!(refused(b"HTTP/1.1 200 OK\r\n", 1), Malformed::Unfinished);
    assert_eq!(refused(b"HTTP/1.1 200\r\n\r\n", 1), Malformed::StatusLine);
    let value = &b"HTTP/1.1 200 OK\r\n\r\n"[..];
    assert!(Head::parse([value].iter(), 1).is_ok());
}

#[test]
fn sizes_of_heads() {
    let of = |len: usize| {
        let rest = len - "HTTP/1.1 200 OK\r\nX: \r\n\r\n".len();
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "v".repeat(rest)) + "body"
    };
    assert!(read(&of(HEAD_MAX)).is_ok());
    assert_eq!(read(&of(HEAD_MAX + 1)), Err(Malformed::TooLarge));
    assert_eq!(read(&"x".repeat(HEAD_MAX)), Err(Malformed::Unfinished));
    assert_eq!(read(&"x".repeat(HEAD_MAX + 1)), Err(Malformed::TooLarge));
    let long = of(HEAD_MAX);
    let pieces: Vec<_> = long.as_bytes().chunks(1000).collect();
    assert!(Head::parse(pieces.iter(), 0).is_ok());
    let long = of(HEAD_MAX + 1);
    let pieces: Vec<_> = long.as_bytes().chunks(1000).collect();
    assert_eq!(Head::parse(pieces.iter(), 0), Err(Malformed::TooLarge));
}

/// `Date` as seconds before `NOW`, and `Age`, of a hit `later` seconds after that.
fn times(headers: &str, later: u64) -> Option<(u64, u32)> {
    let value = format!("HTTP/1.1 200 OK\r\n{}\r\n", headers.replace('\n', "\r\n"));
    let pieces = [value.as_bytes()];
    let times = Head::parse(pieces.iter(), 0).unwrap().times(NOW + later)?;
    Some((times.date, times.age))
}

#[test]
fn the_age_counts_on_and_the_date_stays() {
    let date = "Date: Tue, 24 Nov 2026 12:00:00 GMT\n";
    let obsolete = "Date: Tuesday, 24-Nov-26 12:00:00 GMT\n";
    assert_eq!(times(date, 0), Some((NOW, 0)));
    assert_eq!(times(date, 61), Some((NOW, 61)));
    assert_eq!(times(obsolete, 61), Some((NOW, 61)));
    let aged = format!("{date}Age: 9\n");
    for later in [0, 61, 100_000] {
        let age = u32::try_from(later + 9).unwrap();
        assert_eq!(times(&aged, later), Some((NOW - 9, age)));
    }
    assert_eq!(times(&format!("{date}Age: x\n"), 61), Some((NOW, 61)));
    assert_eq!(
        times(&format!("{date}Age: 7, 9\n"), 61),
        Some((NOW - 7, 68))
    );
    let spec = HeadSpec {
        age_secs: 30,
        ..HeadSpec::new(200, NOW)
    };
    let value = writer(&[]).encode(&spec, |_| false).unwrap().finish();
    let pieces = [value];
    let head = Head::parse(pieces.iter(), 0).unwrap();
    assert_eq!(
        head.times(NOW + 5),
        Some(Times {
            date: NOW - 30,
            age: 35,
            is_dated: true,
        })
    );
    assert_eq!(head.made_at(), Some(NOW - 30));
}

#[test]
fn a_date_that_cannot_be_right_counts_as_now() {
    let date = "Date: Tue, 24 Nov 2026 12:00:00 GMT\n";
    let future = "Date: Tue, 24 Nov 2026 12:30:00 GMT\n";
    for lines in [future, "Date: today\n", &date.repeat(2), ""] {
        let aged = format!("{lines}Age: 9\n");
        assert_eq!(times(&aged, 61), Some((NOW + 52, 9)), "{lines}");
        if !lines.is_empty() {
            assert_eq!(times(lines, 61), Some((NOW + 61, 0)), "{lines}");
        }
    }
    assert_eq!(times("", 61), None, "nobody knows");
    for (lines, is_dated) in [
        (date, true),
        (future, true),
        ("Age: 9\n", false),
        ("Date: today\n", false),
        (&date.repeat(2), false),
    ] {
        let value = format!("HTTP/1.1 200 OK\n{lines}\n").replace('\n', "\r\n");
        let pieces = [value.into_bytes()];
        let head = Head::parse(pieces.iter(), 0).unwrap();
        assert_eq!(head.times(NOW).unwrap().is_dated, is_dated, "{lines}");
    }
}

#[test]
fn no_age_is_above_two_to_the_31() {
    let date = "Date: Tue, 24 Nov 2026 12:00:00 GMT\n";
    let oldest = format!("{date}Age: 99999999999999\n");
    assert_eq!(times(&oldest, 61), Some((0, 1 << 31)));
    let (date, age) = times(date, 1 << 40).unwrap();
    assert_eq!((date, age), (NOW, 1 << 31));
}

#[test]
fn the_body_is_handed_over_by_reference() {
    let all = [&b"HTTP/1.1 200 OK\r"[..], b"\n\r\nab", b"", b"cd", b"e"];
    let head = Head::parse(all.iter(), 0).unwrap();
    let start = head.size() as u64;
    let cut = |range| -> Vec<_> { pieces(all.iter(), range).map(|(p, r)| (*p, r)).collect() };
    let (b, c, d) = (all[1], all[3], all[4]);
    assert_eq!(cut(start..start + 5), [(b, 3..5), (c, 0..2), (d, 0..1)]);
    assert_eq!(cut(start + 1..start + 3), [(b, 4..5), (c, 0..1)]);
    assert_eq!(cut(start + 4..start + 99), [(d, 0..1)]);
    assert_eq!(cut(start + 2..start + 2), []);
    assert_eq!(cut(start + 3..start + 2), []);
}
