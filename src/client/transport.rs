//! One connection to a server: its socket, what the loop watches it for, and TLS on it where
//! the server wants that.

use std::cell::Cell;
use std::io::{self, IoSlice};

use memcached_core::server::WRITE_SLICES_MAX;

use super::reading::{Read, ReadBuffers};
use super::tls::{Layer, Secured};
use crate::host::{Connected, IoWatcher, Ready, SockAddr, Socket, Worker};

/// A connection, perhaps still being made.
pub(super) struct Transport {
    watcher: IoWatcher,
    /// The server has not taken it yet.
    connecting: Cell<bool>,
    tls: Option<Layer>,
}

impl Transport {
    /// Begins to connect.
    ///
    /// # Errors
    /// What the operating system says, or that TLS cannot even begin.
    pub(super) fn connect(
        worker: &Worker,
        address: &SockAddr,
        secured: Option<&Secured>,
        on_ready: impl Fn(Ready) + 'static,
    ) -> io::Result<Self> {
        let tls = secured.map(Layer::new).transpose()?;
        let (socket, connected) = Socket::connect(address)?;
        let transport = Self {
            watcher: IoWatcher::new(worker, socket, on_ready),
            connecting: Cell::new(connected == Connected::InProgress),
            tls,
        };
        transport.watch(true, false);
        Ok(transport)
    }

    /// Whether the server has not taken the connection yet.
    pub(super) fn is_connecting(&self) -> bool {
        self.connecting.get()
    }

    /// Whether the server has, but it is not known yet that it is the right one.
    pub(super) fn is_handshaking(&self) -> bool {
        let is_handshaking = self.tls.as_ref().is_some_and(Layer::is_handshaking);
        is_handshaking && !self.is_connecting()
    }

    /// Whether what the protocol says can be read and written.
    pub(super) fn is_open(&self) -> bool {
        !self.is_connecting() && !self.is_handshaking()
    }

    /// The socket of a connection that is being made is ready, which means that it
    /// is established, or why not.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn finish_connecting(&self) -> io::Result<()> {
        self.watcher.socket().take_error()?;
        self.connecting.set(false);
        self.watch(true, false);
        Ok(())
    }

    /// Reads once.
    ///
    /// # Errors
    /// What the operating system says, or TLS.
    pub(super) fn read<'b>(&self, buffers: &'b ReadBuffers) -> io::Result<Read<'b>> {
        let socket = self.watcher.socket();
        let Some(tls) = &self.tls else {
            return buffers.read(socket);
        };
        match buffers.read_through(tls, socket) {
            Ok(Read::Eof) if tls.is_handshaking() => Err(io::Error::other(
                "TLS: the server closed the connection at once",
            )),
            // What TLS itself says names it already.
            Err(error) if tls.is_handshaking() && error.raw_os_error().is_some() => {
                Err(io::Error::other(format!("TLS handshake: {error}")))
            }
            other => other,
        }
    }

    /// Writes slices in order, and says how many bytes were taken: fewer than
    /// offered if there is room for no more at present.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn write(&self, slices: &[&[u8]]) -> io::Result<usize> {
        let mut vector = [IoSlice::new(&[]); WRITE_SLICES_MAX];
        let count = slices.len().min(vector.len());
        for (entry, slice) in vector.iter_mut().zip(slices) {
            *entry = IoSlice::new(slice);
        }
        if let Some(tls) = &self.tls {
            return tls.send(&vector[..count], self.watcher.socket());
        }
        loop {
            match self.watcher.socket().send(&vector[..count]) {
                Ok(sent) => return Ok(sent),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(0),
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
    }

    /// Writes what TLS has to send: its handshake, and what the socket had no room for.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn flush(&self) -> io::Result<()> {
        let flush = |tls: &Layer| tls.flush(self.watcher.socket());
        self.tls.as_ref().map_or(Ok(()), flush)
    }

    /// Watches for what reading and writing wait for; costs nothing if that is
    /// what it was.
    pub(super) fn watch(&self, reading: bool, writing: bool) {
        let connecting = self.connecting.get();
        let writing = writing || self.tls.as_ref().is_some_and(Layer::wants_write);
        self.watcher
            .set_interest(reading && !connecting, writing || connecting);
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        if let Some(tls) = self.tls.as_ref().filter(|_| !self.is_connecting()) {
            tls.close(self.watcher.socket());
        }
    }
}
