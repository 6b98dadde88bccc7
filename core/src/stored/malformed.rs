//! Why a value is no stored response.

use super::kind::are_own;

/// The first defect of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It does not begin with a status line such as `HTTP/1.1 200 OK`.
    #[error("no HTTP/1.1 status line")]
    StatusLine,
    /// No whole response has its status; see [`is_whole`](super::is_whole).
    #[error("a status that no whole response has")]
    Status,
    /// A line is no header.
    #[error("a line that is no header")]
    Header,
    /// The empty line is missing.
    #[error("no empty line after the headers")]
    Unfinished,
    /// The headers are larger than [`HEAD_MAX`](super::HEAD_MAX).
    #[error("headers larger than 64 KiB")]
    TooLarge,
    /// The body is not as long as `Content-Length` says, or is framed.
    #[error("a body of another length than its headers say")]
    Length,
    /// It does not begin like a response, and has flags by which client libraries
    /// mark values that they compressed or serialized.
    #[error("no response head, but flags {flags}: some client compressed or serialized it")]
    Encoded {
        /// The flags of the item.
        flags: u32,
    },
}

impl Malformed {
    /// The defect of a value that begins with `start` and has these flags, where
    /// `defect` was found in it.
    pub(super) fn of(start: &[u8], flags: u32, defect: Self) -> Self {
        if are_own(flags) || start.starts_with(b"HTTP/1.") {
            defect
        } else {
            Self::Encoded { flags }
        }
    }
}
