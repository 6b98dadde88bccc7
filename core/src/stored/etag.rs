//! Entity-tags for responses that bring none: the SHA-1 of the body.

use core::ops::Range;

use crate::protocol::{SHA1_HEX_LEN, sha1_hex};

/// Appends the header with a place for the digest, which it gives back.
pub(super) fn append_place(head: &mut Vec<u8>) -> Range<usize> {
    head.extend_from_slice(b"ETag: \"");
    let start = head.len();
    head.resize(start + SHA1_HEX_LEN, b'0');
    let end = head.len();
    head.extend_from_slice(b"\"\r\n");
    start..end
}

/// Whether a tag was made of this body, which comes in parts, so that the backend does not know it.
#[must_use]
pub fn is_made_of_body<'a>(tag: &[u8], body: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let digest = tag
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    // Most tags are not as long, which spares the work.
    digest.is_some_and(|digest| digest.len() == SHA1_HEX_LEN && digest == sha1_hex(body))
}
