//! Non-blocking stream sockets, and the addresses that they connect to.

use std::fmt;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrUnix, SocketFlags,
    SocketType, connect, recv, sendmsg, socket_with, sockopt,
};

use super::ffi::{self, bytes_of};

/// The longest socket address, in bytes.
const ADDRESS_MAX: usize = ffi::MMC_ADDRESS_MAX as usize;

/// A socket address as the operating system has it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct SockAddr(Box<[u8]>);

impl SockAddr {
    /// Reads `IP`, `IP:PORT`, `[IPv6]:PORT` or `unix:/path`, as the host does.
    pub(crate) fn parse(text: &[u8], default_port: u16) -> Option<Self> {
        let mut room = [0; ADDRESS_MAX];
        // SAFETY: `text` is readable and `room` writable during the call, which
        // keeps neither.
        let len = unsafe {
            ffi::mmc_sockaddr_parse(bytes_of(text), default_port, room.as_mut_ptr(), room.len())
        };
        Self::from_bytes(room.get(..len)?)
    }

    /// The address that bytes of the host are; `None` if there are too few.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= size_of::<u16>()).then(|| Self(bytes.into()))
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    fn family(&self) -> Option<AddressFamily> {
        let family = u16::from_ne_bytes(self.array(0)?);
        Some(AddressFamily::from_raw(family))
    }

    /// As a `sockaddr_in`: family, port, address; or a `sockaddr_in6`: family,
    /// port, flow, address, scope.
    fn inet(&self) -> Option<SocketAddr> {
        let port = u16::from_be_bytes(self.array(2)?);
        match self.family()? {
            AddressFamily::INET => {
                let ip = Ipv4Addr::from(self.array::<4>(4)?);
                Some(SocketAddrV4::new(ip, port).into())
            }
            AddressFamily::INET6 => {
                let flow = u32::from_ne_bytes(self.array(4)?);
                let ip = Ipv6Addr::from(self.array::<16>(8)?);
                let scope = u32::from_ne_bytes(self.array(24)?);
                Some(SocketAddrV6::new(ip, port, flow, scope).into())
            }
            _ => None,
        }
    }

    /// As a `sockaddr_un`: family, path, which may end in zeros.
    fn unix(&self) -> Option<io::Result<SocketAddrUnix>> {
        let path = self.0.get(2..)?;
        let path = path.split(|byte| *byte == 0).next()?;
        let unix = self.family()? == AddressFamily::UNIX;
        unix.then(|| Ok(SocketAddrUnix::new(path)?))
    }
}

impl fmt::Display for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = [0; 256];
        // SAFETY: the address is readable and `room` writable during the call,
        // which keeps neither.
        let len =
            unsafe { ffi::mmc_sockaddr_show(bytes_of(&self.0), room.as_mut_ptr(), room.len()) };
        let text = room.get(..len).unwrap_or_default();
        f.write_str(&String::from_utf8_lossy(text))
    }
}

/// A stream socket that never blocks.
pub(crate) struct Socket(OwnedFd);

/// Whether a connection is established already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connected {
    /// It is.
    Now,
    /// It is once the socket becomes writable, if there is no error then.
    InProgress,
}

impl From<UnixStream> for Socket {
    fn from(stream: UnixStream) -> Self {
        Self(stream.into())
    }
}

impl Socket {
    /// Begins to connect.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(crate) fn connect(addr: &SockAddr) -> io::Result<(Self, Connected)> {
        let family = addr.family().ok_or(Errno::AFNOSUPPORT)?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(family, SocketType::STREAM, flags, None)?;
        let result = match (addr.inet(), addr.unix()) {
            (Some(inet), _) => {
                // Small requests should not wait for each other's
                // acknowledgements. Where it fails it is only slower.
                let _ = sockopt::set_tcp_nodelay(&fd, true);
                connect(&fd, &inet)
            }
            (None, Some(unix)) => connect(&fd, &unix?),
            (None, None) => Err(Errno::AFNOSUPPORT),
        };
        match result {
            Ok(()) => Ok((Self(fd), Connected::Now)),
            Err(Errno::INPROGRESS | Errno::INTR) => Ok((Self(fd), Connected::InProgress)),
            Err(error) => Err(error.into()),
        }
    }

    /// The error that ended an attempt to connect, if one did.
    ///
    /// # Errors
    /// That error.
    pub(crate) fn take_error(&self) -> io::Result<()> {
        Ok(sockopt::socket_error(&self.0)??)
    }

    /// Writes slices in order, as many bytes as the system takes.
    ///
    /// # Errors
    /// Those of the operating system; never a signal.
    pub(crate) fn send(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut nothing = SendAncillaryBuffer::default();
        Ok(sendmsg(&self.0, slices, &mut nothing, SendFlags::NOSIGNAL)?)
    }

    /// Reads once; how many bytes were read to the beginning of `room`.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(crate) fn receive(&self, room: &mut [u8]) -> io::Result<usize> {
        let (read, _) = recv(&self.0, room, RecvFlags::empty())?;
        Ok(read)
    }

    pub(super) fn fd(&self) -> i32 {
        self.0.as_raw_fd()
    }

    /// Reads once; how many bytes were read to the beginning of `room`.
    pub(super) fn recv(&self, room: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
        let ((read, _), _) = recv(&self.0, room, RecvFlags::empty())?;
        Ok(read.len())
    }
}
