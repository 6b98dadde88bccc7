//! Streams of replies to meta commands: the parser and its naive twin agree,
//! however they are split, damaged, or put in order.

use memcached_core::protocol::Key;
use memcached_core::testing::reply::naive;
use memcached_core::testing::reply::stream::{Asked, End, KEYS, Seen, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::property::{agree, damage, split};

/// What a server says of an item beside its value.
fn marks() -> impl Strategy<Value = String> {
    let ttl = prop_oneof![
        Just("-1".to_owned()),
        any::<u32>().prop_map(|n| n.to_string())
    ];
    let added = select(&["", " W", " Z", " X W", " Z X"][..]);
    (any::<u64>(), ttl, added).prop_map(|(version, ttl, added)| format!("c{version} t{ttl}{added}"))
}

/// A value of a key, as it is answered to a quiet lookup.
fn value(key: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()];
    (any::<u32>(), marks(), vec(byte, 0..20)).prop_map(move |(flags, marks, data)| {
        let head = format!("VA {} k{key} f{flags} {marks}\r\n", data.len());
        [head.as_bytes(), &data, b"\r\n"].concat()
    })
}

/// Values of some of the keys, in any order.
fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let [k, l, m] = KEYS.map(value);
    let all = (k, l, m, 0_usize..=3).prop_map(|(k, l, m, count)| {
        let mut values = vec![k, l, m];
        values.truncate(count);
        values
    });
    all.prop_shuffle()
}

/// A request and a fitting reply.
fn exchange() -> impl Strategy<Value = (Asked, Vec<u8>)> {
    let ended = |values: Vec<Vec<u8>>| [&values.concat()[..], b"MN\r\n"].concat();
    let line = |line: &str| format!("{line}\r\n").into_bytes();
    prop_oneof![
        4 => value("k").prop_map(move |value| (Asked::Lock, ended(vec![value]))),
        4 => values().prop_map(move |values| (Asked::Locks, ended(values))),
        1 => (values(), "[ -~]{0,80}").prop_map(move |(mut values, text)| {
            values.truncate(2);
            values.push(format!("SERVER_ERROR {text}\r\n").into_bytes());
            (Asked::Locks, ended(values))
        }),
        2 => (0_u64..1000, marks()).prop_map(move |(len, marks)| {
            (Asked::State, format!("HD kk s{len} {marks}\r\n").into_bytes())
        }),
        1 => any::<u64>().prop_map(|n| (Asked::Renew, format!("HD c{n}\r\n").into_bytes())),
        3 => select(&[
            (Asked::MetaStore, "HD"),
            (Asked::MetaStore, "EX"),
            (Asked::MetaStore, "NF"),
            (Asked::Renew, "EX c0"),
            (Asked::Renew, "NF c0"),
            (Asked::MetaDelete, "HD"),
            (Asked::MetaDelete, "NF"),
            (Asked::MetaDelete, "EX"),
            (Asked::State, "EN kk"),
            (Asked::Noop, "MN"),
            (Asked::Noop, "ERROR"),
        ][..]).prop_map(move |(asked, text)| (asked, line(text))),
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
        "W",
        "Z",
        "X",
        " X W",
        " Z X",
        "VA ",
        "MN\r\n",
        "VA 2 kk f0 c1 t1\r\n",
        "VA 0 kl f0 c1 t-1 W\r\n\r\n",
        "HD",
        "HD c1\r\n",
        "EX c0\r\n",
        "NF\r\n",
        "EN kk\r\n",
        "HD kk s1 c1 t1\r\n",
        "ERROR\r\n",
        "CLIENT_ERROR x\r\n",
        "SERVER_ERROR x\r\n",
        "18446744073709551616",
        "1073741825",
        "4294967296",
    ];
    prop_oneof![
        3 => select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
        1 => (0_usize..3000).prop_map(|len| vec![b'x'; len]),
    ]
}

proptest! {
    #[test]
    fn good_streams(exchanges in vec(exchange(), 0..6), cuts in vec(any::<Index>(), 0..8)) {
        let asked: Vec<Asked> = exchanges.iter().map(|(asked, _)| *asked).collect();
        let wire: Vec<u8> = exchanges.into_iter().flat_map(|(_, wire)| wire).collect();
        let key = Key::new(b"k").unwrap();
        let (seen, end) = naive::parse(&key, &asked, &wire);
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
        asked in vec(select(&Asked::META[..]), 1..4),
        words in vec(splinter(), 0..12),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        agree(&asked, &words.concat(), &cuts)?;
    }

    /// Each value is that of the key that it names, wherever it stands.
    #[test]
    fn quiet_replies_in_any_order(
        (values, shuffled) in values().prop_flat_map(|values| {
            (Just(values.clone()), Just(values).prop_shuffle())
        }),
        cuts in vec(any::<Index>(), 0..4),
    ) {
        let key = Key::new(b"k").unwrap();
        let read = |values: Vec<Vec<u8>>| {
            let wire = [&values.concat()[..], b"MN\r\n"].concat();
            let (seen, end) = parse(&key, &[Asked::Locks], &split(&wire, &cuts));
            assert_eq!(end, End::Left(0));
            let [Seen::Values(values)] = &seen[..] else { panic!("{seen:?}") };
            let mut values = values.clone();
            values.sort_by_key(|(at, _)| *at);
            values
        };
        prop_assert_eq!(read(values), read(shuffled));
    }
}
