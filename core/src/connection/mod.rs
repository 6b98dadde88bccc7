//! The life of the connections to one memcached server, without I/O.
//!
//! [`Server`] decides by data and a time argument when to connect, what to
//! send, which reply belongs to which request, when a request has waited long
//! enough and when a server is not worth asking. A driver owns the sockets and
//! the clock and carries out what is decided; nothing is called back.
//!
//! The table of states and events is in `ARCHITECTURE.md`, chapter "Connection".

mod health;
mod link;
mod outbox;
mod outcome;
mod report;
mod request;
mod server;
mod time;
mod together;

pub use health::FAILURES_UNTIL_DOWN;
pub use link::Action;
pub use outbox::{PARTS_MAX, Transmit};
pub use outcome::{Failure, Fault, Outcome};
pub use report::{Report, Reporter};
pub use request::{RequestId, Timing};
pub use server::{Driver, Event, Limits, Refused, Server};
pub use time::Time;
