//! Replies to meta commands, and what they are read as.

use memcached_core::protocol::{Key, Marks, ProtocolError, Status};
use memcached_core::testing::reply::stream::{Asked, End, Item, Seen, parse};

fn one(asked: Asked, wire: &str) -> (Vec<Seen>, End) {
    parse(&Key::new(b"k").unwrap(), &[asked], &[wire.as_bytes()])
}

fn reply(asked: Asked, wire: &str) -> Seen {
    let (seen, end) = one(asked, wire);
    assert_eq!(end, End::Left(0), "{wire:?}");
    seen.into_iter().next().unwrap()
}

fn error(asked: Asked, wire: &str) -> ProtocolError {
    match one(asked, wire) {
        (seen, End::Broken(error)) if seen.is_empty() => error,
        other => panic!("{wire:?} gave {other:?}"),
    }
}

/// Version 5 with so many seconds left, and what the letters say.
fn marks(ttl_left: Option<u32>, letters: &str) -> Marks {
    Marks {
        version: 5,
        ttl_left,
        won: letters.contains('W'),
        taken: letters.contains('Z'),
        stale: letters.contains('X'),
        ..Marks::default()
    }
}

fn item(at: usize, flags: u32, marks: Marks, data: &str) -> (usize, Item) {
    let marks = Some(marks);
    let data = data.into();
    (at, Item { flags, marks, data })
}

#[test]
fn a_lookup_is_told_who_makes_the_item() {
    for (wire, flags, ttl_left, letters, data) in [
        ("VA 0 kk f0 c5 t-1 W\r\n\r\n", 0, None, "W", ""),
        ("VA 0 kk f0 c5 t30 Z\r\n\r\n", 0, Some(30), "Z", ""),
        ("VA 4 kk f7 c5 t60\r\npage\r\n", 7, Some(60), "", "page"),
        ("VA 4 kk f7 c5 t-1\r\npage\r\n", 7, None, "", "page"),
        ("VA 4 kk f7 c5 t9 X W\r\npage\r\n", 7, Some(9), "WX", "page"),
        ("VA 4 kk f7 c5 t9 Z X\r\npage\r\n", 7, Some(9), "ZX", "page"),
        ("VA 4 kk f7 c5 t9 W\r\npage\r\n", 7, Some(9), "W", "page"),
        ("VA 4 kk f7 c5 t0\r\nMN\r\n\r\n", 7, Some(0), "", "MN\r\n"),
        (
            "VA 1 kk f4294967295 c5 t99999999999\r\nx\r\n",
            u32::MAX,
            Some(u32::MAX),
            "",
            "x",
        ),
    ] {
        let expected = item(0, flags, marks(ttl_left, letters), data);
        let got = reply(Asked::Lock, &format!("{wire}MN\r\n"));
        assert_eq!(got, Seen::Values(vec![expected]), "{wire:?}");
    }
    assert_eq!(reply(Asked::Lock, "MN\r\n"), Seen::MISS);
}

#[test]
fn quiet_lookups_are_answered_in_any_order() {
    let (fresh, won) = (marks(Some(9), ""), marks(None, "W"));
    assert_eq!(
        reply(
            Asked::Locks,
            "VA 1 km f7 c5 t9\r\nx\r\nVA 0 kk f0 c5 t-1 W\r\n\r\nMN\r\n"
        ),
        Seen::Values(vec![item(2, 7, fresh, "x"), item(0, 0, won, "")])
    );
    // An error stands for one of them; the others are answered all the same.
    for wire in [
        "SERVER_ERROR out\r\nMN\r\n",
        "SERVER_ERROR out\r\nVA 0 kk f0 c5 t-1 W\r\n\r\nSERVER_ERROR x\r\nMN\r\n",
        "VA 0 kk f0 c5 t-1 W\r\n\r\nSERVER_ERROR out\r\nMN\r\n",
    ] {
        assert_eq!(reply(Asked::Locks, wire), Seen::ServerError("out".into()));
        let key = Key::new(b"k").unwrap();
        let wire = format!("{wire}MN\r\n");
        let (seen, end) = parse(&key, &[Asked::Locks, Asked::Lock], &[wire.as_bytes()]);
        assert_eq!((&seen[1], end), (&Seen::MISS, End::Left(0)));
    }
    let more = "SERVER_ERROR a\r\nSERVER_ERROR b\r\n";
    assert_eq!(
        error(Asked::Lock, more),
        ProtocolError::unexpected(b"SERVER_ERROR b")
    );
    let twice = "VA 0 kk f0 c5 t9\r\n\r\nVA 0 kk f0 c5 t9\r\n\r\n";
    let wrong = ProtocolError::WrongKey("k".into());
    assert_eq!(error(Asked::Locks, twice), wrong);
}

#[test]
fn lines_of_values_are_read_strictly() {
    for words in [
        "",
        "4",
        "4 kk",
        "4 kk f7",
        "4 kk f7 c5",
        "4 kk f7 c5 t",
        "4 kk f7 c5 t9 ",
        "4 kk f7 c5 t9 Q",
        "4 kk f7 c5 t9 W W",
        "4 kk f7 c5 t9 Z Z",
        "4 kk f7 c5 t9 X X",
        "4 kk f7 c5 t9 W Z",
        "4 kk f7 c5 t9 XW",
        "4 kk f7 c5 t-2",
        "4 kk f7 c5 t+9",
        "4 kk f7 c-5 t9",
        "4 kk f7 c18446744073709551616 t9",
        "4 kk f4294967296 c5 t9",
        "4 kk f c5 t9",
        "4 k f7 c5 t9 kk",
        "4 f7 kk c5 t9",
        "4 kk f7 t9 c5",
        "4 kk f7 c5 c5 t9",
        "4 kk  f7 c5 t9",
        " 4 kk f7 c5 t9",
        "4 kk W f7 c5 t9",
        "4 kk f7 c5 t9 h1",
        "x kk f7 c5 t9",
        "18446744073709551616 kk f7 c5 t9",
    ] {
        let line = format!("VA {words}");
        let got = error(Asked::Lock, &format!("{line}\r\npage\r\nMN\r\n"));
        assert_eq!(got, ProtocolError::BadValueLine(line.into()));
    }
    for (wire, expected) in [
        ("VA 4 kj f7 c5 t9\r\n", ProtocolError::WrongKey("j".into())),
        ("VA 4 k f7 c5 t9\r\n", ProtocolError::WrongKey("".into())),
        ("VA 1073741825 kk f7 c5 t9\r\n", ProtocolError::ValueTooLong),
        ("VA 0 kk f7 c5 t9\r\nMN\r\n", ProtocolError::BadDataEnd),
        ("ERROR\r\n", ProtocolError::UnknownCommand),
        (
            "CLIENT_ERROR invalid flag\r\n",
            ProtocolError::ClientError("invalid flag".into()),
        ),
        ("EN\r\n", ProtocolError::unexpected(b"EN")),
        ("HD kk\r\n", ProtocolError::unexpected(b"HD kk")),
        ("END\r\n", ProtocolError::unexpected(b"END")),
        ("MN \r\n", ProtocolError::unexpected(b"MN ")),
        ("VA\r\n", ProtocolError::unexpected(b"VA")),
    ] {
        assert_eq!(error(Asked::Lock, wire), expected, "{wire:?}");
    }
}

#[test]
fn what_became_of_a_change() {
    use Asked::{MetaDelete, MetaStore, Renew};
    use Status::{Deleted, Exists, NotFound, NotStored, Stored};
    for (asked, line, expected) in [
        (MetaStore, "HD", Seen::Status(Stored)),
        (MetaStore, "NS", Seen::Status(NotStored)),
        (MetaStore, "EX", Seen::Status(Exists)),
        (MetaStore, "NF", Seen::Status(NotFound)),
        (Renew, "HD c7", Seen::StoredAs(7)),
        (Renew, "HD c18446744073709551615", Seen::StoredAs(u64::MAX)),
        // A version is named even where there is none.
        (Renew, "EX c0", Seen::Status(Exists)),
        (Renew, "NF c0", Seen::Status(NotFound)),
        (Renew, "NS c0", Seen::Status(NotStored)),
        (Renew, "EX", Seen::Status(Exists)),
        (MetaDelete, "HD", Seen::Status(Deleted)),
        (MetaDelete, "NF", Seen::Status(NotFound)),
        (MetaDelete, "EX", Seen::Status(Exists)),
    ] {
        assert_eq!(reply(asked, &format!("{line}\r\n")), expected, "{line}");
        let broken = ProtocolError::unexpected(format!("{line} x").as_bytes());
        assert_eq!(error(asked, &format!("{line} x\r\n")), broken);
    }
    for (asked, line) in [
        (MetaStore, "HD c7"),
        (MetaStore, "EX c0"),
        (MetaStore, "STORED"),
        (Renew, "HD"),
        (Renew, "HD c"),
        (Renew, "HD c-1"),
        (Renew, "HD 7"),
        (Renew, "EX c"),
        (MetaDelete, "HD c7"),
        (MetaDelete, "NS"),
        (MetaDelete, "DELETED"),
    ] {
        let expected = ProtocolError::unexpected(line.as_bytes());
        assert_eq!(error(asked, &format!("{line}\r\n")), expected, "{line}");
    }
    for asked in [MetaStore, Renew, MetaDelete] {
        let refused = reply(asked, "SERVER_ERROR object too large for cache\r\n");
        let text = "object too large for cache";
        assert_eq!(refused, Seen::ServerError(text.into()));
        assert_eq!(error(asked, "ERROR\r\n"), ProtocolError::UnknownCommand);
    }
}

#[test]
fn what_is_known_of_an_item() {
    for (line, expected) in [
        ("EN", None),
        ("EN kk", None),
        ("HD kk s4 c5 t9", Some((4, marks(Some(9), "")))),
        ("HD kk s0 c5 t-1 W", Some((0, marks(None, "W")))),
        ("HD kk s4 c5 t9 X W", Some((4, marks(Some(9), "XW")))),
        ("HD kk s4 c5 t9 Z X", Some((4, marks(Some(9), "ZX")))),
    ] {
        let got = reply(Asked::State, &format!("{line}\r\n"));
        assert_eq!(got, Seen::State(expected), "{line}");
    }
    for line in [
        "HD",
        "HD kk",
        "HD kk s4 c5",
        "HD kk s4 c5 t9 W Z",
        "EN x",
        "MN",
    ] {
        let expected = ProtocolError::unexpected(line.as_bytes());
        assert_eq!(error(Asked::State, &format!("{line}\r\n")), expected);
    }
    for line in ["EN kj", "HD kj s4 c5 t9"] {
        let expected = ProtocolError::WrongKey("j".into());
        assert_eq!(error(Asked::State, &format!("{line}\r\n")), expected);
    }
}

#[test]
fn whether_a_server_knows_meta_commands() {
    for (line, expected) in [
        ("MN", Seen::MetaNoop),
        ("ERROR", Seen::ServerError("ERROR".into())),
        ("CLIENT_ERROR x", Seen::ServerError("x".into())),
        ("SERVER_ERROR x", Seen::ServerError("x".into())),
    ] {
        assert_eq!(reply(Asked::Noop, &format!("{line}\r\n")), expected);
    }
    for line in ["", "MN x", "END", "ERROR x"] {
        let expected = ProtocolError::unexpected(line.as_bytes());
        assert_eq!(error(Asked::Noop, &format!("{line}\r\n")), expected);
    }
}
