//! A stream of replies made of arbitrary bytes, and what must hold of it: however
//! it is split, the parser reads in it what its naive twin reads in the whole.

use crate::protocol::Key;

use super::naive;
use super::stream::{Asked, End, parse};

/// The kinds that numbers below 81 are made of, below 240, and the others.
const COMMON: [Asked; 3] = [Asked::Get, Asked::Gets, Asked::Set];
const SCRIPTED: [Asked; 5] = [
    Asked::Many,
    Asked::Cas,
    Asked::Delete,
    Asked::Touch,
    Asked::Count,
];
const PROBES: [Asked; 2] = [Asked::Version, Asked::Get];

/// The first byte says how many replies are due and how the stream is split,
/// the second of which kinds they are; the rest is the stream.
///
/// # Panics
/// Something that must hold does not.
pub fn run(script: &[u8]) {
    let [how, kinds, wire @ ..] = script else {
        return;
    };
    let kinds = usize::from(*kinds);
    let among = match kinds {
        ..81 => &COMMON[..],
        81..240 => &SCRIPTED,
        _ => &PROBES,
    };
    check(*how, kinds.checked_sub(81).unwrap_or(kinds), among, wire);
}

/// Likewise of meta commands; two bytes say of which kinds the replies are.
///
/// # Panics
/// Something that must hold does not.
pub fn run_meta(script: &[u8]) {
    let [how, low, high, wire @ ..] = script else {
        return;
    };
    let kinds = usize::from(u16::from_le_bytes([*low, *high]));
    check(*how, kinds, &Asked::META, wire);
}

fn check(how: u8, mut kinds: usize, among: &[Asked], wire: &[u8]) {
    let key = Key::new(b"k").unwrap();
    let mut asked = Vec::new();
    for _ in 0..=how % 4 {
        asked.push(among[kinds % among.len()]);
        kinds /= among.len();
    }
    let expected = naive::parse(&key, &asked, wire);
    let step = usize::from(how >> 2) + 1;
    for step in [1, step, wire.len().max(1)] {
        let parts: Vec<&[u8]> = wire.chunks(step).collect();
        assert_eq!(parse(&key, &asked, &parts), expected, "in steps of {step}");
    }
    if let End::Broken(error) = expected.1 {
        let text = error.to_string();
        assert!(text.len() <= 110 && text.bytes().all(|b| (0x20..0x7f).contains(&b)));
    }
}
