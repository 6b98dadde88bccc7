//! The token, in the form of a `set` (protocol.txt, "Authentication").

use std::sync::Arc;

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::{ReplyForm, Status};
use crate::protocol::token::Token;
use crate::protocol::wire::{CRLF, push_number};

/// Says who asks. It goes first on a connection, and once: a second one would be an
/// ordinary store of the password.
#[derive(Clone, Debug)]
pub struct Authenticate {
    /// The user's name and password.
    pub token: Arc<Token>,
}

const LINES: &[(&[u8], Status)] = &[(b"STORED", Status::Stored)];

impl<D: Data> Family<D> for Authenticate {
    /// The key does not matter, and nothing is stored.
    fn encode_head(&self, out: &mut Vec<u8>) {
        let token = self.token.as_bytes();
        out.extend_from_slice(b"set token 0 0");
        push_number(out, token.len());
        out.extend_from_slice(CRLF);
        out.extend_from_slice(token);
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

    fn may_repeat(&self) -> bool {
        false
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
        let token = Arc::new(Token::new(b"user", b"secret").unwrap());
        let mut out = Vec::new();
        Command::<Vec<u8>>::from(Authenticate { token }).encode_head(&mut out);
        assert_eq!(out, b"set token 0 0 11\r\nuser secret\r\n");
    }
}
