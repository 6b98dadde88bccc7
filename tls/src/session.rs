//! One connection.

use std::io::{self, BufRead, IoSlice, Write};
use std::sync::Arc;

use rustls::{ClientConnection, HandshakeKind};

use crate::client::Client;
use crate::error::Fault;

/// Plain bytes that may come out beyond the number of those that go in: the record that
/// was not whole before.
pub const PLAIN_EXTRA: usize = 16 * 1024;

/// Bytes in a row that a server may send once it is known without saying anything in them:
/// tickets, new keys, records that are empty.
const SILENCE_MAX: usize = 64 * 1024;

/// TLS on one connection.
#[derive(Debug)]
pub struct Session {
    tls: ClientConnection,
    /// Something came, and it was TLS.
    heard: bool,
    /// Bytes that came since the last plain one, or since the handshake.
    silence: usize,
    /// The server has said that it sends no more.
    ended: bool,
}

impl Session {
    /// What is to be sent first is there already.
    ///
    /// # Errors
    /// The system has no randomness, or the name is too long to be sent.
    pub fn new(client: &Client) -> Result<Self, Fault> {
        let config = Arc::clone(&client.config);
        let tls = ClientConnection::new(config, client.name.clone());
        let tls = tls.map_err(|error| Fault::new(error, false))?;
        Ok(Self {
            tls,
            heard: false,
            silence: 0,
            ended: false,
        })
    }

    /// Until it is known who the server is. Nothing plain is taken before that.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Whether the connection has resumed an earlier one, once the handshake is over.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The server has said that it sends no more.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes bytes of the socket, and gives plain ones to `plain`: at most
    /// [`PLAIN_EXTRA`] more than it takes. What comes behind the server's last word
    /// is ignored.
    ///
    /// # Errors
    /// The connection is of no use any more. There may be bytes to send that tell the
    /// server why.
    pub fn receive(&mut self, mut bytes: &[u8], mut plain: impl FnMut(&[u8])) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let taken = match self.tls.read_tls(&mut bytes) {
                Ok(0) => break,
                Ok(taken) => taken,
                Err(error) => return Err(self.fault(rustls::Error::General(error.to_string()))),
            };
            let state = match self.tls.process_new_packets() {
                Ok(state) => state,
                Err(error) => return Err(self.fault(error)),
            };
            let mut left = state.plaintext_bytes_to_read();
            let is_silent = left == 0 && !self.tls.is_handshaking();
            self.silence = if is_silent { self.silence + taken } else { 0 };
            if self.silence > SILENCE_MAX {
                return Err(Fault::silence());
            }
            let mut reader = self.tls.reader();
            while left > 0 {
                let Ok(chunk) = reader.fill_buf() else { break };
                plain(chunk);
                let count = chunk.len();
                reader.consume(count);
                left = left.saturating_sub(count);
            }
            self.heard = true;
            self.ended = state.peer_has_closed();
        }
        Ok(())
    }

    fn fault(&self, error: rustls::Error) -> Fault {
        Fault::new(error, !self.heard)
    }

    /// Takes plain bytes to be sent, in order, and says how many: fewer than offered
    /// while much waits to be written, none during the handshake.
    pub fn send(&mut self, slices: &[IoSlice<'_>]) -> usize {
        if self.is_handshaking() {
            return 0;
        }
        // Its errors are those of other writers.
        self.tls.writer().write_vectored(slices).unwrap_or(0)
    }

    /// There are bytes for the socket.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// Gives bytes to the socket, once.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn write_to(&mut self, socket: &mut dyn Write) -> io::Result<usize> {
        self.tls.write_tls(socket)
    }

    /// Nothing more will be sent, which is to be told to the server.
    pub fn close(&mut self) {
        self.tls.send_close_notify();
    }
}
