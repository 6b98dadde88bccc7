//! What there is without TLS: nothing that could be made. Options that ask for it are refused
//! before anything here is called.

use std::io::{self, IoSlice};
use std::sync::Arc;

use super::{BadPapers, PaperFile};
use crate::client::Address;
use crate::host::Socket;

const NONE: &str = "there is no TLS in this library";

pub(in crate::client) const PLAIN_EXTRA: usize = 0;

/// Who is trusted, and who we are.
pub(crate) enum Papers {}

/// How one server is spoken to.
pub(crate) enum Secured {}

/// TLS on one connection.
pub(in crate::client) enum Layer {}

/// The configuration was read.
pub(crate) const fn forget() {}

/// Whether a text can be the name of a server.
pub(crate) const fn is_name(_text: &str) -> bool {
    false
}

impl Papers {
    pub(crate) fn of(
        _authorities: Option<&[u8]>,
        _identity: Option<(&[u8], &[u8])>,
    ) -> Result<Arc<Self>, BadPapers> {
        Err(BadPapers {
            file: PaperFile::Authorities,
            why: NONE.into(),
        })
    }
}

impl Secured {
    pub(crate) fn new(
        _address: &Address,
        _name: &str,
        papers: &Papers,
    ) -> Result<Arc<Self>, String> {
        match *papers {}
    }
}

impl Layer {
    pub(in crate::client) fn new(secured: &Secured) -> io::Result<Self> {
        match *secured {}
    }

    pub(in crate::client) fn is_handshaking(&self) -> bool {
        match *self {}
    }

    pub(in crate::client) fn wants_write(&self) -> bool {
        match *self {}
    }

    pub(in crate::client) fn receive(&self, _bytes: &[u8], _plain: impl FnMut(&[u8])) {
        match *self {}
    }

    pub(in crate::client) fn end(&self) -> Option<io::Result<()>> {
        match *self {}
    }

    pub(in crate::client) fn send(
        &self,
        _slices: &[IoSlice<'_>],
        _socket: &Socket,
    ) -> io::Result<usize> {
        match *self {}
    }

    pub(in crate::client) fn flush(&self, _socket: &Socket) -> io::Result<()> {
        match *self {}
    }

    pub(in crate::client) fn close(&self, _socket: &Socket) {
        match *self {}
    }
}
