//! Why a request has nothing to do with the cache.

/// The first reason neither to look a request up nor to store its response. The
/// text follows `bypass: ` in a request's status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bypass {
    /// The target names a scheme and a host of its own, or is `*`; the backend is
    /// told another host than the key has (RFC 9112, section 3.2).
    #[error("absolute-form")]
    AbsoluteForm,
    /// The target has a fragment, which no client may send.
    #[error("fragment")]
    Fragment,
    /// A header that `vary` names has a value too long for a key.
    #[error("vary")]
    Vary,
    /// The request accepts no body without a coding, as items may have.
    #[error("identity refused")]
    IdentityRefused,
    /// The request has a cookie of this name, which is for one visitor.
    #[error("cookie {0}")]
    Cookie(Box<str>),
    /// The request has a `Cookie` in which names cannot be told for sure.
    #[error("malformed Cookie")]
    MalformedCookie,
    /// It is not known what keys the items of its namespace have.
    #[error("namespace")]
    Namespace,
    /// The option `bypass` says so.
    #[error("pattern")]
    Asked,
}

/// Applies the option `bypass` to the text of its pattern: anything except the
/// empty text and `0` asks for it.
///
/// # Errors
/// [`Bypass::Asked`].
pub fn check_pattern_text(text: &[u8]) -> Result<(), Bypass> {
    match text {
        b"" | b"0" => Ok(()),
        _ => Err(Bypass::Asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_texts() {
        for text in [&b""[..], b"0"] {
            assert_eq!(check_pattern_text(text), Ok(()));
        }
        for text in [&b"1"[..], b"00", b" ", b"no", b"false"] {
            assert_eq!(check_pattern_text(text), Err(Bypass::Asked));
        }
    }
}
