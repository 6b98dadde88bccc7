//! Commands whose replies are read.

use crate::protocol::{
    Command, Count, Delete, Direction, Key, MetaDelete, MetaNoop, MetaState, MetaStore, Retrieve,
    Store, StoreMode, Touch, Version,
};

/// A command whose reply is due, about one key or, where there are several,
/// about [`KEYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `get` of one key.
    Get,
    /// `gets` of one key.
    Gets,
    /// `gets` of several keys.
    Many,
    /// `set`.
    Set,
    /// `cas`.
    Cas,
    /// `delete`.
    Delete,
    /// `touch`.
    Touch,
    /// `incr`.
    Count,
    /// `version`.
    Version,
    /// `mg` of one key, with a value, and `mn`.
    Lock,
    /// `mg` of several keys, with values, and `mn`.
    Locks,
    /// `ms`.
    MetaStore,
    /// `ms` that asks for the new version.
    Renew,
    /// `md`.
    MetaDelete,
    /// `mg` without the value.
    State,
    /// `mn`.
    Noop,
}

impl Asked {
    /// Those without meta commands.
    pub const CLASSIC: [Self; 9] = [
        Self::Get,
        Self::Gets,
        Self::Many,
        Self::Set,
        Self::Cas,
        Self::Delete,
        Self::Touch,
        Self::Count,
        Self::Version,
    ];

    /// Meta commands.
    pub const META: [Self; 7] = [
        Self::Lock,
        Self::Locks,
        Self::MetaStore,
        Self::Renew,
        Self::MetaDelete,
        Self::State,
        Self::Noop,
    ];

    pub(super) fn command(self, key: Key) -> Command<Vec<u8>> {
        let store = |mode, key| Store {
            mode,
            key,
            flags: 0,
            exptime: 0,
            data: Vec::new(),
        };
        match self {
            Self::Get => Retrieve::one(key).into(),
            Self::Gets => Retrieve::one(key).with_cas().into(),
            Self::Many => several().with_cas().into(),
            Self::Lock => Retrieve::one(key).with_lock(10).into(),
            Self::Locks => several().with_lock(10).into(),
            Self::MetaStore | Self::Renew => MetaStore {
                key,
                flags: 0,
                exptime: 0,
                version: 1,
                with_version: self == Self::Renew,
                data: Vec::new(),
            }
            .into(),
            Self::MetaDelete => MetaDelete {
                key,
                version: None,
                invalidate: true,
                ttl: None,
            }
            .into(),
            Self::State => MetaState {
                key,
                refresh_below: None,
            }
            .into(),
            Self::Noop => MetaNoop.into(),
            Self::Set => store(StoreMode::Set, key).into(),
            Self::Cas => store(StoreMode::Cas(1), key).into(),
            Self::Delete => Delete {
                key,
                may_repeat: false,
            }
            .into(),
            Self::Touch => Touch { key, exptime: 0 }.into(),
            Self::Version => Version.into(),
            Self::Count => {
                let (direction, delta) = (Direction::Up, 1);
                Count {
                    direction,
                    key,
                    delta,
                }
                .into()
            }
        }
    }
}

/// The keys of commands about several.
pub const KEYS: [&str; 3] = ["k", "l", "m"];

fn several() -> Retrieve {
    let [k, l, m] = KEYS.map(|key| Key::new(key.as_bytes()).unwrap());
    Retrieve::several(k, [l, m])
}
