//! Bytes on their way out: encoded heads in one buffer, values by reference.
//!
//! Invariant: `pieces` is the rest of the stream in order; its `Inline` pieces
//! together are `heads[taken..]`.

use core::ops::Range;
use std::collections::VecDeque;

use crate::protocol::{CRLF, Command, Data, Key, Retrieve};

/// Values up to this size are copied behind their head; a piece of their own
/// costs more than the copy.
const INLINE_MAX: usize = 2048;

/// Written bytes are dropped from the buffer of heads once there are so many,
/// so that a connection that always has more to write does not grow.
const COMPACT_AT: usize = 16 * 1024;

/// So many parts are offered for one write.
pub const PARTS_MAX: usize = 16;

#[derive(Debug)]
enum Piece {
    Inline { len: usize },
    Value { serial: u64, offset: usize },
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    heads: Vec<u8>,
    taken: usize,
    pieces: VecDeque<Piece>,
    encoded: u64,
    written: u64,
}

/// Parts of the stream to hand to one vectored write, in order.
#[derive(Debug)]
pub struct Transmit<'a> {
    parts: [&'a [u8]; PARTS_MAX],
    count: usize,
}

impl<'a> Transmit<'a> {
    pub(super) const fn empty() -> Self {
        Self {
            parts: [&[]; PARTS_MAX],
            count: 0,
        }
    }

    /// The parts; none when there is nothing to write.
    #[must_use]
    pub fn parts(&self) -> &[&'a [u8]] {
        &self.parts[..self.count]
    }
}

impl Outbox {
    /// Bytes written since the connection was made.
    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn backlog(&self) -> u64 {
        self.encoded - self.written
    }

    pub fn is_full(&self) -> bool {
        self.pieces.len() + 3 > PARTS_MAX
    }

    pub fn clear(&mut self) {
        *self = Self {
            heads: std::mem::take(&mut self.heads),
            ..Self::default()
        };
        self.heads.clear();
    }

    /// Appends a command; returns which bytes of the stream it is.
    pub fn encode<D: Data>(&mut self, serial: u64, command: &Command<D>) -> Range<u64> {
        let start = self.encoded;
        self.append(serial, command);
        start..self.encoded
    }

    /// Appends one `get` of several keys; returns which bytes of the stream it is.
    pub fn encode_together<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) -> Range<u64> {
        let start = self.encoded;
        self.compact();
        let before = self.heads.len();
        Retrieve::encode_batch(&mut self.heads, keys);
        self.push_inline(before);
        start..self.encoded
    }

    fn compact(&mut self) {
        if self.taken >= COMPACT_AT {
            self.heads.drain(..self.taken);
            self.taken = 0;
        }
    }

    fn append<D: Data>(&mut self, serial: u64, command: &Command<D>) {
        self.compact();
        let before = self.heads.len();
        command.encode_head(&mut self.heads);
        let Some(data) = command.data() else {
            self.push_inline(before);
            return;
        };
        if data.len() <= INLINE_MAX {
            let mut offset = 0;
            while offset < data.len() {
                let part = data.part(offset);
                self.heads.extend_from_slice(part);
                offset += part.len();
            }
            self.heads.extend_from_slice(CRLF);
            self.push_inline(before);
        } else {
            self.push_inline(before);
            self.pieces.push_back(Piece::Value { serial, offset: 0 });
            self.encoded += data.len() as u64;
            let before = self.heads.len();
            self.heads.extend_from_slice(CRLF);
            self.push_inline(before);
        }
    }

    fn push_inline(&mut self, before: usize) {
        let added = self.heads.len() - before;
        self.encoded += added as u64;
        if let Some(Piece::Inline { len }) = self.pieces.back_mut() {
            *len += added;
        } else {
            self.pieces.push_back(Piece::Inline { len: added });
        }
    }

    /// The next parts of the stream; `value` finds the value of a request.
    pub fn transmit<'a, D: Data + 'a>(
        &'a self,
        value: impl Fn(u64) -> Option<&'a D>,
    ) -> Transmit<'a> {
        let mut transmit = Transmit::empty();
        let mut at = self.taken;
        'pieces: for piece in &self.pieces {
            match *piece {
                Piece::Inline { len } => {
                    if !transmit.push(&self.heads[at..at + len]) {
                        break;
                    }
                    at += len;
                }
                Piece::Value { serial, mut offset } => {
                    let Some(data) = value(serial) else { break };
                    while offset < data.len() {
                        let part = data.part(offset);
                        if !transmit.push(part) {
                            break 'pieces;
                        }
                        offset += part.len();
                    }
                }
            }
        }
        transmit
    }

    /// `count` bytes of what [`Outbox::transmit`] offered were written.
    pub fn advance<'a, D: Data + 'a>(
        &mut self,
        mut count: usize,
        value: impl Fn(u64) -> Option<&'a D>,
    ) {
        self.written += count as u64;
        while count > 0 {
            let Some(piece) = self.pieces.front_mut() else {
                break;
            };
            match piece {
                Piece::Inline { len } => {
                    let step = count.min(*len);
                    *len -= step;
                    self.taken += step;
                    count -= step;
                    if *len > 0 {
                        break;
                    }
                }
                Piece::Value { serial, offset } => {
                    let Some(data) = value(*serial) else { break };
                    let step = count.min(data.len() - *offset);
                    *offset += step;
                    count -= step;
                    if *offset < data.len() {
                        break;
                    }
                }
            }
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.heads.clear();
            self.taken = 0;
        }
    }
}

impl<'a> Transmit<'a> {
    fn push(&mut self, part: &'a [u8]) -> bool {
        if self.count == PARTS_MAX {
            return false;
        }
        self.parts[self.count] = part;
        self.count += 1;
        true
    }
}
