//! Replies and what they are read as.

use memcached_core::protocol::{Key, ProtocolError, Status};
use memcached_core::testing::reply::stream::{Asked, End, Item, KEYS, Seen, parse};

pub(crate) fn one(asked: Asked, wire: &[u8]) -> (Vec<Seen>, End) {
    parse(&Key::new(b"k").unwrap(), &[asked], &[wire])
}

pub(crate) fn reply(asked: Asked, wire: &str) -> Seen {
    let (seen, end) = one(asked, wire.as_bytes());
    assert_eq!(end, End::Left(0), "{wire:?}");
    seen.into_iter().next().unwrap()
}

pub(crate) fn error(asked: Asked, wire: &[u8]) -> ProtocolError {
    match one(asked, wire) {
        (seen, End::Broken(error)) if seen.is_empty() => error,
        other => panic!("{} gave {other:?}", wire.escape_ascii()),
    }
}

#[test]
fn good_replies() {
    for (wire, data) in [
        ("VALUE k 7 3\r\nabc\r\nEND\r\n", "abc"),
        ("VALUE k 7 0\r\n\r\nEND\r\n", ""),
        ("VALUE k 7 5\r\nEND\r\n\r\nEND\r\n", "END\r\n"),
        ("VALUE k 7 2\r\n\r\n\r\nEND\r\n", "\r\n"),
        ("VALUE k 007 0001\r\n\0\r\nEND\r\n", "\0"),
    ] {
        assert_eq!(reply(Asked::Get, wire), Seen::value(7, data.as_bytes()));
    }
    let version = Item::new(u32::MAX, Some(u64::MAX), b"x");
    assert_eq!(
        reply(
            Asked::Gets,
            "VALUE k 4294967295 1 18446744073709551615\r\nx\r\nEND\r\n"
        ),
        Seen::Values(vec![(0, version)])
    );
    assert_eq!(reply(Asked::Get, "END\r\n"), Seen::MISS);
    assert_eq!(reply(Asked::Gets, "END\r\n"), Seen::MISS);
    assert_eq!(
        reply(Asked::Set, "STORED\r\n"),
        Seen::Status(Status::Stored)
    );
    assert_eq!(
        reply(Asked::Set, "NOT_STORED\r\n"),
        Seen::Status(Status::NotStored)
    );
    for (asked, line, expected) in [
        (Asked::Cas, "STORED", Seen::Status(Status::Stored)),
        (Asked::Cas, "NOT_STORED", Seen::Status(Status::NotStored)),
        (Asked::Cas, "EXISTS", Seen::Status(Status::Exists)),
        (Asked::Cas, "NOT_FOUND", Seen::Status(Status::NotFound)),
        (Asked::Delete, "DELETED", Seen::Status(Status::Deleted)),
        (Asked::Delete, "NOT_FOUND", Seen::Status(Status::NotFound)),
        (Asked::Touch, "TOUCHED", Seen::Status(Status::Touched)),
        (Asked::Touch, "NOT_FOUND", Seen::Status(Status::NotFound)),
        (Asked::Count, "0", Seen::Number(0)),
        (Asked::Count, "007", Seen::Number(7)),
        (Asked::Count, "18446744073709551615", Seen::Number(u64::MAX)),
        (Asked::Count, "NOT_FOUND", Seen::Status(Status::NotFound)),
        (
            Asked::Count,
            "CLIENT_ERROR cannot increment or decrement non-numeric value",
            Seen::NotCountable("cannot increment or decrement non-numeric value".into()),
        ),
    ] {
        assert_eq!(reply(asked, &format!("{line}\r\n")), expected);
    }
    for asked in Asked::CLASSIC {
        for (wire, text) in [
            ("SERVER_ERROR\r\n", ""),
            (
                "SERVER_ERROR out of memory storing object\r\n",
                "out of memory storing object",
            ),
            ("SERVER_ERROR a\rb\r\n", r"a\rb"),
        ] {
            assert_eq!(reply(asked, wire), Seen::ServerError(text.into()));
        }
    }
}

#[test]
fn bad_value_lines() {
    for words in [
        "",
        "k",
        "k 1",
        "k 1 ",
        "k 1 2 3",
        "k 1 2 ",
        "k  1 2",
        " k 1 2",
        "k 1  2",
        "k +1 2",
        "k 1 +2",
        "k -1 2",
        "k 1 -2",
        "k 1 0x2",
        "k 1 :",
        "k / 2",
        "k 1.0 2",
        "k 1 2\r",
        "k 1\t2",
        "k 4294967296 2",
        "k 99999999999999999999 2",
        "k 1 99999999999999999999",
    ] {
        let line = format!("VALUE {words}");
        let got = error(Asked::Get, format!("{line}\r\nab\r\nEND\r\n").as_bytes());
        let text = line.escape_default().to_string();
        assert_eq!(got, ProtocolError::BadValueLine(text.into()));
    }
    for words in ["k 1 2", "k 1 2 ", "k 1 2 -3", "k 1 2 3 4"] {
        let got = error(Asked::Gets, format!("VALUE {words}\r\n").as_bytes());
        assert!(matches!(got, ProtocolError::BadValueLine(_)), "{words}");
    }
}

#[test]
fn broken_values() {
    use ProtocolError as E;
    let unexpected = |text: &str| E::Unexpected(text.into());
    for (wire, expected) in [
        ("VALUE j 0 1\r\n", E::WrongKey("j".into())),
        ("VALUE kk 0 1\r\n", E::WrongKey("kk".into())),
        ("VALUE K 0 1\r\n", E::WrongKey("K".into())),
        ("VALUE k 0 1073741825\r\n", E::ValueTooLong),
        ("VALUE k 0 1\r\nab\r\nEND\r\n", E::BadDataEnd),
        ("VALUE k 0 2\r\na\r\nEND\r\n", E::BadDataEnd),
        ("VALUE k 0 1\r\na\nEND\r\n", E::BadDataEnd),
        ("VALUE k 0 1\r\na\r\r", E::BadDataEnd),
        ("VALUE k 0 1\r\na\r\nEND\n", E::BadLineEnd),
        ("VALUE k 0 1\r\na\r\n\r\n", unexpected("")),
        ("VALUE k 0 1\r\na\r\nEND \r\n", unexpected("END ")),
        (
            "VALUE k 0 1\r\na\r\nVALUE k 0 1\r\n",
            unexpected("VALUE k 0 1"),
        ),
        ("VALUE k 0 1\r\na\r\nERROR\r\n", E::UnknownCommand),
        (
            "VALUE k 0 1\r\na\r\nCLIENT_ERROR b\r\n",
            E::ClientError("b".into()),
        ),
    ] {
        assert_eq!(error(Asked::Get, wire.as_bytes()), expected, "{wire:?}");
    }
}

#[test]
fn several_values() {
    let some = |at: usize, data: &[u8]| (at, Item::new(1, Some(9), data));
    for (wire, expected) in [
        ("END\r\n", vec![]),
        ("VALUE l 1 2 9\r\nab\r\nEND\r\n", vec![some(1, b"ab")]),
        (
            "VALUE k 1 0 9\r\n\r\nVALUE m 1 1 9\r\nx\r\nEND\r\n",
            vec![some(0, b""), some(2, b"x")],
        ),
        // A proxy in between may answer in another order.
        (
            "VALUE m 1 1 9\r\nm\r\nVALUE k 1 1 9\r\nk\r\nVALUE l 1 1 9\r\nl\r\nEND\r\n",
            vec![some(2, b"m"), some(0, b"k"), some(1, b"l")],
        ),
    ] {
        assert_eq!(reply(Asked::Many, wire), Seen::Values(expected));
    }
    let first = "VALUE k 0 1 9\r\na\r\n";
    for (line, expected) in [
        ("VALUE k 0 1 9", ProtocolError::WrongKey("k".into())),
        ("VALUE j 0 1 9", ProtocolError::WrongKey("j".into())),
        ("VALUE l 0 1073741825 9", ProtocolError::ValueTooLong),
        (
            "VALUE l 0 1",
            ProtocolError::BadValueLine("VALUE l 0 1".into()),
        ),
        ("STORED", ProtocolError::unexpected(b"STORED")),
        ("ERROR", ProtocolError::UnknownCommand),
        ("CLIENT_ERROR x", ProtocolError::ClientError("x".into())),
    ] {
        let wire = format!("{first}{line}\r\n");
        assert_eq!(error(Asked::Many, wire.as_bytes()), expected);
    }
    // All keys had their values.
    let all: String = KEYS
        .map(|key| format!("VALUE {key} 1 0 9\r\n\r\n"))
        .concat();
    for (line, expected) in [
        ("VALUE k 0 1 9", ProtocolError::unexpected(b"VALUE k 0 1 9")),
        ("VALUE j", ProtocolError::unexpected(b"VALUE j")),
        ("ERROR", ProtocolError::UnknownCommand),
    ] {
        let wire = format!("{all}{line}\r\n");
        assert_eq!(error(Asked::Many, wire.as_bytes()), expected);
    }
}

/// Proxies end a reply so if they could not get the other part of it.
#[test]
fn server_error_after_a_value_ends_the_reply() {
    for (asked, wire) in [
        (Asked::Get, "VALUE k 0 1\r\na\r\n"),
        (Asked::Gets, "VALUE k 0 1 9\r\na\r\n"),
        (Asked::Many, "VALUE k 0 1 9\r\na\r\n"),
        (
            Asked::Many,
            "VALUE k 0 1 9\r\na\r\nVALUE l 0 1 9\r\na\r\nVALUE m 0 1 9\r\na\r\n",
        ),
    ] {
        let wire = format!("{wire}SERVER_ERROR out of memory\r\n");
        assert_eq!(
            reply(asked, &wire),
            Seen::ServerError("out of memory".into())
        );
        // The value is not part of the next reply.
        let key = Key::new(b"k").unwrap();
        let wire = format!("{wire}END\r\n");
        let (seen, end) = parse(&key, &[asked, Asked::Get], &[wire.as_bytes()]);
        assert_eq!(end, End::Left(0));
        assert_eq!(seen[1], Seen::MISS);
    }
}

/// Whatever the server makes of it, it is there; a line that greets or refuses
/// a connection is no answer.
#[test]
fn every_answer_to_version_is_one() {
    for (line, seen) in [
        ("VERSION 1.6.38", Seen::Version("1.6.38".into())),
        ("VERSION", Seen::Version(String::new())),
        ("ERROR", Seen::ServerError("ERROR".into())),
        ("CLIENT_ERROR x", Seen::ServerError("x".into())),
        ("SERVER_ERROR x y", Seen::ServerError("x y".into())),
    ] {
        assert_eq!(reply(Asked::Version, &format!("{line}\r\n")), seen);
    }
    for line in ["ERROR Too many open connections", "END", "VERSIONS", ""] {
        let got = error(Asked::Version, format!("{line}\r\n").as_bytes());
        assert_eq!(got, ProtocolError::unexpected(line.as_bytes()));
    }
}

#[test]
fn lines_of_two_kib_and_more() {
    let line = |len: usize| {
        let text = "x".repeat(len - "SERVER_ERROR \r\n".len());
        format!("SERVER_ERROR {text}\r\n")
    };
    let shown = Seen::ServerError("x".repeat(60) + "...");
    assert_eq!(reply(Asked::Set, &line(2048)), shown);
    let too_long = line(2049);
    assert_eq!(
        error(Asked::Set, too_long.as_bytes()),
        ProtocolError::LineTooLong
    );
    // The 2048th byte decides, whether or not more is there.
    let open = &too_long.as_bytes()[..2048];
    assert_eq!(error(Asked::Set, open), ProtocolError::LineTooLong);
    assert_eq!(one(Asked::Set, &open[..2047]), (vec![], End::Within));
}

#[test]
fn keys_of_every_length_are_compared() {
    for len in [1, 249, 250] {
        let key = Key::new(&vec![b'k'; len]).unwrap();
        let text = key.to_string();
        let wire = format!("VALUE {text} 0 1\r\na\r\nEND\r\n");
        let (seen, end) = parse(&key, &[Asked::Get], &[wire.as_bytes()]);
        assert_eq!((seen, end), (vec![Seen::value(0, b"a")], End::Left(0)));
        let wire = format!("VALUE {text}k 0 1\r\na\r\nEND\r\n");
        let (_, end) = parse(&key, &[Asked::Get], &[wire.as_bytes()]);
        assert!(matches!(end, End::Broken(ProtocolError::WrongKey(_))));
    }
}
