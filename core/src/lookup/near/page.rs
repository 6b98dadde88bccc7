//! One value that is kept.

use crate::protocol::Value;
use crate::stored::Head;

/// A value that is kept, with what a hit sends of it.
#[derive(Debug)]
pub struct Page<P> {
    value: Value<P>,
    head: Option<Head<'static>>,
}

impl<P> Page<P> {
    /// A value as it is, or a whole response whose head was read. What was said of its version
    /// is forgotten: that counts where it was read alone.
    #[must_use]
    pub fn new(mut value: Value<P>, head: Option<Head<'static>>) -> Self {
        value.marks = None;
        Self { value, head }
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> &Value<P> {
        &self.value
    }

    /// Its head, if that was read.
    #[must_use]
    pub const fn head(&self) -> Option<&Head<'static>> {
        self.head.as_ref()
    }

    /// Bytes that its value and its head take.
    pub(super) fn size(&self) -> u64 {
        let head = self.head.as_ref().map_or(0, Head::memory);
        self.value.len.saturating_add(head as u64)
    }
}
