//! The value of an item that is being collected.

use core::ops::Range;

use super::fresh_until::digits;
use crate::protocol::sha1_hex;

/// Room for no more than this is made before the bytes come, which may be never.
const AT_ONCE: u64 = 1024 * 1024;

/// The value of a new item: a body, with a stored head in front of it or bare.
#[derive(Debug, Default)]
pub struct NewItem {
    bytes: Vec<u8>,
    head_size: usize,
    /// Place for the entity-tag of the body, if one is to be added.
    etag: Option<Range<usize>>,
    /// Place for the end of the lifetime, if the head has the private line.
    fresh_until: Option<Range<usize>>,
}

impl NewItem {
    /// An item with this head; both places are parts of it.
    pub(super) fn with_head(
        head: Vec<u8>,
        etag: Option<Range<usize>>,
        fresh_until: Option<Range<usize>>,
    ) -> Self {
        Self {
            head_size: head.len(),
            bytes: head,
            etag,
            fresh_until,
        }
    }

    /// Makes room for so much of the body, so that it need not move when it comes.
    pub fn expect_body(&mut self, len: u64) {
        let len = len.min(AT_ONCE);
        self.bytes.reserve_exact(usize::try_from(len).unwrap_or(0));
    }

    /// Appends a part of the body.
    pub fn push_body(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
    }

    /// Length of the body so far, in bytes.
    #[must_use]
    pub fn body_len(&self) -> u64 {
        (self.bytes.len() - self.head_size) as u64
    }

    /// Length of the value so far, with the head, in bytes.
    #[must_use]
    pub fn value_len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Sets until when the response is fresh, in seconds since 1970, if the head
    /// says that. Until then it says that it never was.
    pub fn set_fresh_until(&mut self, unix_secs: u64) {
        if let Some(place) = self.fresh_until.clone() {
            self.bytes[place].copy_from_slice(&digits(unix_secs));
        }
    }

    /// The value, once the body is complete.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(etag) = self.etag {
            let digest = sha1_hex([&self.bytes[self.head_size..]]);
            self.bytes[etag].copy_from_slice(&digest);
        }
        self.bytes
    }
}
