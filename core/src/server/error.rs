//! Why a request has no reply, and what was wrong with a connection.

use core::time::Duration;

use thiserror::Error;

use crate::protocol::ProtocolError;

/// Why a request has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Failure {
    /// The server counts as down and it is too early to try it again.
    #[error("server is down")]
    Down,
    /// The last attempt to connect is too recent for another.
    #[error("waiting to connect again")]
    BackingOff,
    /// Too many requests or bytes wait for this server already.
    #[error("too many requests queued")]
    QueueFull,
    /// No connection could be made.
    #[error("cannot connect")]
    Connect,
    /// The reply did not come within the request's time.
    #[error("timed out")]
    TimedOut,
    /// The connection was lost and the request could not be sent again.
    #[error("connection lost")]
    Lost,
    /// The server broke the protocol on this connection.
    #[error("protocol error")]
    Protocol,
    /// The driver shut the server down.
    #[error("shutting down")]
    Shutdown,
    /// The request was for one connection, which is over.
    #[error("its connection is over")]
    Unpinned,
}

impl Failure {
    /// The number of kinds.
    pub const COUNT: usize = 9;

    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Down,
        Self::BackingOff,
        Self::QueueFull,
        Self::Connect,
        Self::TimedOut,
        Self::Lost,
        Self::Protocol,
        Self::Shutdown,
        Self::Unpinned,
    ];

    /// A word for it, for programs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::BackingOff => "backing-off",
            Self::QueueFull => "queue-full",
            Self::Connect => "connect",
            Self::TimedOut => "timed-out",
            Self::Lost => "lost",
            Self::Protocol => "protocol",
            Self::Shutdown => "shutdown",
            Self::Unpinned => "unpinned",
        }
    }
}

/// What ended a connection, or kept one from being made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The operating system refused or reset it, in the system's words; or TLS.
    #[error("{0}")]
    Os(Box<str>),
    /// Connecting took longer than [`Spec::connect_timeout`](super::Spec).
    #[error("no connection within {} ms", .0.as_millis())]
    ConnectTimeout(Duration),
    /// The same, but the server had taken the connection, and owed its part of a handshake.
    #[error("no TLS handshake within {} ms", .0.as_millis())]
    HandshakeTimeout(Duration),
    /// A request that had been sent got no reply within its time.
    #[error("no answer within {} ms", .0.as_millis())]
    ReplyTimeout(Duration),
    /// The server closed the connection before it had answered everything.
    #[error("connection closed before the answer")]
    Closed,
    /// The server broke the protocol.
    #[error("protocol error: {0}")]
    Protocol(ProtocolError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list_of_all() {
        for (number, failure) in Failure::ALL.into_iter().enumerate() {
            assert_eq!(failure as usize, number, "{failure}");
        }
    }
}
