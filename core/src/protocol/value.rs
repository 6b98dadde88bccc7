//! Values, in the pieces in which they were read.

use core::ops::Range;

/// Bytes that were read, of which parts can be kept. The driver decides where
/// they live.
pub trait Input {
    /// A part of a value that outlives the input.
    type Piece;

    /// All bytes that were read.
    fn bytes(&self) -> &[u8];

    /// Keeps a part of them; `range` is within [`bytes`](Self::bytes) and is
    /// not empty.
    fn piece(&self, range: Range<usize>) -> Self::Piece;
}

impl Input for &[u8] {
    type Piece = Vec<u8>;

    fn bytes(&self) -> &[u8] {
        self
    }

    fn piece(&self, range: Range<usize>) -> Vec<u8> {
        self.get(range).unwrap_or_default().to_vec()
    }
}

/// The pieces of a value in order. Most values come in one, which takes no
/// allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces<P> {
    first: Option<P>,
    rest: Vec<P>,
}

impl<P> Default for Pieces<P> {
    fn default() -> Self {
        Self {
            first: None,
            rest: Vec::new(),
        }
    }
}

impl<P> Pieces<P> {
    /// Appends a piece.
    pub fn push(&mut self, piece: P) {
        if self.first.is_none() {
            self.first = Some(piece);
        } else {
            self.rest.push(piece);
        }
    }

    /// The pieces in order.
    pub fn iter(&self) -> impl Iterator<Item = &P> {
        self.first.iter().chain(&self.rest)
    }
}

/// The value of an item, with what the server says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<P> {
    /// The number that it was stored with.
    pub flags: u32,
    /// The item's version, if that was asked for.
    pub cas: Option<u64>,
    /// Length in bytes.
    pub len: u64,
    /// The bytes; none where `len` is 0.
    pub pieces: Pieces<P>,
}
