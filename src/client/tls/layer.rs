//! TLS on one connection.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice, Write};

pub(in crate::client) use memcached_tls::PLAIN_EXTRA;
use memcached_tls::{Fault, Session};

use super::Secured;
use crate::host::{Socket, panic_point};

/// TLS on one connection, whose socket others have.
pub(in crate::client) struct Layer {
    /// Not there while it works; and for good if a panic unwound through that, since its
    /// state may be half changed.
    session: RefCell<Option<Box<Session>>>,
    fault: RefCell<Option<Fault>>,
    is_handshaking: Cell<bool>,
    has_ended: Cell<bool>,
    wants_write: Cell<bool>,
}

impl Layer {
    /// On a new connection.
    ///
    /// # Errors
    /// It cannot even begin.
    pub(in crate::client) fn new(secured: &Secured) -> io::Result<Self> {
        let session = secured.begin().map_err(io::Error::other)?;
        Ok(Self {
            wants_write: Cell::new(session.wants_write()),
            session: RefCell::new(Some(Box::new(session))),
            fault: RefCell::default(),
            is_handshaking: Cell::new(true),
            has_ended: Cell::new(false),
        })
    }

    /// Until it is known who the server is.
    pub(in crate::client) fn is_handshaking(&self) -> bool {
        self.is_handshaking.get()
    }

    /// Bytes wait for the socket to take them.
    pub(in crate::client) fn wants_write(&self) -> bool {
        self.wants_write.get()
    }

    /// Takes bytes of the socket, and gives plain ones out. What is wrong with them is kept
    /// for [`end`](Self::end), since what came before is right.
    pub(in crate::client) fn receive(&self, bytes: &[u8], plain: impl FnMut(&[u8])) {
        let result = self.with(|session| {
            panic_point("tls-receive");
            session.receive(bytes, plain)
        });
        if let Some(Err(fault)) = result {
            self.fault.replace(Some(fault));
        }
    }

    /// Nothing more can come: the server has said so, or broken the connection.
    pub(in crate::client) fn end(&self) -> Option<io::Result<()>> {
        if let Some(fault) = &*self.fault.borrow() {
            return Some(Err(io::Error::other(fault.to_string())));
        }
        self.has_ended.get().then_some(Ok(()))
    }

    /// Takes plain bytes, and says how many, and writes what the socket takes.
    ///
    /// # Errors
    /// Those of the socket.
    pub(in crate::client) fn send(
        &self,
        slices: &[IoSlice<'_>],
        socket: &Socket,
    ) -> io::Result<usize> {
        let result = self.with(|session| {
            panic_point("tls-send");
            let taken = session.send(slices);
            write_all(session, socket)?;
            Ok(taken)
        });
        result.unwrap_or(Ok(0))
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// Those of the socket.
    pub(in crate::client) fn flush(&self, socket: &Socket) -> io::Result<()> {
        if !self.wants_write() {
            return Ok(());
        }
        let result = self.with(|session| write_all(session, socket));
        result.unwrap_or(Ok(()))
    }

    /// Tells the server that nothing more comes, or what is wrong, if the socket takes that now.
    pub(in crate::client) fn close(&self, socket: &Socket) {
        self.with(|session| {
            session.close();
            // The connection is over in any case.
            let _ = write_all(session, socket);
        });
    }

    fn with<R>(&self, run: impl FnOnce(&mut Session) -> R) -> Option<R> {
        let mut session = self.session.take()?;
        let result = run(&mut session);
        self.is_handshaking.set(session.is_handshaking());
        self.has_ended.set(session.has_ended());
        self.wants_write.set(session.wants_write());
        self.session.replace(Some(session));
        Some(result)
    }
}

fn write_all(session: &mut Session, socket: &Socket) -> io::Result<()> {
    while session.wants_write() {
        match session.write_to(&mut Wire(socket)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => break,
                io::ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

/// A socket as rustls writes to it.
struct Wire<'a>(&'a Socket);

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.send(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
