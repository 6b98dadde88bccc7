//! Non-blocking stream sockets.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::SockAddr;

/// Parts of one vectored write.
const PARTS_MAX: usize = 16;

/// A stream socket that never blocks.
pub struct Socket(OwnedFd);

/// Whether a connection stands already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connected {
    /// It does.
    Now,
    /// It will when the socket becomes writable, if there is no error then.
    InProgress,
}

impl Socket {
    /// Begins to connect.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn connect(addr: &SockAddr) -> io::Result<(Self, Connected)> {
        let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: takes and returns numbers only.
        let fd = unsafe { libc::socket(addr.family(), kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        let socket = Self(unsafe { OwnedFd::from_raw_fd(fd) });
        if addr.family() != libc::AF_UNIX {
            socket.no_delay();
        }
        let bytes = addr.as_bytes();
        let len = libc::socklen_t::try_from(bytes.len()).unwrap_or(0);
        // SAFETY: `bytes` hold a socket address of `len` bytes.
        let result = unsafe { libc::connect(fd, bytes.as_ptr().cast(), len) };
        if result == 0 {
            return Ok((socket, Connected::Now));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINPROGRESS | libc::EINTR) => Ok((socket, Connected::InProgress)),
            _ => Err(error),
        }
    }

    /// Small requests shall not wait for each other's acknowledgements. Where
    /// it fails it is only slower.
    fn no_delay(&self) {
        let on: libc::c_int = 1;
        let len = libc::socklen_t::try_from(size_of_val(&on)).unwrap_or(0);
        let (level, name) = (libc::IPPROTO_TCP, libc::TCP_NODELAY);
        // SAFETY: `on` is a number of `len` bytes that the call only reads.
        let _ = unsafe { libc::setsockopt(self.fd(), level, name, (&raw const on).cast(), len) };
    }

    /// The error that ended an attempt to connect, if one did.
    ///
    /// # Errors
    /// That error.
    pub fn take_error(&self) -> io::Result<()> {
        let mut code: libc::c_int = 0;
        let mut len = libc::socklen_t::try_from(size_of_val(&code)).unwrap_or(0);
        let (level, name) = (libc::SOL_SOCKET, libc::SO_ERROR);
        // SAFETY: `code` has room for the `len` bytes that the call writes.
        let result = unsafe {
            libc::getsockopt(self.fd(), level, name, (&raw mut code).cast(), &raw mut len)
        };
        match (result, code) {
            (0, 0) => Ok(()),
            (0, code) => Err(io::Error::from_raw_os_error(code)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Writes parts in order, as many bytes as the system takes.
    ///
    /// # Errors
    /// What the operating system says; never a signal.
    pub fn send(&self, parts: &[&[u8]]) -> io::Result<usize> {
        let empty = libc::iovec {
            iov_base: std::ptr::null_mut(),
            iov_len: 0,
        };
        let mut vector = [empty; PARTS_MAX];
        let count = parts.len().min(PARTS_MAX);
        for (entry, part) in vector.iter_mut().zip(parts) {
            entry.iov_base = part.as_ptr().cast_mut().cast();
            entry.iov_len = part.len();
        }
        // SAFETY: all zeros is a message without an address and control data.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = vector.as_mut_ptr();
        message.msg_iovlen = count;
        // SAFETY: the vector names `count` readable slices that outlive the call.
        let sent = unsafe { libc::sendmsg(self.fd(), &raw const message, libc::MSG_NOSIGNAL) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    pub(super) fn fd(&self) -> i32 {
        self.0.as_raw_fd()
    }

    /// # Safety
    /// `room` bytes may be written at `start`.
    pub(super) unsafe fn recv(&self, start: *mut u8, room: usize) -> io::Result<usize> {
        // SAFETY: the caller vouches for the room.
        let count = unsafe { libc::recv(self.fd(), start.cast(), room, 0) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }
}
