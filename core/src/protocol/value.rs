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
    /// Few values have any, and all are moved about with the room for it.
    #[allow(clippy::box_collection)]
    rest: Option<Box<Vec<P>>>,
}

impl<P> Default for Pieces<P> {
    fn default() -> Self {
        Self {
            first: None,
            rest: None,
        }
    }
}

impl<P> Pieces<P> {
    /// Appends a piece.
    pub fn push(&mut self, piece: P) {
        if self.first.is_none() {
            self.first = Some(piece);
        } else {
            self.rest.get_or_insert_default().push(piece);
        }
    }

    /// The pieces in order.
    pub fn iter(&self) -> impl Iterator<Item = &P> + Clone {
        let rest = self.rest.iter().flat_map(|rest| rest.iter());
        self.first.iter().chain(rest)
    }
}

/// The value of an item, with what the server says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<P> {
    /// The number that it was stored with.
    pub flags: u32,
    /// What else was asked for. Few lookups do, and all values are moved about
    /// with the room for it.
    pub marks: Option<Box<Marks>>,
    /// Length in bytes.
    pub len: u64,
    /// The bytes; none where `len` is 0.
    pub pieces: Pieces<P>,
}

impl<P> Value<P> {
    /// The item's version, if that was asked for.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.marks.as_ref().map(|marks| marks.version)
    }

    /// Leaves the right to make the item to another: this value says that somebody
    /// has it.
    pub(crate) fn yield_right(&mut self) {
        if let Some(marks) = &mut self.marks {
            marks.taken |= marks.won;
            marks.won = false;
        }
    }
}

/// What a server says of an item beside its value (protocol.txt, "Meta Get").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its version, another after each change (`cas unique`).
    pub version: u64,
    /// Seconds until it expires; `None` if it never does, or if it was made by
    /// this very lookup.
    pub ttl_left: Option<u32>,
    /// Who asked is to make the item anew, and nobody else.
    pub won: bool,
    /// Somebody else is making it anew.
    pub taken: bool,
    /// It was marked as out of date.
    pub stale: bool,
    /// On which connection this was said.
    pub pin: Pin,
}

/// Names a connection, as long as it is open; another one to the same server has
/// another name. A server that was restarted gives the versions of other items
/// out again, so a version counts only where it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pin(u64);

impl Pin {
    /// Places among a server's connections.
    const PLACES: u64 = 16;

    /// The connection that is the `life`th of those made at a place among the
    /// server's connections; the first life is 1, a place is below 16.
    pub(crate) const fn of(place: usize, life: u64) -> Self {
        Self(life.wrapping_mul(Self::PLACES).wrapping_add(place as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a driver has them: the buffer, the offset in it and the length.
    type SmallPiece = (&'static u8, u32, u32);

    #[test]
    fn the_values_of_a_batch_fit_the_small_sizes_of_malloc() {
        assert!(16 * size_of::<(usize, Value<SmallPiece>)>() <= 1024);
    }

    #[test]
    fn pieces_keep_their_order() {
        let mut pieces = Pieces::default();
        for at in 0..4 {
            assert_eq!(pieces.iter().count(), at);
            pieces.push(at);
        }
        assert_eq!(pieces.iter().copied().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}
