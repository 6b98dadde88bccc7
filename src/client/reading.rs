//! Where bytes from memcached are read to, and how values are cut out of them.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use memcached_core::protocol::Input;

use crate::host::{Buffer, BufferSlice, SharedBuffer, Socket};

/// One read takes so much at most.
const READ_SIZE: usize = 64 * 1024;

/// A smaller part of a value is copied to a buffer of its own, so that a slow
/// client does not keep a whole read buffer in memory for it.
const COPY_BELOW: usize = 16 * 1024;

/// Bytes that were just read.
pub struct ReadInput(SharedBuffer);

impl Input for ReadInput {
    type Piece = BufferSlice;

    fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    fn piece(&self, range: Range<usize>) -> BufferSlice {
        if range.len() >= COPY_BELOW {
            return self.0.slice(range);
        }
        let bytes = &self.0.as_slice()[range];
        let mut copy = Buffer::with_capacity(bytes.len());
        copy.extend(bytes);
        copy.freeze().slice(0..bytes.len())
    }
}

/// The read buffer of a worker: used again and again unless a value still
/// refers to it.
#[derive(Default)]
pub struct ReadBuffers {
    spare: RefCell<Option<Buffer>>,
}

/// What a read gave.
pub enum Read {
    /// Bytes, and whether there may be more.
    Data(ReadInput, bool),
    /// The peer closed its end.
    Eof,
    /// Nothing to be had at present.
    Nothing,
}

impl ReadBuffers {
    /// Reads once.
    ///
    /// # Errors
    /// What the operating system says of the socket.
    pub fn read(&self, socket: &Socket) -> io::Result<Read> {
        let spare = self.spare.borrow_mut().take();
        let mut buffer = spare.unwrap_or_else(|| Buffer::with_capacity(READ_SIZE));
        let result = buffer.read_from(socket);
        match result {
            Ok(0) => {
                self.spare.replace(Some(buffer));
                Ok(Read::Eof)
            }
            Ok(count) => {
                let more = count == buffer.capacity();
                Ok(Read::Data(ReadInput(buffer.freeze()), more))
            }
            Err(error) => {
                self.spare.replace(Some(buffer));
                match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Read::Nothing),
                    _ => Err(error),
                }
            }
        }
    }

    /// Takes a read buffer back when all that was wanted is cut out.
    pub fn give_back(&self, input: ReadInput) {
        if let Ok(buffer) = input.0.try_into_unique() {
            self.spare.replace(Some(buffer));
        }
    }
}
