//! What can be wrong with files, and with a connection.

use rustls::Error;
use thiserror::Error as ThisError;

use crate::words::in_words;

/// Why a file is of no use, without its name.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum MaterialError {
    /// It has nothing of the kind that is looked for.
    #[error("it has no {0} in PEM form")]
    Nothing(&'static str),
    /// It is no PEM file.
    #[error("it is no PEM file: {0}")]
    Pem(Box<str>),
    /// A certificate that cannot be read.
    #[error("certificate {number} in it cannot be read: {why}")]
    Certificate {
        /// Counted from 1.
        number: usize,
        /// In rustls' words.
        why: Box<str>,
    },
    /// The key has a password.
    #[error("its key is encrypted, and nobody could be asked for the password")]
    Encrypted,
    /// The key is of a kind that is not supported, or no key at all.
    #[error("its key cannot be used: {0}")]
    Key(Box<str>),
    /// The key belongs to another certificate.
    #[error("its key is not the one of the certificate")]
    OtherKey,
    /// The system has no list of authorities.
    #[error("this system has no certificates of authorities{0}")]
    NoSystem(Box<str>),
}

/// What ended a connection.
#[derive(Clone, Debug, PartialEq, ThisError)]
#[error("TLS: {}", .0.in_words())]
pub struct Fault(Cause);

#[derive(Clone, Debug, PartialEq)]
enum Cause {
    Rustls {
        error: Error,
        /// Nothing that the server has sent was TLS.
        first: bool,
    },
    Silence,
}

impl Cause {
    fn in_words(&self) -> String {
        match self {
            Self::Rustls { error, first } => in_words(error, *first),
            Self::Silence => "the server sends much and says nothing".into(),
        }
    }
}

impl Fault {
    pub(crate) const fn new(error: Error, first: bool) -> Self {
        Self(Cause::Rustls { error, first })
    }

    /// Of a server that only keeps us busy.
    pub(crate) const fn silence() -> Self {
        Self(Cause::Silence)
    }
}
