//! Bytes on their way out: encoded heads in one buffer, values by reference.
//!
//! Invariant: `segments` is the rest of the stream in order; its `Head`
//! segments together are `heads[taken..]`.

use core::ops::Range;
use std::collections::VecDeque;

use crate::protocol::{CRLF, Command, Data};

/// Bytes encoded ahead of the socket, above which the rest waits as requests,
/// which can still time out or be cancelled.
const BACKLOG_MAX: u64 = 256 * 1024;

/// Values up to this size are copied after their head; a slice of their own
/// costs more than the copy.
const INLINE_MAX: usize = 2048;

/// Written bytes are dropped from the buffer of heads once they are this many,
/// so that a connection that always has more to write does not grow.
const COMPACT_AT: usize = 16 * 1024;

/// Slices offered for one write, at most.
pub const WRITE_SLICES_MAX: usize = 16;

/// The most segments that one command adds: head, value, end of the value.
const SEGMENTS_PER_COMMAND: usize = 3;

#[derive(Debug)]
enum Segment {
    /// Bytes of `heads`.
    Head { len: usize },
    /// The value of a command from `offset` on.
    Value { id: u64, offset: usize },
}

/// The stream of one connection from its first byte on.
#[derive(Debug, Default)]
pub(super) struct SendBuffer {
    heads: Vec<u8>,
    /// Bytes at the beginning of `heads` that were written.
    taken: usize,
    segments: VecDeque<Segment>,
    encoded: u64,
    written: u64,
}

/// Slices of the stream for one vectored write, in order.
#[derive(Debug)]
pub struct Transmit<'a> {
    slices: [&'a [u8]; WRITE_SLICES_MAX],
    count: usize,
}

impl<'a> Transmit<'a> {
    pub(super) const fn empty() -> Self {
        Self {
            slices: [&[]; WRITE_SLICES_MAX],
            count: 0,
        }
    }

    /// The slices; none when there is nothing to write.
    #[must_use]
    pub fn slices(&self) -> &[&'a [u8]] {
        &self.slices[..self.count]
    }

    /// Whether there was room for it.
    fn push(&mut self, slice: &'a [u8]) -> bool {
        let Some(free) = self.slices.get_mut(self.count) else {
            return false;
        };
        *free = slice;
        self.count += 1;
        true
    }
}

impl SendBuffer {
    /// Bytes written since the connection was made.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether another command should be encoded now.
    pub(super) fn has_room(&self) -> bool {
        self.encoded - self.written < BACKLOG_MAX
            && self.segments.len() + SEGMENTS_PER_COMMAND <= WRITE_SLICES_MAX
    }

    /// Begins the stream of a new connection.
    pub(super) fn clear(&mut self) {
        *self = Self {
            heads: std::mem::take(&mut self.heads),
            ..Self::default()
        };
        self.heads.clear();
    }

    /// Appends a command. Its value is not copied if it is large, and will be
    /// asked for by `id`. Returns which bytes of the stream the command is.
    pub(super) fn encode<D: Data>(&mut self, id: u64, command: &Command<D>) -> Range<u64> {
        let start = self.encoded;
        self.compact();
        let before = self.heads.len();
        command.encode_head(&mut self.heads);
        match command.data() {
            None => self.push_head(before),
            Some(data) if data.len() <= INLINE_MAX => {
                let mut offset = 0;
                while offset < data.len() {
                    let part = data.part(offset);
                    self.heads.extend_from_slice(part);
                    offset += part.len();
                }
                self.heads.extend_from_slice(CRLF);
                self.push_head(before);
            }
            Some(data) => {
                self.push_head(before);
                self.segments.push_back(Segment::Value { id, offset: 0 });
                self.encoded += data.len() as u64;
                let before = self.heads.len();
                self.heads.extend_from_slice(CRLF);
                self.push_head(before);
            }
        }
        start..self.encoded
    }

    fn compact(&mut self) {
        if self.taken >= COMPACT_AT {
            self.heads.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// What was appended to `heads` since they had `before` bytes is next in the
    /// stream.
    fn push_head(&mut self, before: usize) {
        let added = self.heads.len() - before;
        self.encoded += added as u64;
        if let Some(Segment::Head { len }) = self.segments.back_mut() {
            *len += added;
        } else {
            self.segments.push_back(Segment::Head { len: added });
        }
    }

    /// The next slices of the stream; `value` finds the value of a command.
    pub(super) fn transmit<'a, D: Data + 'a>(
        &'a self,
        value: impl Fn(u64) -> Option<&'a D>,
    ) -> Transmit<'a> {
        let mut transmit = Transmit::empty();
        let mut at = self.taken;
        'segments: for segment in &self.segments {
            match *segment {
                Segment::Head { len } => {
                    if !transmit.push(&self.heads[at..at + len]) {
                        break;
                    }
                    at += len;
                }
                Segment::Value { id, mut offset } => {
                    let Some(data) = value(id) else { break };
                    while offset < data.len() {
                        let part = data.part(offset);
                        if !transmit.push(part) {
                            break 'segments;
                        }
                        offset += part.len();
                    }
                }
            }
        }
        transmit
    }

    /// `count` bytes of what [`transmit`](Self::transmit) offered were written.
    pub(super) fn advance<'a, D: Data + 'a>(
        &mut self,
        mut count: usize,
        value: impl Fn(u64) -> Option<&'a D>,
    ) {
        self.written += count as u64;
        while count > 0 {
            let Some(segment) = self.segments.front_mut() else {
                break;
            };
            match segment {
                Segment::Head { len } => {
                    let step = count.min(*len);
                    *len -= step;
                    self.taken += step;
                    count -= step;
                    if *len > 0 {
                        break;
                    }
                }
                Segment::Value { id, offset } => {
                    let Some(data) = value(*id) else { break };
                    let step = count.min(data.len() - *offset);
                    *offset += step;
                    count -= step;
                    if *offset < data.len() {
                        break;
                    }
                }
            }
            self.segments.pop_front();
        }
        if self.segments.is_empty() {
            self.heads.clear();
            self.taken = 0;
        }
    }
}

#[cfg(test)]
mod tests;
