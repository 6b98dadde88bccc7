//! `mn` (protocol.txt, "Meta No-Op").

use super::super::data::Data;
use super::super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::ReplyForm;

/// Shows whether the server knows meta commands: those that do not answer with an
/// error or close the connection. So it has a connection of its own.
#[derive(Clone, Copy, Debug)]
pub struct MetaNoop;

impl<D: Data> Family<D> for MetaNoop {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"mn\r\n");
    }

    fn data(&self) -> Option<&D> {
        None
    }

    fn lane(&self) -> Lane {
        Lane::Detect
    }

    fn changes(&self) -> Option<&Key> {
        None
    }

    fn batch_key(&self) -> Option<&Key> {
        None
    }

    /// The loss of its connection is an answer.
    fn may_repeat(&self) -> bool {
        false
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::MetaNoop
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        let mut out = Vec::new();
        Command::<Vec<u8>>::from(MetaNoop).encode_head(&mut out);
        assert_eq!(out, b"mn\r\n");
    }
}
