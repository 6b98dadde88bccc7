//! The life of the connections to one memcached server, without I/O.
//!
//! [`Server`] decides by data and a time argument when to connect, what to
//! send, which reply belongs to which request, when a request has waited long
//! enough and when a server is not worth asking. A driver owns the sockets and
//! the clock and carries out what is decided; nothing is called back.
//!
//! Several requests may be answered by one command; see `batch`.
//!
//! The table of states and events is in `ARCHITECTURE.md`, chapter "Connection".

mod alarm;
mod answering;
mod backoff;
mod batch;
mod connection;
mod connection_id;
mod context;
mod deadlines;
mod ending;
mod error;
mod event;
mod health;
mod latency;
mod lateness;
mod log_limit;
mod pace;
mod patience;
mod pipeline;
mod probing;
mod queue;
mod request;
mod send_buffer;
#[expect(
    clippy::module_inception,
    reason = "the room is named by its chief type"
)]
mod server;
mod slow_keys;
mod slowness;
mod spec;
mod spread;
mod stats;
mod trying;

pub use alarm::{Alarm, Ring};
pub use connection_id::ConnectionId;
pub use error::{Failure, Fault};
pub use event::{Action, Event, Outcome, Refused, RequestId, Types, Unclaimed};
pub use health::FAILURES_UNTIL_DOWN;
pub use latency::Latency;
pub use log_limit::{LogLimit, LogLine};
pub use send_buffer::{Transmit, WRITE_SLICES_MAX};
pub use server::Server;
pub use slowness::Slow;
pub use spec::{Limits, Spec};
pub use stats::{FailureCounts, Stats};
