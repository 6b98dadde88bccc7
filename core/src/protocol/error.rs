//! Ways in which a server can break the protocol. After any of them it is not
//! known any more where the next reply begins, so the connection is closed.

use core::fmt;

use super::limits::{LINE_MAX, VALUE_MAX};

/// So much of a server's words is shown.
const EXCERPT_MAX: usize = 60;

/// What a server did that it must not. Texts are excerpts, fit for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// It does not know the command, so it reads something else than was sent.
    UnknownCommand,
    /// It did not understand a request, and said so in these words.
    ClientError(Box<str>),
    /// A line that cannot be the reply to what was asked.
    Unexpected(Box<str>),
    /// A `VALUE` line that is not of the form that it has to have.
    BadValueLine(Box<str>),
    /// The value of a key that was not asked for.
    WrongKey(Box<str>),
    /// A line end that is not CR LF.
    BadLineEnd,
    /// A line without an end.
    LineTooLong,
    /// A value longer than any can be.
    ValueTooLong,
    /// The data of a value does not end where it was said to.
    BadDataEnd,
    /// A reply to a request that was not yet sent as a whole.
    Premature,
}

impl ProtocolError {
    /// Bytes that came where none, or others, were due.
    #[must_use]
    pub fn unexpected(bytes: &[u8]) -> Self {
        Self::Unexpected(excerpt(bytes))
    }
}

/// The beginning of what a server said, in printable ASCII. An escape is shown
/// whole or not at all, and dots tell that there is more.
pub(super) fn excerpt(bytes: &[u8]) -> Box<str> {
    let mut text = String::new();
    for &byte in bytes {
        let shown = core::ascii::escape_default(byte);
        if text.len() + shown.len() > EXCERPT_MAX {
            text.push_str("...");
            break;
        }
        text.extend(shown.map(char::from));
    }
    text.into()
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCommand => f.write_str("the server answers ERROR"),
            Self::ClientError(text) => write!(f, "the server answers CLIENT_ERROR {text}"),
            Self::Unexpected(text) => write!(f, "unexpected reply \"{text}\""),
            Self::BadValueLine(text) => write!(f, "cannot read value line \"{text}\""),
            Self::WrongKey(text) => write!(f, "value of another key than asked: \"{text}\""),
            Self::BadLineEnd => f.write_str("a line does not end in CR LF"),
            Self::LineTooLong => write!(f, "a line is longer than {LINE_MAX} bytes"),
            Self::ValueTooLong => write!(f, "a value is longer than {VALUE_MAX} bytes"),
            Self::BadDataEnd => f.write_str("a value does not end where it should"),
            Self::Premature => f.write_str("reply to a request that is still being sent"),
        }
    }
}

impl std::error::Error for ProtocolError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts() {
        assert_eq!(&*excerpt(b""), "");
        assert_eq!(&*excerpt(b"a \"b\"\r\n\0\xff"), r#"a \"b\"\r\n\x00\xff"#);
        assert_eq!(&*excerpt(&[b'a'; 60]), "a".repeat(60));
        assert_eq!(&*excerpt(&[b'a'; 61]), "a".repeat(60) + "...");
        // 14 escapes of four bytes and three letters leave no room for one more.
        let long = [b"aaa".as_slice(), &[0; 15]].concat();
        assert_eq!(
            &*excerpt(&long),
            "aaa".to_owned() + &r"\x00".repeat(14) + "..."
        );
    }
}
