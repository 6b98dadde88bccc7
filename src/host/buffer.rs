//! The host's reference-counted buffers. They are touched on one thread only
//! until they are handed to the host.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;

use super::Socket;
use super::ffi;

/// One reference to a host buffer.
struct Reference(NonNull<ffi::mmc_buffer>);

impl Reference {
    fn ptr(&self) -> *mut ffi::mmc_buffer {
        self.0.as_ptr()
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: the reference keeps the buffer alive.
        unsafe { ffi::mmc_buffer_start(self.ptr()) }
    }

    fn used(&self) -> usize {
        // SAFETY: as above.
        unsafe { ffi::mmc_buffer_used(self.ptr()) }
    }
}

impl Clone for Reference {
    fn clone(&self) -> Self {
        // SAFETY: as above; the new reference is counted.
        unsafe { ffi::mmc_buffer_acquire(self.ptr()) };
        Self(self.0)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is.
        unsafe { ffi::mmc_buffer_release(self.ptr()) };
    }
}

/// A buffer that is being filled. What is in it does not change any more and
/// can be shared in parts; this is the only way to add to it.
pub struct Buffer(Reference);

impl Buffer {
    /// An empty one with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        // SAFETY: takes a number; the host ends the process when memory is out.
        let buffer = unsafe { ffi::mmc_buffer_new(capacity) };
        Self(Reference(
            NonNull::new(buffer).expect("the host's allocator never fails"),
        ))
    }

    /// Bytes that can still be added.
    pub fn room(&self) -> usize {
        self.spare().1
    }

    fn spare(&self) -> (*mut u8, usize) {
        let used = self.0.used();
        // SAFETY: the reference keeps the buffer alive.
        let capacity = unsafe { ffi::mmc_buffer_capacity(self.0.ptr()) };
        (self.0.start().wrapping_add(used), capacity - used)
    }

    fn grow(&mut self, by: usize) {
        let used = self.0.used() + by;
        // SAFETY: `used` bytes of the buffer have been written.
        unsafe { ffi::mmc_buffer_set_used(self.0.ptr(), used) };
    }

    /// Reads once into the room that is left.
    ///
    /// # Errors
    /// What the operating system says of the socket.
    pub fn read_from(&mut self, socket: &Socket) -> io::Result<usize> {
        let (start, room) = self.spare();
        // SAFETY: `start` begins `room` bytes that no part refers to.
        let count = unsafe { socket.recv(start, room) }?;
        self.grow(count);
        Ok(count)
    }

    /// Appends bytes, as many as there is room for.
    pub fn extend(&mut self, bytes: &[u8]) {
        let (start, room) = self.spare();
        let count = bytes.len().min(room);
        // SAFETY: `count` bytes fit at `start`; no part refers to them, so
        // `bytes` lie elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, count) };
        self.grow(count);
    }

    /// What is in it.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `used` bytes were written, and nothing is added or taken
        // away while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(self.0.start(), self.0.used()) }
    }

    /// A part of it, with a reference of its own. `range` lies within.
    pub fn slice(&self, range: Range<usize>) -> BufferSlice {
        assert!(range.start <= range.end && range.end <= self.0.used());
        BufferSlice {
            buffer: self.0.clone(),
            offset: range.start,
            len: range.len(),
        }
    }

    /// Empties it if no part of it is kept anywhere; whether that was so.
    pub fn reuse(&mut self) -> bool {
        // SAFETY: the reference keeps the buffer alive.
        let unique = unsafe { ffi::mmc_buffer_is_unique(self.0.ptr()) };
        if unique {
            // SAFETY: as above, and nobody else refers to what was written.
            unsafe { ffi::mmc_buffer_set_used(self.0.ptr(), 0) };
        }
        unique
    }
}

/// A part of what is in a buffer.
#[derive(Clone)]
pub struct BufferSlice {
    buffer: Reference,
    offset: usize,
    len: usize,
}

impl AsRef<[u8]> for BufferSlice {
    fn as_ref(&self) -> &[u8] {
        let start = self.buffer.start().wrapping_add(self.offset);
        // SAFETY: the part lies within what was written, which does not change
        // while a reference exists.
        unsafe { std::slice::from_raw_parts(start, self.len) }
    }
}

impl BufferSlice {
    /// A part of it, with a reference of its own. `range` lies within.
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len);
        Self {
            buffer: self.buffer.clone(),
            offset: self.offset + range.start,
            len: range.len(),
        }
    }

    pub(super) fn parts(&self) -> (*mut ffi::mmc_buffer, usize, usize) {
        (self.buffer.ptr(), self.offset, self.len)
    }
}
