//! One connection to a server: its socket, and what the loop watches it for.

use std::cell::Cell;
use std::io::{self, IoSlice};

use memcached_core::server::WRITE_SLICES_MAX;

use super::reading::{Read, ReadBuffers};
use crate::host::{Connected, IoWatcher, Ready, SockAddr, Socket, Worker};

/// A connection, perhaps still being made.
pub(super) struct Transport {
    watcher: IoWatcher,
    connecting: Cell<bool>,
}

impl Transport {
    /// Begins to connect.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn connect(
        worker: &Worker,
        address: &SockAddr,
        on_ready: impl Fn(Ready) + 'static,
    ) -> io::Result<Self> {
        let (socket, connected) = Socket::connect(address)?;
        let transport = Self {
            watcher: IoWatcher::new(worker, socket, on_ready),
            connecting: Cell::new(connected == Connected::InProgress),
        };
        transport.watch(true, false);
        Ok(transport)
    }

    /// Whether bytes can be read and written.
    pub(super) fn is_connected(&self) -> bool {
        !self.connecting.get()
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
    /// What the operating system says.
    pub(super) fn read<'b>(&self, buffers: &'b ReadBuffers) -> io::Result<Read<'b>> {
        buffers.read(self.watcher.socket())
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

    /// Watches for what reading and writing wait for; costs nothing if that is
    /// what it was.
    pub(super) fn watch(&self, reading: bool, writing: bool) {
        let connecting = self.connecting.get();
        self.watcher
            .set_interest(reading && !connecting, writing || connecting);
    }
}
