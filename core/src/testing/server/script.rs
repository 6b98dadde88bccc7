//! What a script of bytes means to the model.

use super::memcached::value_of;
use crate::protocol::{Command, Count, Delete, Direction, Key, Retrieve, Store, StoreMode, Touch};
use crate::server::ConnectionId;

/// Bytes that decide what happens; zeros when they are used up.
pub(super) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn next(&mut self) -> usize {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                usize::from(byte)
            }
            None => 0,
        }
    }

    /// The first of each lane, then those that are needed less often.
    pub(super) fn connection(&mut self) -> ConnectionId {
        const ORDER: [usize; ConnectionId::COUNT] = [0, 4, 5, 1, 2, 3, 6];
        ConnectionId::ALL[ORDER[self.next() % ORDER.len()]]
    }
}

/// A lookup of values up to a length, or a store.
pub(super) fn plain_command(is_store: bool, key: &str, max_value: u64) -> Command<Vec<u8>> {
    if is_store {
        store(key, StoreMode::Set)
    } else {
        Retrieve::one(key_of(key)).up_to(max_value).into()
    }
}

/// One of the commands that only scripts make, or the one given. A key that it
/// asks for in addition is appended to `keys`.
pub(super) fn scripted_command(
    kind: usize,
    plain: Command<Vec<u8>>,
    keys: &mut Vec<String>,
) -> Command<Vec<u8>> {
    let key = key_of(&keys[0]);
    match kind % 10 {
        0 => Retrieve::one(key).with_cas().into(),
        1 => {
            keys.push("several".into());
            Retrieve::several(key, [key_of(&keys[1])]).with_cas().into()
        }
        2 => Delete {
            key,
            may_repeat: false,
        }
        .into(),
        3 => Touch { key, exptime: 30 }.into(),
        4 => Count {
            direction: Direction::Up,
            key,
            delta: 1,
        }
        .into(),
        5 => store(&keys[0], StoreMode::Add),
        6 => store(&keys[0], StoreMode::Append),
        7 => store(&keys[0], StoreMode::Prepend),
        8 => store(&keys[0], StoreMode::Cas(9)),
        _ => plain,
    }
}

fn store(key: &str, mode: StoreMode) -> Command<Vec<u8>> {
    let data = value_of(key);
    let key = key_of(key);
    let (flags, exptime) = (7, 30);
    Store {
        mode,
        key,
        flags,
        exptime,
        data,
    }
    .into()
}

fn key_of(text: &str) -> Key {
    Key::new(text.as_bytes()).unwrap()
}
