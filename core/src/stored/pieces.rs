//! A value that arrived in pieces: its head in one slice, its body by reference.

use core::ops::Range;
use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::malformed::Malformed;
use super::status::HEAD_MAX;

const END: &[u8] = b"\r\n\r\n";

/// To prepare a search takes longer than the search.
static FIND_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(END));

/// The head of a value, up to the end of its first empty line. It is copied
/// only if it spans several pieces. `len` becomes the length of the whole value;
/// `flags` are those of its item.
///
/// # Errors
/// There is no such line, or it ends past [`HEAD_MAX`].
pub(super) fn head_bytes<'a, P>(
    pieces: impl Iterator<Item = &'a P>,
    flags: u32,
    len: &mut u64,
) -> Result<Cow<'a, [u8]>, Malformed>
where
    P: AsRef<[u8]> + 'a,
{
    *len = 0;
    let mut head: Option<Cow<'a, [u8]>> = None;
    let mut start: Cow<'a, [u8]> = Cow::Borrowed(&[]);
    for piece in pieces {
        let bytes = piece.as_ref();
        *len += bytes.len() as u64;
        if head.is_some() {
            continue;
        }
        // The end may span two pieces.
        let seen = start.len().saturating_sub(END.len() - 1);
        if start.is_empty() {
            start = Cow::Borrowed(&bytes[..bytes.len().min(HEAD_MAX + 1)]);
        } else {
            let room = HEAD_MAX + 1 - start.len();
            start
                .to_mut()
                .extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if let Some(at) = FIND_END.find(&start[seen..]) {
            let end = seen + at + END.len();
            if end > HEAD_MAX {
                return Err(Malformed::of(&start, flags, Malformed::TooLarge));
            }
            head = Some(match &start {
                Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..end]),
                Cow::Owned(bytes) => Cow::Owned(bytes[..end].to_vec()),
            });
        } else if start.len() > HEAD_MAX {
            return Err(Malformed::of(&start, flags, Malformed::TooLarge));
        }
    }
    head.ok_or_else(|| Malformed::of(&start, flags, Malformed::Unfinished))
}

/// The pieces that hold these bytes of the whole value, each with the range
/// within it.
pub fn pieces<'a, P>(
    pieces: impl Iterator<Item = &'a P>,
    bytes: Range<u64>,
) -> impl Iterator<Item = (&'a P, Range<usize>)>
where
    P: AsRef<[u8]> + 'a,
{
    let mut at = 0;
    pieces.filter_map(move |piece| {
        let (start, len) = (at, piece.as_ref().len() as u64);
        at += len;
        let clamp = |offset: u64| {
            usize::try_from(offset.clamp(start, start + len) - start).unwrap_or(usize::MAX)
        };
        let range = clamp(bytes.start)..clamp(bytes.end);
        (!range.is_empty()).then_some((piece, range))
    })
}
