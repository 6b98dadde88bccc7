//! What a server is configured with, and how much its queues may hold.

use core::time::Duration;
use std::sync::Arc;

use crate::protocol::Token;

/// How the connections to a server are made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spec {
    /// How long one attempt to connect may take, from its beginning.
    pub connect_timeout: Duration,
    /// The longest pause between two attempts at a server that fails; the first
    /// pauses are shorter. A server that fails for longer counts as down, and is
    /// tried once in this time.
    pub retry: Duration,
    /// What the server is told first on every connection, if it wants to be.
    pub token: Option<Arc<Token>>,
}

/// Bounds of what one connection may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests queued or unanswered.
    pub requests: usize,
    /// Bytes of values queued or unanswered. A single value above this is
    /// accepted while there is no other: it was in memory as a whole already.
    pub data_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 8192,
            data_bytes: 8 << 20,
        }
    }
}
