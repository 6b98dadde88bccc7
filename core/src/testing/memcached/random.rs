//! Random commands, carried out here and by another server at the same time: both
//! say the same.

use super::items::Items;
use crate::protocol::{
    Command, Count, Delete, Direction, Found, Key, MetaDelete, MetaNoop, MetaState, MetaStore,
    Pieces, Reply, Retrieve, Store, StoreMode, Touch,
};

/// Times to live, and limits of time, which no test is slow enough to confuse.
const EXPTIMES: [i64; 8] = [0, 500, 900, 1000, 5000, -1, IN_2033, IN_2001];
/// More seconds than 30 days have are a date.
const IN_2033: i64 = 2_000_000_000;
const IN_2001: i64 = 1_000_000_000;
const LOCKS: [u32; 3] = [0, 700, 1500];
const LIMITS: [u32; 4] = [0, 600, 950, 9000];

const DATA: [&[u8]; 6] = [
    b"",
    b"7",
    b"99",
    b"page",
    b"MN\r\n",
    b"18446744073709551615",
];

/// The bytes of a script for one command.
pub const STEP: usize = 6;

/// Versions are numbers of one server; here and there they differ.
pub(super) type Version = (u64, u64);

/// One that no item has.
pub(super) const KNOWN: [Version; 1] = [(u64::MAX, u64::MAX)];

/// Runs commands that are made of `script` about three keys whose names begin with
/// `prefix`, at the time `now`, which may go on; `ask` gives the other server's
/// replies. Its seconds may differ by `slack`.
///
/// # Panics
/// The two differ.
pub fn run(
    script: &[u8],
    prefix: &str,
    slack: u32,
    mut now: impl FnMut() -> u64,
    mut ask: impl FnMut(&Command<Vec<u8>>) -> Reply<Vec<u8>>,
) {
    let mut items = Items::default();
    let mut known = KNOWN.to_vec();
    let mut said = Vec::new();
    for bytes in script.chunks_exact(STEP) {
        let bytes: [usize; STEP] = std::array::from_fn(|at| bytes[at].into());
        let (here, there) = known[bytes[5] % known.len()];
        let [mine, other] = [here, there].map(|version| command(prefix, bytes, version));
        let expected = items.serve(now(), &mine);
        let got = ask(&other);
        said.push(format!("{mine:?}\n  here {expected:?}\n  there {got:?}"));
        let same = shape(&expected, None) == shape(&got, Some((&expected, slack)))
            && versions(&expected)
                .into_iter()
                .zip(versions(&got))
                .all(|pair| is_known(&mut known, pair));
        assert!(same, "they differ:\n{}", said.join("\n"));
    }
}

/// Whether both servers mean the same version, as far as is known.
pub(super) fn is_known(known: &mut Vec<Version>, (here, there): Version) -> bool {
    let of = |version: &&Version| version.0 == here || version.1 == there;
    if let Some(pair) = known.iter().find(of) {
        return *pair == (here, there);
    }
    known.push((here, there));
    true
}

/// A reply as text, without versions. Seconds that hardly differ from those in
/// another reply are those.
fn shape(reply: &Reply<Vec<u8>>, near: Option<(&Reply<Vec<u8>>, u32)>) -> String {
    let mut reply = reply.clone();
    let others: Vec<Option<u32>> = near.map_or_else(Vec::new, |(other, _)| {
        let mut other = other.clone();
        other.marks_mut().map(|marks| marks.ttl_left).collect()
    });
    let slack = near.map_or(0, |(_, slack)| slack);
    for (at, marks) in reply.marks_mut().enumerate() {
        marks.version = 0;
        if let (Some(left), Some(Some(other))) = (marks.ttl_left, others.get(at)) {
            if left.abs_diff(*other) <= slack {
                marks.ttl_left = Some(*other);
            }
        }
    }
    if let Reply::StoredAs(version) = &mut reply {
        *version = 0;
    }
    format!("{:?}", in_one_piece(reply))
}

/// The same with each value in one piece.
fn in_one_piece(mut reply: Reply<Vec<u8>>) -> Reply<Vec<u8>> {
    if let Reply::Values(values) = &mut reply {
        for (_, found) in values {
            if let Found::Value(value) = found {
                let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                value.pieces = Pieces::default();
                value.pieces.push(bytes);
            }
        }
    }
    reply
}

fn versions(reply: &Reply<Vec<u8>>) -> Vec<u64> {
    if let Reply::StoredAs(version) = reply {
        return vec![*version];
    }
    let mut reply = reply.clone();
    reply.marks_mut().map(|marks| marks.version).collect()
}

pub(super) fn command(prefix: &str, bytes: [usize; STEP], version: u64) -> Command<Vec<u8>> {
    let [kind, which, a, b, c, _] = bytes;
    let key = |at: usize| Key::new(format!("{prefix}{}", at % 3).as_bytes()).unwrap();
    let (exptime, data) = (EXPTIMES[a % EXPTIMES.len()], DATA[b % DATA.len()].to_vec());
    let flags = u32::try_from(c % 3).unwrap();
    let lock = LOCKS[a % LOCKS.len()];
    let store = |mode| {
        let (key, data) = (key(which), data.clone());
        Store {
            mode,
            key,
            flags,
            exptime,
            data,
        }
        .into()
    };
    match kind % 20 {
        0..=4 => Retrieve::one(key(which)).with_lock(lock).into(),
        5 => Retrieve::several(key(0), [key(2), key(1)])
            .with_lock(lock)
            .into(),
        6 => Retrieve::several(key(1), [key(0)]).into(),
        7 => Retrieve::one(key(which)).with_cas().into(),
        8 | 9 => MetaState {
            key: key(which),
            refresh_below: (a % 5 > 0).then_some(LIMITS[b % LIMITS.len()]),
        }
        .into(),
        10..=12 => MetaStore {
            key: key(which),
            flags,
            exptime,
            version,
            with_version: c % 2 == 0,
            data,
        }
        .into(),
        13 | 14 => MetaDelete {
            key: key(which),
            version: (c % 2 == 0).then_some(version),
            invalidate: b % 3 > 0,
            ttl: (a % 2 == 0).then_some([0, 500, 900, 5000][b % 4]),
        }
        .into(),
        15 => store(StoreMode::Set),
        16 => store(
            [
                StoreMode::Add,
                StoreMode::Replace,
                StoreMode::Append,
                StoreMode::Prepend,
                StoreMode::Cas(version),
            ][c % 5],
        ),
        17 => Delete {
            key: key(which),
            may_repeat: false,
        }
        .into(),
        18 if c % 2 == 0 => Touch {
            key: key(which),
            exptime,
        }
        .into(),
        18 => MetaNoop.into(),
        _ => Count {
            direction: if c % 2 == 0 {
                Direction::Up
            } else {
                Direction::Down
            },
            key: key(which),
            delta: [1, 5, u64::MAX][b % 3],
        }
        .into(),
    }
}
