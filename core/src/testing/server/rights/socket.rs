//! One connection as both ends have it.

use crate::testing::memcached::{Items, Peer};

/// Times to live from this on are numbers of deletes.
const NUMBERS_FROM: u32 = 1_000_000;

#[derive(Default)]
pub(super) struct Socket {
    pub(super) is_open: bool,
    /// Its number among all that were made.
    pub(super) life: u64,
    pub(super) peer: Peer,
    /// Versions with which a right was given out on it.
    pub(super) won: Vec<u64>,
    /// Likewise, in a reply that goes on.
    winning: Vec<u64>,
}

/// The time to live that says which delete it is.
pub(super) fn ttl_of(number: u64) -> u32 {
    NUMBERS_FROM + u32::try_from(number).unwrap()
}

impl Socket {
    pub(super) fn new(life: u64) -> Self {
        Self {
            life,
            ..Self::default()
        }
    }

    /// The numbers of those commands that depend on a version, among what was read: a
    /// store has it for its flags, a delete for its time to live.
    fn numbers_of_pinned(read: &[u8]) -> Vec<u64> {
        let text = String::from_utf8_lossy(read);
        let lines = text.split_inclusive("\r\n");
        let by_version = lines.filter(|line| line.contains(" C") && line.ends_with("\r\n"));
        let number = |line: &str| {
            line.split_ascii_whitespace().find_map(|word| {
                let of_store = word.strip_prefix('F').and_then(|flags| flags.parse().ok());
                let ttl = word.strip_prefix('T').and_then(|ttl| ttl.parse().ok());
                let of_delete = ttl.and_then(|ttl: u64| ttl.checked_sub(NUMBERS_FROM.into()));
                of_store.or(of_delete)
            })
        };
        by_version
            .map(|line| number(line).expect("its number"))
            .collect()
    }

    /// The server answers what has come as a whole; the numbers of what it has read
    /// that depends on a version.
    pub(super) fn answer(&mut self, items: &mut Items, now: u64) -> Vec<u64> {
        let before = self.peer.replies.len();
        let mut read = self.peer.received.clone();
        self.peer.serve(items, now);
        read.truncate(read.len() - self.peer.received.len());
        let said = String::from_utf8_lossy(&self.peer.replies[before..]);
        for line in said.split("\r\n") {
            if line.ends_with(" W") {
                let version = line.split(' ').find_map(|word| word.strip_prefix('c'));
                self.winning.push(version.unwrap().parse().unwrap());
            }
            if line == "MN" || line.starts_with("HD") {
                self.won.append(&mut self.winning);
            }
        }
        Self::numbers_of_pinned(&read)
    }
}
