//! `md` (protocol.txt, "Meta Delete").

use super::super::data::Data;
use super::super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::wire::{CRLF, push_flag, push_key};

/// Deletes an item, or marks it as out of date.
#[derive(Clone, Debug)]
pub struct MetaDelete {
    /// The item's key.
    pub key: Key,
    /// Only if the item has this version.
    pub version: Option<u64>,
    /// The item stays, but is out of date: the next lookup wins the right to make
    /// it anew.
    pub invalidate: bool,
    /// Seconds that one which stays has left then; as before, if this is not given.
    pub ttl: Option<u32>,
}

const LINES: &[(&[u8], Status)] = &[
    (b"HD", Status::Deleted),
    (b"NF", Status::NotFound),
    (b"EX", Status::Exists),
];

impl<D: Data> Family<D> for MetaDelete {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"md");
        push_key(out, &self.key);
        if self.invalidate {
            out.extend_from_slice(b" I");
        }
        if let Some(secs) = self.ttl {
            push_flag(out, b'T', secs);
        }
        if let Some(version) = self.version {
            push_flag(out, b'C', version);
        }
        out.extend_from_slice(CRLF);
    }

    fn data(&self) -> Option<&D> {
        None
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

    /// The answer would be another one.
    fn may_repeat(&self) -> bool {
        false
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::MetaStatus {
            lines: LINES,
            with_version: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        for (version, invalidate, ttl, line) in [
            (None, false, None, "md a/b\r\n"),
            (Some(9), false, None, "md a/b C9\r\n"),
            (None, true, Some(30), "md a/b I T30\r\n"),
            (Some(9), true, None, "md a/b I C9\r\n"),
            (Some(9), true, Some(30), "md a/b I T30 C9\r\n"),
        ] {
            let key = Key::new(b"a/b").unwrap();
            let mut out = Vec::new();
            Command::<Vec<u8>>::from(MetaDelete {
                key,
                version,
                invalidate,
                ttl,
            })
            .encode_head(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), line);
        }
    }
}
