//! What comes of a request, and what can be wrong with a connection.

use core::fmt;
use core::time::Duration;

use crate::protocol::{ProtocolError, Reply};

/// What the asker of a request gets; every accepted request gets exactly one,
/// unless it was cancelled.
#[derive(Debug)]
pub enum Outcome<P> {
    /// The server answered; "not found" and `SERVER_ERROR` are answers too.
    Reply(Reply<P>),
    /// No answer can be had.
    Failed(Failure),
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server counts as down and it is not yet time to try it again.
    Down,
    /// The last attempt to connect is too recent to make another.
    BackingOff,
    /// Too many requests or bytes wait for this server already.
    QueueFull,
    /// No connection could be made.
    Connect,
    /// No answer, or no connection, came in the request's time.
    TimedOut,
    /// The connection went away and the request could not be sent again.
    Lost,
    /// The server broke the protocol on this connection.
    Protocol,
    /// The driver shut the server down.
    Shutdown,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "server is down",
            Self::BackingOff => "waiting to connect again",
            Self::QueueFull => "too many requests queued",
            Self::Connect => "cannot connect",
            Self::TimedOut => "timed out",
            Self::Lost => "connection lost",
            Self::Protocol => "protocol error",
            Self::Shutdown => "shutting down",
        })
    }
}

/// What ended a connection, or kept one from being made; goes into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operating system refused or reset; its own words.
    Os(Box<str>),
    /// Connecting took longer than allowed.
    ConnectTimeout(Duration),
    /// A request that had been sent got no answer in its time.
    ReplyTimeout(Duration),
    /// The server closed the connection with requests unanswered.
    Closed,
    /// The server broke the protocol.
    Protocol(ProtocolError),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Os(text) => f.write_str(text),
            Self::ConnectTimeout(limit) => {
                write!(f, "no connection within {} ms", limit.as_millis())
            }
            Self::ReplyTimeout(limit) => write!(f, "no answer within {} ms", limit.as_millis()),
            Self::Closed => f.write_str("connection closed before the answer"),
            Self::Protocol(error) => write!(f, "protocol error: {error}"),
        }
    }
}
