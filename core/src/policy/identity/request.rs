//! What the key of a request depends on beside its pattern and headers.

use crate::policy::bypass::Bypass;

/// A request as the client sent it, and what became of its path.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The target of the request line, unchanged.
    pub raw: &'a [u8],
    /// Path and query of the target, unchanged; `raw` unless that has a scheme.
    pub target: &'a [u8],
    /// Path and query as they are sent on to a proxied backend: `target`, unless
    /// something has rewritten it.
    pub sent_on: &'a [u8],
    /// The path as it is now: decoded, simplified, perhaps rewritten.
    pub path: &'a [u8],
    /// The value of `Host`.
    pub host: Option<&'a [u8]>,
    /// Whether the scheme is https.
    pub is_secure: bool,
    /// The port that the connection came to; none on a unix socket.
    pub listener_port: Option<u16>,
}

impl<'a> Request<'a> {
    /// Refuses targets that the host and a backend are known to read differently:
    /// those with a scheme and a host of their own (RFC 9112, section 3.2.2),
    /// whose host counts for the key while the backend gets `Host`, and those with
    /// a fragment.
    ///
    /// # Errors
    /// The reason to leave the cache out of it.
    pub fn check_target(&self) -> Result<(), Bypass> {
        if self.raw.first() != Some(&b'/') {
            return Err(Bypass::AbsoluteForm);
        }
        if memchr::memchr(b'#', self.raw).is_some() {
            return Err(Bypass::Fragment);
        }
        Ok(())
    }

    /// The target's path.
    pub(super) fn target_path(&self) -> &'a [u8] {
        self.split_target().0
    }

    /// Whether the target has a query.
    pub(super) fn has_query(&self) -> bool {
        self.split_target().1
    }

    fn split_target(&self) -> (&'a [u8], bool) {
        match memchr::memchr(b'?', self.target) {
            Some(end) => (&self.target[..end], true),
            None => (self.target, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        for (raw, expected) in [
            ("/", Ok(())),
            ("/a?b=http://c/", Ok(())),
            ("//a", Ok(())),
            ("http://victim.test/a", Err(Bypass::AbsoluteForm)),
            ("http://u:p@victim.test:1337/", Err(Bypass::AbsoluteForm)),
            ("HTTPS://victim.test", Err(Bypass::AbsoluteForm)),
            ("victim.test:443", Err(Bypass::AbsoluteForm)),
            ("*", Err(Bypass::AbsoluteForm)),
            ("", Err(Bypass::AbsoluteForm)),
            ("/a#b", Err(Bypass::Fragment)),
            ("/a?b#", Err(Bypass::Fragment)),
            ("http://a/#b", Err(Bypass::AbsoluteForm)),
        ] {
            let request = Request {
                raw: raw.as_bytes(),
                target: b"/",
                sent_on: b"/",
                path: b"/",
                host: None,
                is_secure: false,
                listener_port: None,
            };
            assert_eq!(request.check_target(), expected, "{raw}");
        }
    }
}
