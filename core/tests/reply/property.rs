//! However a stream is split, and however broken it is, the parser says what
//! its naive twin says of the whole.

use std::collections::HashMap;

use memcached_core::protocol::{Command, Key, Retrieve, Status, Store, StoreMode};
use memcached_core::testing::reply::naive;
use memcached_core::testing::reply::stream::{Asked, End, Item, KEYS, Seen, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

fn key() -> Key {
    Key::new(b"k").unwrap()
}

/// A request and a fitting reply.
fn exchange() -> impl Strategy<Value = (Asked, Vec<u8>)> {
    let data = vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..40);
    let found = (any::<u32>(), data, any::<Option<u64>>()).prop_map(|(flags, data, cas)| {
        let cas_text = cas.map(|cas| format!(" {cas}")).unwrap_or_default();
        let mut wire = format!("VALUE k {flags} {}{cas_text}\r\n", data.len()).into_bytes();
        wire.extend_from_slice(&data);
        wire.extend_from_slice(b"\r\nEND\r\n");
        (cas.map_or(Asked::Get, |_| Asked::Gets), wire)
    });
    let asked = proptest::sample::select(&Asked::CLASSIC[..]);
    let short = vec(any::<u8>(), 0..9);
    let values = vec(
        (
            proptest::sample::select(&KEYS[..]),
            any::<u32>(),
            short,
            any::<u64>(),
        ),
        0..4,
    );
    let several = values.prop_map(|values| {
        let mut wire = Vec::new();
        let mut seen = Vec::new();
        for (key, flags, data, cas) in values {
            if !seen.contains(&key) {
                seen.push(key);
                let head = format!("VALUE {key} {flags} {} {cas}\r\n", data.len());
                wire.extend_from_slice(head.as_bytes());
                wire.extend_from_slice(&data);
                wire.extend_from_slice(b"\r\n");
            }
        }
        wire.extend_from_slice(b"END\r\n");
        (Asked::Many, wire)
    });
    prop_oneof![
        4 => found,
        4 => several,
        1 => any::<u64>().prop_map(|n| (Asked::Count, format!("{n}\r\n").into_bytes())),
        1 => Just((Asked::Count, b"CLIENT_ERROR not a number\r\n".to_vec())),
        2 => proptest::sample::select(&[
            (Asked::Cas, "STORED"),
            (Asked::Cas, "EXISTS"),
            (Asked::Cas, "NOT_FOUND"),
            (Asked::Delete, "DELETED"),
            (Asked::Delete, "NOT_FOUND"),
            (Asked::Touch, "TOUCHED"),
            (Asked::Touch, "NOT_FOUND"),
            (Asked::Count, "NOT_FOUND"),
        ][..]).prop_map(|(asked, line)| (asked, format!("{line}\r\n").into_bytes())),
        1 => Just((Asked::Get, b"END\r\n".to_vec())),
        1 => Just((Asked::Set, b"STORED\r\n".to_vec())),
        1 => Just((Asked::Set, b"NOT_STORED\r\n".to_vec())),
        1 => (asked, "[ -~]{0,80}").prop_map(|(asked, text)| {
            (asked, format!("SERVER_ERROR {text}\r\n").into_bytes())
        }),
    ]
}

/// Bytes that mean something, and others.
fn splinter() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "\r\n",
        "\r",
        "\n",
        " ",
        "0",
        "9",
        "-",
        "k",
        "END",
        "END\r\n",
        "VALUE k ",
        "VALUE k 0 2\r\n",
        "ERROR\r\n",
        "CLIENT_ERROR x\r\n",
        "SERVER_ERROR x\r\n",
        "STORED\r\n",
        "NOT_FOUND\r\n",
        "EXISTS\r\n",
        "DELETED\r\n",
        "7\r\n",
        "VALUE l 0 1 2\r\n",
        "VALUE k 0 0 18446744073709551616\r\n",
        "1073741825",
    ];
    prop_oneof![
        3 => proptest::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
        1 => (0_usize..3000).prop_map(|len| vec![b'x'; len]),
    ]
}

/// A place, the number of bytes to replace there, and their replacement.
pub(super) type Damage = (Index, usize, Vec<u8>);

pub(super) fn damage(wire: &mut Vec<u8>, damages: Vec<Damage>) {
    for (place, count, new) in damages {
        let at = place.index(wire.len() + 1);
        let end = wire.len().min(at + count);
        wire.splice(at..end, new);
    }
}

pub(super) fn split<'a>(wire: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
    cuts.sort_unstable();
    let mut parts = Vec::new();
    let mut from = 0;
    for cut in cuts {
        parts.push(&wire[from..cut]);
        from = cut;
    }
    parts.push(&wire[from..]);
    parts
}

pub(super) fn agree(asked: &[Asked], wire: &[u8], cuts: &[Index]) -> Result<(), TestCaseError> {
    let key = key();
    let expected = naive::parse(&key, asked, wire);
    prop_assert_eq!(&parse(&key, asked, &[wire]), &expected);
    prop_assert_eq!(&parse(&key, asked, &split(wire, cuts)), &expected);
    let single: Vec<&[u8]> = wire.chunks(1).collect();
    prop_assert_eq!(&parse(&key, asked, &single), &expected);
    if let End::Broken(error) = expected.1 {
        let text = error.to_string();
        prop_assert!(text.len() <= 110 && text.bytes().all(|b| (0x20..0x7f).contains(&b)));
    }
    Ok(())
}

proptest! {
    #[test]
    fn good_streams(exchanges in vec(exchange(), 0..6), cuts in vec(any::<Index>(), 0..8)) {
        let asked: Vec<Asked> = exchanges.iter().map(|(asked, _)| *asked).collect();
        let wire: Vec<u8> = exchanges.into_iter().flat_map(|(_, wire)| wire).collect();
        let (seen, end) = naive::parse(&key(), &asked, &wire);
        prop_assert_eq!((seen.len(), end), (asked.len(), End::Left(0)));
        agree(&asked, &wire, &cuts)?;
    }

    #[test]
    fn damaged_streams(
        exchanges in vec(exchange(), 1..5),
        damages in vec((any::<Index>(), 0_usize..5, splinter()), 1..4),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let asked: Vec<Asked> = exchanges.iter().map(|(asked, _)| *asked).collect();
        let mut wire: Vec<u8> = exchanges.into_iter().flat_map(|(_, wire)| wire).collect();
        damage(&mut wire, damages);
        agree(&asked, &wire, &cuts)?;
    }

    #[test]
    fn random_bytes(
        asked in vec(proptest::sample::select(&Asked::CLASSIC[..]), 1..4),
        words in vec(splinter(), 0..12),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        agree(&asked, &words.concat(), &cuts)?;
    }

    /// What is stored comes back, by way of a server that reads the requests.
    #[test]
    fn round_trip(
        raw in vec(any::<u8>(), 0..300),
        flags: u32,
        exptime: i64,
        data in vec(any::<u8>(), 0..300),
    ) {
        let key = Key::hashing(&raw);
        let mut wire = Vec::new();
        let get = Command::<Vec<u8>>::from(Retrieve::one(key.clone()));
        let gets = Command::<Vec<u8>>::from(Retrieve::one(key.clone()).with_cas());
        let mode = StoreMode::Set;
        let set = Store { mode, key: key.clone(), flags, exptime, data: data.clone() };
        get.encode_head(&mut wire);
        Command::from(set).encode_head(&mut wire);
        wire.extend_from_slice(&data);
        wire.extend_from_slice(b"\r\n");
        get.encode_head(&mut wire);
        gets.encode_head(&mut wire);
        let answers = serve(&wire, exptime);
        let asked = [Asked::Get, Asked::Set, Asked::Get, Asked::Gets];
        let (seen, end) = parse(&key, &asked, &[&answers]);
        prop_assert_eq!(end, End::Left(0));
        let item = Item::new(flags, Some(9), &data);
        let expected = [
            Seen::MISS,
            Seen::Status(Status::Stored),
            Seen::value(flags, &data),
            Seen::Values(vec![(0, item)]),
        ];
        prop_assert_eq!(seen, expected);
    }
}

/// A server that knows `get`, `gets` and `set`.
fn serve(mut wire: &[u8], exptime: i64) -> Vec<u8> {
    let mut items: HashMap<String, (String, Vec<u8>)> = HashMap::new();
    let mut out = Vec::new();
    while !wire.is_empty() {
        let end = wire.windows(2).position(|two| two == b"\r\n").unwrap();
        let line = std::str::from_utf8(&wire[..end]).unwrap();
        wire = &wire[end + 2..];
        match line.split(' ').collect::<Vec<_>>()[..] {
            [command @ ("get" | "gets"), key] => {
                if let Some((flags, data)) = items.get(key) {
                    let cas = if command == "gets" { " 9" } else { "" };
                    let head = format!("VALUE {key} {flags} {}{cas}\r\n", data.len());
                    out.extend_from_slice(head.as_bytes());
                    out.extend_from_slice(data);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"END\r\n");
            }
            ["set", key, flags, time, len] => {
                assert_eq!(time, exptime.to_string());
                let (data, rest) = wire.split_at(len.parse().unwrap());
                wire = rest.strip_prefix(b"\r\n").unwrap();
                items.insert(key.into(), (flags.into(), data.to_vec()));
                out.extend_from_slice(b"STORED\r\n");
            }
            _ => panic!("{line}"),
        }
    }
    out
}
