//! Why a response is not stored.

use super::bypass::Bypass;
use crate::stored::Unstorable;

/// The first rule that forbids it, in words for logs and `MEMCACHED_STORE`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStored {
    /// The option `methods` does not name the request's method.
    #[error("method")]
    Method,
    /// The request has nothing to do with the cache.
    #[error("bypass: {0}")]
    Bypass(Bypass),
    /// A response to HEAD has no body to store.
    #[error("HEAD")]
    Head,
    /// The option `status` does not name it; without `headers` a hit can only
    /// reproduce a 200.
    #[error("status {0}")]
    Status(i32),
    /// It came from memcached, under this very key.
    #[error("comes from this item")]
    SameItem,
    /// It came from another item, and its time to live is over if it is counted
    /// from when the origin made it.
    #[error("comes from an item that is too old")]
    TooOld,
    /// It came from another item, which does not tell how old it is.
    #[error("comes from an item of unknown age")]
    UnknownAge,
    /// Only one request at a time makes the page, and this is another.
    #[error("another request may make it")]
    NotTheOne,
    /// A hit could not name the coding, or would name it to clients that do not
    /// accept it.
    #[error("Content-Encoding")]
    ContentEncoding,
    /// This directive of this header.
    #[error("{field}: {directive}")]
    Directive {
        /// Name of the header.
        field: &'static str,
        /// What it says.
        directive: &'static str,
    },
    /// The response sets a cookie, which is meant for one visitor.
    #[error("Set-Cookie")]
    SetCookie,
    /// Likewise, in the form of RFC 2965.
    #[error("Set-Cookie2")]
    SetCookie2,
    /// The response depends on this header of the request.
    #[error("Vary: {0}")]
    Vary(Box<str>),
    /// The request carried credentials and the response does not allow sharing
    /// (RFC 9111 section 3.5).
    #[error("Authorization in the request")]
    Authorization,
    /// `Expires` or `Age` say that it is stale already.
    #[error("expired")]
    Expired,
    /// It names no lifetime, which `require_lifetime` wants.
    #[error("no lifetime")]
    NoLifetime,
    /// It is a part of a larger response.
    #[error("Content-Range")]
    ContentRange,
    /// It does not announce the length of its body, which `known_length` wants.
    #[error("unknown length")]
    UnknownLength,
    /// Browsers would run the body of a hit, or run it as a page, which the media
    /// type of the response kept them from doing.
    #[error("a hit would be {hit} instead of {response}")]
    BodyOnly {
        /// Media type of the response.
        response: Box<str>,
        /// Media type of a hit.
        hit: Box<str>,
    },
    /// The body is larger than `maxsize`.
    #[error("larger than maxsize")]
    TooLarge,
    /// The item would be larger than `max_value`, and so never read.
    #[error("larger than max_value")]
    AboveMaxValue,
    /// A 304 that is to renew an item belongs to another response.
    #[error("304 for another response")]
    OtherResponse,
    /// The body ended early.
    #[error("body cut short")]
    Cut,
    /// Part of the body could not be read; what of it.
    #[error("body cannot be read: {0}")]
    Unreadable(Box<str>),
    /// The body is being sent already.
    #[error("response is being sent already")]
    TooLate,
    /// The headers cannot be stored.
    #[error(transparent)]
    Headers(Unstorable),
}

/// Where the reason lies, and so what it means for the next request of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The response says that it must not be kept: what is kept of its key is not to
    /// be served any more.
    Forbidden,
    /// The response is not for this cache.
    Response,
    /// The request; another one may get a response that can be stored.
    Request,
    /// The response failed this time.
    Failure,
}

impl NotStored {
    /// Where the reason lies.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Directive {
                directive: "private" | "no-store",
                ..
            } => Cause::Forbidden,
            Self::Method | Self::Bypass(_) | Self::Head | Self::NotTheOne | Self::Authorization => {
                Cause::Request
            }
            Self::Status(500..) | Self::Cut | Self::Unreadable(_) | Self::TooLate => Cause::Failure,
            _ => Cause::Response,
        }
    }

    /// This directive of this header.
    pub(super) const fn directive(field: &'static str, directive: &'static str) -> Self {
        Self::Directive { field, directive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes() {
        for (reason, cause) in [
            (
                NotStored::directive("Cache-Control", "private"),
                Cause::Forbidden,
            ),
            (
                NotStored::directive("CDN-Cache-Control", "no-store"),
                Cause::Forbidden,
            ),
            (
                NotStored::directive("Cache-Control", "no-cache"),
                Cause::Response,
            ),
            (NotStored::SetCookie, Cause::Response),
            (NotStored::Status(404), Cause::Response),
            (NotStored::Status(499), Cause::Response),
            (NotStored::Status(500), Cause::Failure),
            (NotStored::Status(504), Cause::Failure),
            (NotStored::Cut, Cause::Failure),
            (NotStored::Authorization, Cause::Request),
            (NotStored::Head, Cause::Request),
        ] {
            assert_eq!(reason.cause(), cause, "{reason}");
        }
    }
}
