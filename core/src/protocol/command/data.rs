//! Data blocks of commands.

/// The bytes of an item that is being stored, in one part or several.
pub trait Data {
    /// Bytes in all.
    fn len(&self) -> usize;

    /// Whether there is no byte.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in one part from `offset` on; at least one while `offset < len()`.
    fn part(&self, offset: usize) -> &[u8];
}

impl Data for Vec<u8> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn part(&self, offset: usize) -> &[u8] {
        self.get(offset..).unwrap_or_default()
    }
}
