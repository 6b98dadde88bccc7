//! `version` (protocol.txt, "Various other commands").

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::ReplyForm;

/// Asks the server who it is. It names no item, so it harms nobody, and every
/// answer shows that the server can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Version;

impl<D: Data> Family<D> for Version {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"version\r\n");
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

    fn may_repeat(&self) -> bool {
        true
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Version
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        let mut out = Vec::new();
        Command::<Vec<u8>>::from(Version).encode_head(&mut out);
        assert_eq!(out, b"version\r\n");
    }
}
