//! The host's reference-counted buffers. They are touched on one thread only
//! until they are handed to the host.

use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::NonNull;

use super::ffi;
use super::socket::Socket;

/// One reference to a host buffer.
struct Reference(NonNull<ffi::mmc_buffer>);

impl Reference {
    fn ptr(&self) -> *mut ffi::mmc_buffer {
        self.0.as_ptr()
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: the buffer lives while somebody has a reference, as this is.
        unsafe { ffi::mmc_buffer_start(self.ptr()) }
    }

    fn used(&self) -> usize {
        // SAFETY: as in `start`.
        unsafe { ffi::mmc_buffer_used(self.ptr()) }
    }
}

impl Clone for Reference {
    fn clone(&self) -> Self {
        // SAFETY: as in `start`; the new reference is counted.
        unsafe { ffi::mmc_buffer_acquire(self.ptr()) };
        Self(self.0)
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is; the host's function
        // for it is there until the process ends.
        unsafe { ffi::mmc_buffer_release(self.ptr()) };
    }
}

/// A buffer that is being filled. What is in it does not change any more and
/// can be shared in parts; this is the only way to add to it.
pub(crate) struct Buffer(Reference);

impl Buffer {
    /// An empty one with room for `capacity` bytes.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        // SAFETY: takes a number; of 0 bytes the host would allocate nothing.
        let buffer = unsafe { ffi::mmc_buffer_new(capacity.max(1)) };
        match NonNull::new(buffer) {
            Some(buffer) => Self(Reference(buffer)),
            // As the host itself does it.
            None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<u8>()),
        }
    }

    /// All of these bytes, in a buffer that has room for no more.
    pub(crate) fn holding<'b>(parts: impl Iterator<Item = &'b [u8]> + Clone) -> BufferSlice {
        let len = parts.clone().map(<[u8]>::len).sum();
        let mut buffer = Self::with_capacity(len);
        parts.for_each(|part| buffer.extend(part));
        buffer.slice(0..len)
    }

    /// Bytes that can still be added.
    pub(crate) fn room(&self) -> usize {
        // SAFETY: as in `Reference::start`.
        let capacity = unsafe { ffi::mmc_buffer_capacity(self.0.ptr()) };
        capacity - self.0.used()
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        let start = self.0.start().wrapping_add(self.0.used()).cast();
        // SAFETY: the buffer is one allocation of `capacity` bytes; those after
        // the used ones are in no slice, since slices end at `used`, and this is
        // the one `Buffer` of it, borrowed as mutable.
        unsafe { std::slice::from_raw_parts_mut(start, self.room()) }
    }

    /// # Safety
    /// The first `by` bytes of `spare` have been written.
    unsafe fn grow(&mut self, by: usize) {
        let used = self.0.used() + by;
        // SAFETY: as in `Reference::start`; `used` bytes are written, those
        // before by earlier calls and the rest as the caller says.
        unsafe { ffi::mmc_buffer_set_used(self.0.ptr(), used) };
    }

    /// Reads once into the room that is left.
    ///
    /// # Errors
    /// Those of the operating system for the socket.
    pub(crate) fn read_from(&mut self, socket: &Socket) -> io::Result<usize> {
        let count = socket.recv(self.spare())?;
        // SAFETY: the system wrote that many bytes to the beginning of `spare`.
        unsafe { self.grow(count) };
        Ok(count)
    }

    /// Appends bytes, as many as there is room for.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let room = self.spare();
        let count = bytes.len().min(room.len());
        // SAFETY: both have `count` bytes, and do not overlap: `room` is
        // borrowed as mutable.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), room.as_mut_ptr().cast(), count) };
        // SAFETY: that many bytes were written.
        unsafe { self.grow(count) };
    }

    /// What is in it.
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `used` bytes are written, and do not change while `self` is
        // borrowed: whatever adds or empties takes it as mutable.
        unsafe { std::slice::from_raw_parts(self.0.start(), self.0.used()) }
    }

    /// A part of it, with a reference of its own.
    ///
    /// # Panics
    /// `range` is not within it.
    pub(crate) fn slice(&self, range: Range<usize>) -> BufferSlice {
        assert!(range.start <= range.end && range.end <= self.0.used());
        BufferSlice {
            buffer: self.0.clone(),
            offset: short(range.start),
            len: short(range.len()),
        }
    }

    /// Empties it if no part of it is kept anywhere; whether that was so.
    pub(crate) fn reuse(&mut self) -> bool {
        // SAFETY: as in `Reference::start`.
        let unique = unsafe { ffi::mmc_buffer_is_unique(self.0.ptr()) };
        if unique {
            // SAFETY: as in `Reference::start`; nobody else refers to what was
            // written, and `self` is borrowed as mutable.
            unsafe { ffi::mmc_buffer_set_used(self.0.ptr(), 0) };
        }
        unique
    }
}

/// A part of what is in a buffer. It is small, since values are moved about with
/// it.
#[derive(Clone)]
pub(crate) struct BufferSlice {
    buffer: Reference,
    offset: u32,
    len: u32,
}

/// # Panics
/// It is a place past 4 GiB. No buffer is that large.
fn short(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("buffers are smaller than 4 GiB")
}

impl AsRef<[u8]> for BufferSlice {
    fn as_ref(&self) -> &[u8] {
        let (_, offset, len) = self.parts();
        let start = self.buffer.start().wrapping_add(offset);
        // SAFETY: the part is within what was written, as was asserted when it
        // was made, and `reuse` finds this reference.
        unsafe { std::slice::from_raw_parts(start, len) }
    }
}

impl BufferSlice {
    /// A part of it, with a reference of its own.
    ///
    /// # Panics
    /// `range` is not within it.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let (_, offset, len) = self.parts();
        assert!(range.start <= range.end && range.end <= len);
        Self {
            buffer: self.buffer.clone(),
            offset: short(offset + range.start),
            len: short(range.len()),
        }
    }

    /// Whether both are the same bytes at the same place.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }

    pub(super) fn parts(&self) -> (*mut ffi::mmc_buffer, usize, usize) {
        (self.buffer.ptr(), self.offset as usize, self.len as usize)
    }
}
