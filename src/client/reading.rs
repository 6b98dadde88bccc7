//! Where bytes from memcached are read to, and how values are cut out of them.
//!
//! Large parts of values are handed on by reference, so a large value is never
//! copied: the system writes it to where the response takes it from. Small ones
//! are copied, so that a slow client does not keep a read buffer in memory.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use memcached_core::protocol::Input;

use super::tls::{Layer, PLAIN_EXTRA};
use crate::host::{Buffer, BufferSlice, Socket};

/// Bytes of one read, at most.
const READ_SIZE: usize = 64 * 1024;

// Where TLS is read, that room must do for what is read and what was left of a record.
const _: () = assert!(READ_ROOM_MIN > PLAIN_EXTRA);

/// A read buffer of which parts are kept is filled further while it has this much
/// room, in bytes.
const READ_ROOM_MIN: usize = READ_SIZE / 2;

/// A part of a value is copied if it has fewer bytes than this.
const COPY_BELOW: usize = 16 * 1024;

/// Parts up to [`SHARED_MAX`] are copied into a buffer of this size in bytes that
/// several of them share: it costs more to make a buffer than to copy into one.
const SHARED_SIZE: usize = 8 * 1024;

const SHARED_MAX: usize = SHARED_SIZE / 4;

/// Bytes that were just read.
pub(super) struct ReadInput<'a> {
    buffer: Buffer,
    start: usize,
    shared: &'a RefCell<Option<Buffer>>,
}

impl Input for ReadInput<'_> {
    type Piece = BufferSlice;

    fn bytes(&self) -> &[u8] {
        &self.buffer.as_slice()[self.start..]
    }

    fn piece(&self, range: Range<usize>) -> BufferSlice {
        if range.len() >= COPY_BELOW {
            return self
                .buffer
                .slice(self.start + range.start..self.start + range.end);
        }
        let bytes = &self.bytes()[range];
        if bytes.len() > SHARED_MAX {
            return Buffer::holding([bytes].into_iter());
        }
        let mut shared = self.shared.borrow_mut();
        let buffer = shared.get_or_insert_with(|| Buffer::with_capacity(SHARED_SIZE));
        if !buffer.reuse() && buffer.room() < bytes.len() {
            *buffer = Buffer::with_capacity(SHARED_SIZE);
        }
        append(buffer, bytes)
    }
}

fn append(buffer: &mut Buffer, bytes: &[u8]) -> BufferSlice {
    let start = buffer.as_slice().len();
    buffer.extend(bytes);
    buffer.slice(start..start + bytes.len())
}

/// The read buffer of a worker, and the one that small values share.
#[derive(Default)]
pub(super) struct ReadBuffers {
    current: RefCell<Option<Buffer>>,
    shared: RefCell<Option<Buffer>>,
    /// What is read before TLS has made plain bytes of it. Empty until it is needed.
    raw: RefCell<Vec<u8>>,
}

/// What a read gave.
pub(super) enum Read<'a> {
    /// Bytes, and whether there may be more.
    Data(ReadInput<'a>, bool),
    /// The peer closed its end.
    Eof,
    /// There is nothing to read at present.
    Nothing,
}

impl ReadBuffers {
    /// Reads once.
    ///
    /// # Errors
    /// What the operating system says of the socket.
    pub(super) fn read(&self, socket: &Socket) -> io::Result<Read<'_>> {
        let mut buffer = self.take();
        let start = buffer.as_slice().len();
        let result = buffer.read_from(socket);
        match result {
            Ok(count) if count > 0 => {
                let more = buffer.room() == 0;
                Ok(Read::Data(self.input(buffer, start), more))
            }
            other => {
                self.current.replace(Some(buffer));
                other.map_or_else(nothing_or, |_| Ok(Read::Eof))
            }
        }
    }

    /// Reads once through TLS.
    ///
    /// # Errors
    /// What the operating system says of the socket, or what is wrong with what came.
    pub(super) fn read_through(&self, tls: &Layer, socket: &Socket) -> io::Result<Read<'_>> {
        if let Some(end) = tls.end() {
            return end.map(|()| Read::Eof);
        }
        let mut buffer = self.take();
        let start = buffer.as_slice().len();
        let most = buffer.room() - PLAIN_EXTRA;
        let mut raw = self.raw.borrow_mut();
        raw.resize(READ_SIZE, 0);
        let result = socket.receive(&mut raw[..most]);
        if let Ok(count @ 1..) = result {
            tls.receive(&raw[..count], |plain| buffer.extend(plain));
            if buffer.as_slice().len() > start {
                let more = count == most || tls.end().is_some();
                return Ok(Read::Data(self.input(buffer, start), more));
            }
        }
        self.current.replace(Some(buffer));
        match (result, tls.end()) {
            (Ok(0), _) => Ok(Read::Eof),
            (Ok(_), Some(end)) => end.map(|()| Read::Eof),
            (Ok(_), None) => Ok(Read::Nothing),
            (Err(error), _) => nothing_or(error),
        }
    }

    fn take(&self) -> Buffer {
        let current = self.current.borrow_mut().take();
        current.unwrap_or_else(|| Buffer::with_capacity(READ_SIZE))
    }

    const fn input(&self, buffer: Buffer, start: usize) -> ReadInput<'_> {
        ReadInput {
            buffer,
            start,
            shared: &self.shared,
        }
    }

    /// Takes a read buffer back once the values are cut out of it.
    pub(super) fn give_back(&self, input: ReadInput<'_>) {
        let mut buffer = input.buffer;
        if buffer.reuse() || buffer.room() >= READ_ROOM_MIN {
            self.current.replace(Some(buffer));
        }
    }
}

/// An error, unless it says only that there is nothing to read at present.
fn nothing_or<'a>(error: io::Error) -> io::Result<Read<'a>> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Read::Nothing),
        _ => Err(error),
    }
}
