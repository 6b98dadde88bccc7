//! `touch` (protocol.txt, "Touch").

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::wire::{CRLF, push_key, push_number};

/// Gives an item another time to live.
#[derive(Clone, Debug)]
pub struct Touch {
    /// The item's key.
    pub key: Key,
    /// As in [`Store`](crate::protocol::Store).
    pub exptime: i64,
}

const LINES: &[(&[u8], Status)] = &[
    (b"TOUCHED", Status::Touched),
    (b"NOT_FOUND", Status::NotFound),
];

impl<D: Data> Family<D> for Touch {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"touch");
        push_key(out, &self.key);
        push_number(out, self.exptime);
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

    fn may_repeat(&self) -> bool {
        true
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Status(LINES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        let key = Key::new(b"a/b").unwrap();
        let mut out = Vec::new();
        Command::<Vec<u8>>::from(Touch { key, exptime: 0 }).encode_head(&mut out);
        assert_eq!(out, b"touch a/b 0\r\n");
    }
}
