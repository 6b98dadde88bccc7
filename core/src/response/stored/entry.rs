//! An item's value as it grows.

use core::ops::Range;

use crate::protocol::sha1_hex;

/// The value of an item: a body, behind a stored head or bare.
#[derive(Debug, Default)]
pub struct Entry {
    bytes: Vec<u8>,
    head_size: usize,
    /// Where the entity-tag of the body goes, if one is wanted.
    etag: Option<Range<usize>>,
}

impl Entry {
    /// With this head; `etag` lies within it.
    pub(super) fn behind(head: Vec<u8>, etag: Option<Range<usize>>) -> Self {
        Self {
            head_size: head.len(),
            bytes: head,
            etag,
        }
    }

    /// Appends a part of the body.
    pub fn push_body(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
    }

    /// Bytes of the body so far.
    #[must_use]
    pub fn body_len(&self) -> u64 {
        (self.bytes.len() - self.head_size) as u64
    }

    /// The value, when the body is complete.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(etag) = self.etag {
            let digest = sha1_hex(&self.bytes[self.head_size..]);
            self.bytes[etag].copy_from_slice(&digest);
        }
        self.bytes
    }
}
