//! Which of a server's connections its lookups take; see `lateness`.

use super::connection_id::ConnectionId;
use super::slow_keys::SlowKeys;
use crate::time::Time;

/// Which connections lookups take.
pub(super) struct Spread {
    /// The one for all whose replies come in time.
    pub(super) main: ConnectionId,
    /// The one that has to show whether the server answers.
    pub(super) checking: Option<ConnectionId>,
    /// No other is asked for that before this time.
    pub(super) next_check: Time,
    /// Keys that have a connection of their own.
    pub(super) slow: SlowKeys,
}

impl Default for Spread {
    fn default() -> Self {
        Self {
            main: ConnectionId::SPREAD[0],
            checking: None,
            next_check: Time::default(),
            slow: SlowKeys::default(),
        }
    }
}
