//! `ms` (protocol.txt, "Meta Set").

use super::super::data::Data;
use super::super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::wire::{CRLF, push_flag, push_key, push_number};

/// Stores an item in place of the one that has a certain version.
#[derive(Clone, Debug)]
pub struct MetaStore<D> {
    /// The item's key.
    pub key: Key,
    /// Opaque to the server, returned with the item.
    pub flags: u32,
    /// As in [`Store`](crate::protocol::Store).
    pub exptime: i64,
    /// Stored only if the item has this version.
    pub version: u64,
    /// Whether the reply is to name the new version.
    pub with_version: bool,
    /// The value.
    pub data: D,
}

const LINES: &[(&[u8], Status)] = &[
    (b"HD", Status::Stored),
    (b"NS", Status::NotStored),
    (b"EX", Status::Exists),
    (b"NF", Status::NotFound),
];

impl<D: Data> Family<D> for MetaStore<D> {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"ms");
        push_key(out, &self.key);
        push_number(out, self.data.len());
        push_flag(out, b'T', self.exptime);
        push_flag(out, b'F', self.flags);
        push_flag(out, b'C', self.version);
        if self.with_version {
            out.extend_from_slice(b" c");
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

    /// A second one would find the version that the first has made.
    fn may_repeat(&self) -> bool {
        false
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::MetaStatus {
            lines: LINES,
            with_version: self.with_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        for (with_version, line) in [
            (false, "ms a/b 2 T60 F7 C18446744073709551615\r\n"),
            (true, "ms a/b 2 T60 F7 C18446744073709551615 c\r\n"),
        ] {
            let command = Command::from(MetaStore {
                key: Key::new(b"a/b").unwrap(),
                flags: 7,
                exptime: 60,
                version: u64::MAX,
                with_version,
                data: b"ab".to_vec(),
            });
            let mut out = Vec::new();
            command.encode_head(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), line);
            assert_eq!(command.data_len(), 2);
        }
    }
}
