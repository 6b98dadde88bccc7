//! The value of an item that is being collected.

use core::ops::Range;

use crate::protocol::sha1_hex;

/// The value of a new item: a body, with a stored head in front of it or bare.
#[derive(Debug, Default)]
pub struct NewItem {
    bytes: Vec<u8>,
    head_size: usize,
    /// Place for the entity-tag of the body, if one is to be added.
    etag: Option<Range<usize>>,
}

impl NewItem {
    /// An item with this head; `etag` is a part of it.
    pub(super) fn with_head(head: Vec<u8>, etag: Option<Range<usize>>) -> Self {
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

    /// The value, once the body is complete.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        if let Some(etag) = self.etag {
            let digest = sha1_hex(&self.bytes[self.head_size..]);
            self.bytes[etag].copy_from_slice(&digest);
        }
        self.bytes
    }
}
