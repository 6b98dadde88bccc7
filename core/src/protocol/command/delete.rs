//! `delete` (protocol.txt, "Deletion").

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::wire::{CRLF, push_key};

/// Deletes an item.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The item's key.
    pub key: Key,
    /// Whether it may be done twice, so that it can be sent again after its
    /// connection was lost. The second one finds nothing: who asks whether there
    /// was an item must not set this.
    pub may_repeat: bool,
}

const LINES: &[(&[u8], Status)] = &[
    (b"DELETED", Status::Deleted),
    (b"NOT_FOUND", Status::NotFound),
];

impl<D: Data> Family<D> for Delete {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"delete");
        push_key(out, &self.key);
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
        self.may_repeat
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
        let may_repeat = false;
        Command::<Vec<u8>>::from(Delete { key, may_repeat }).encode_head(&mut out);
        assert_eq!(out, b"delete a/b\r\n");
    }
}
