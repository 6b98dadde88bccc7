//! Why a response is not stored.

use core::fmt;

use super::stored::Unstorable;

/// The first thing that forbids it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The option `methods` does not name the request's method.
    Method,
    /// A response to HEAD has no body to store.
    Head,
    /// The option `status` does not name it; without `headers` only whole 200
    /// responses can be given back.
    Status(i32),
    /// The body came from memcached, under this very key.
    FromCache,
    /// A hit could not name the coding, or would name it to clients that do
    /// not accept it.
    ContentEncoding,
    /// This directive of `Cache-Control`.
    CacheControl(&'static str),
    /// The response sets a cookie, which is for one visitor.
    SetCookie,
    /// The response depends on this header of the request.
    Vary(Box<str>),
    /// The request carried credentials and the response does not say that it
    /// is for all (RFC 9111 section 3.5).
    Authorization,
    /// `Expires` or `Age` say that it is stale already.
    Expired,
    /// The body is larger than `maxsize`.
    TooLarge,
    /// The body ended early.
    Cut,
    /// A part of the body could not be read; the host's words.
    Unreadable(Box<str>),
    /// The body is being sent already.
    TooLate,
    /// The headers cannot be stored.
    Headers(Unstorable),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("method"),
            Self::Head => f.write_str("HEAD"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::FromCache => f.write_str("comes from this item"),
            Self::ContentEncoding => f.write_str("Content-Encoding"),
            Self::CacheControl(directive) => write!(f, "Cache-Control: {directive}"),
            Self::SetCookie => f.write_str("Set-Cookie"),
            Self::Vary(name) => write!(f, "Vary: {name}"),
            Self::Authorization => f.write_str("Authorization in the request"),
            Self::Expired => f.write_str("expired"),
            Self::TooLarge => f.write_str("larger than maxsize"),
            Self::Cut => f.write_str("body cut short"),
            Self::Unreadable(why) => write!(f, "body cannot be read: {why}"),
            Self::TooLate => f.write_str("response is being sent already"),
            Self::Headers(why) => why.fmt(f),
        }
    }
}
