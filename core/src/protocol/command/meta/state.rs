//! `mg` without a value (protocol.txt, "Meta Get").

use super::super::data::Data;
use super::super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::ReplyForm;
use crate::protocol::wire::{CRLF, push_flag, push_key};

/// Asks what the server knows of an item. Where the item is out of date this takes
/// the right to make it anew, if nobody has that.
#[derive(Clone, Debug)]
pub struct MetaState {
    /// The item's key.
    pub key: Key,
    /// An item that has less than so many seconds left is as good as out of date.
    pub refresh_below: Option<u32>,
}

impl<D: Data> Family<D> for MetaState {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"mg");
        push_key(out, &self.key);
        out.extend_from_slice(b" k s c t");
        if let Some(secs) = self.refresh_below {
            push_flag(out, b'R', secs);
        }
        out.extend_from_slice(CRLF);
    }

    fn data(&self) -> Option<&D> {
        None
    }

    fn lane(&self) -> Lane {
        Lane::Lookup
    }

    fn changes(&self) -> Option<&Key> {
        None
    }

    fn batch_key(&self) -> Option<&Key> {
        None
    }

    /// The token that a lost reply told of is not given again.
    fn may_repeat(&self) -> bool {
        false
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::MetaState(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        for (refresh_below, line) in [
            (None, "mg a/b k s c t\r\n"),
            (Some(31), "mg a/b k s c t R31\r\n"),
        ] {
            let key = Key::new(b"a/b").unwrap();
            let mut out = Vec::new();
            Command::<Vec<u8>>::from(MetaState { key, refresh_below }).encode_head(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), line);
        }
    }
}
