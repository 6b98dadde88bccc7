//! `set`, `add`, `replace`, `append`, `prepend`, `cas` (protocol.txt, "Storage
//! commands").

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::wire::{CRLF, push_key, push_number};

/// Stores an item or adds to one.
#[derive(Clone, Debug)]
pub struct Store<D> {
    /// How it depends on the item that is there.
    pub mode: StoreMode,
    /// The item's key.
    pub key: Key,
    /// Opaque to the server, returned with the item; ignored by `append` and
    /// `prepend`.
    pub flags: u32,
    /// Seconds from now up to 30 days, else a date in seconds since 1970; 0
    /// means no expiry (protocol.txt, "Expiration times"; see
    /// [`exptime`](crate::protocol::exptime)). Ignored by `append` and
    /// `prepend`.
    pub exptime: i64,
    /// The value, or the part that is added to it.
    pub data: D,
}

/// How a storage command depends on the item that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreMode {
    /// Stores in any case.
    Set,
    /// Stores in any case, but is not sent again when its connection was lost:
    /// another store in between must not be undone.
    SetOnce,
    /// Stores if there is none.
    Add,
    /// Stores if there is one.
    Replace,
    /// Puts the data after that of the item.
    Append,
    /// Puts the data before that of the item.
    Prepend,
    /// Stores if the item still has this version.
    Cas(u64),
}

const LINES: &[(&[u8], Status)] = &[
    (b"STORED", Status::Stored),
    (b"NOT_STORED", Status::NotStored),
];

const LINES_OF_CAS: &[(&[u8], Status)] = &[
    (b"STORED", Status::Stored),
    (b"EXISTS", Status::Exists),
    (b"NOT_FOUND", Status::NotFound),
    (b"NOT_STORED", Status::NotStored),
];

impl<D: Data> Family<D> for Store<D> {
    fn encode_head(&self, out: &mut Vec<u8>) {
        let word: &[u8] = match self.mode {
            StoreMode::Set | StoreMode::SetOnce => b"set",
            StoreMode::Add => b"add",
            StoreMode::Replace => b"replace",
            StoreMode::Append => b"append",
            StoreMode::Prepend => b"prepend",
            StoreMode::Cas(_) => b"cas",
        };
        out.extend_from_slice(word);
        push_key(out, &self.key);
        push_number(out, self.flags);
        push_number(out, self.exptime);
        push_number(out, self.data.len());
        if let StoreMode::Cas(version) = self.mode {
            push_number(out, version);
        }
        out.extend_from_slice(CRLF);
    }

    fn data(&self) -> Option<&D> {
        Some(&self.data)
    }

    fn lane(&self) -> Lane {
        Lane::Store
    }

    fn changes(&self) -> Option<&Key> {
        Some(&self.key)
    }

    fn batch_key(&self) -> Option<&Key> {
        None
    }

    /// A second `append` or `prepend` would change the item again; a second
    /// `add`, `replace` or `cas` would find what the first has done and have the
    /// wrong answer.
    fn may_repeat(&self) -> bool {
        match self.mode {
            StoreMode::Set => true,
            StoreMode::SetOnce
            | StoreMode::Add
            | StoreMode::Replace
            | StoreMode::Append
            | StoreMode::Prepend
            | StoreMode::Cas(_) => false,
        }
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Status(match self.mode {
            StoreMode::Set
            | StoreMode::SetOnce
            | StoreMode::Add
            | StoreMode::Replace
            | StoreMode::Append
            | StoreMode::Prepend => LINES,
            StoreMode::Cas(_) => LINES_OF_CAS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        for (mode, flags, exptime, line) in [
            (StoreMode::Set, u32::MAX, 30, "set a/b 4294967295 30 2\r\n"),
            (
                StoreMode::Set,
                0,
                1_800_000_000,
                "set a/b 0 1800000000 2\r\n",
            ),
            (StoreMode::SetOnce, 7, 300, "set a/b 7 300 2\r\n"),
            (StoreMode::Add, 7, 300, "add a/b 7 300 2\r\n"),
            (StoreMode::Replace, 7, 300, "replace a/b 7 300 2\r\n"),
            (StoreMode::Append, 7, 300, "append a/b 7 300 2\r\n"),
            (StoreMode::Prepend, 7, 300, "prepend a/b 7 300 2\r\n"),
            (
                StoreMode::Cas(u64::MAX),
                7,
                300,
                "cas a/b 7 300 2 18446744073709551615\r\n",
            ),
        ] {
            let command = Command::from(Store {
                mode,
                key: Key::new(b"a/b").unwrap(),
                flags,
                exptime,
                data: b"ab".to_vec(),
            });
            let mut out = Vec::new();
            command.encode_head(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), line);
            assert_eq!(command.data_len(), 2);
        }
    }
}
