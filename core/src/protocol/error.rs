//! Ways in which a server can break the protocol. After any of them the
//! beginning of the next reply is unknown, so the connection is closed.

use thiserror::Error;

use super::excerpt::excerpt;
use super::limits::{LINE_MAX, VALUE_MAX};

/// How a server broke the protocol. Texts are excerpts, fit for a log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// It does not know the command, so it has read something other than what
    /// was sent (protocol.txt, "Error strings").
    #[error("the server answers ERROR")]
    UnknownCommand,
    /// It did not understand a request; its own words (protocol.txt, "Error
    /// strings").
    #[error("the server answers CLIENT_ERROR {0}")]
    ClientError(Box<str>),
    /// A line that cannot be the reply to the request.
    #[error("unexpected reply \"{0}\"")]
    Unexpected(Box<str>),
    /// A malformed `VALUE` line (protocol.txt, "Retrieval command").
    #[error("cannot read value line \"{0}\"")]
    BadValueLine(Box<str>),
    /// The value of a key that was not asked for.
    #[error("value of another key than asked: \"{0}\"")]
    WrongKey(Box<str>),
    /// A line end that is not CR LF.
    #[error("a line does not end in CR LF")]
    BadLineEnd,
    /// A line longer than [`LINE_MAX`].
    #[error("a line is longer than {LINE_MAX} bytes")]
    LineTooLong,
    /// A value longer than [`VALUE_MAX`].
    #[error("a value is longer than {VALUE_MAX} bytes")]
    ValueTooLong,
    /// The data of a value does not end after the announced length.
    #[error("a value does not end where it should")]
    BadDataEnd,
    /// The server does not take the token that it was sent first, or says something
    /// that is no answer to that. Its words are not shown, since they might repeat it.
    #[error("the server does not take \"user\" and password")]
    TokenRefused,
    /// A reply to a request that was not completely sent yet.
    #[error("reply to a request that is still being sent")]
    Premature,
}

impl ProtocolError {
    /// Bytes that arrived where none, or others, were due.
    #[must_use]
    pub fn unexpected(bytes: &[u8]) -> Self {
        Self::Unexpected(excerpt(bytes))
    }
}
