//! The life of the connections to one memcached server, without I/O.
//!
//! [`Server`] decides by data and a time argument when to connect, what to
//! send, which reply belongs to which request, when a request has waited long
//! enough and when a server is not worth asking. A driver owns the sockets and
//! the clock and carries out what is decided; nothing is called back.
//!
//! | state | event | then |
//! |---|---|---|
//! | closed | submit, attempt allowed | connecting; the request waits |
//! | closed | submit, last attempt too recent | refused: backing off |
//! | any | submit while the server is down | refused, but for one probe per retry interval |
//! | connecting | connected | open; the time for the answers begins |
//! | connecting | error, or `connect_timeout` | closed; all waiting fail; one failure counted |
//! | open | a reply in order | its request is done; failures in a row are forgotten |
//! | open | a sent request is overdue | closed; all fail; one failure counted |
//! | open | broken framing, `ERROR`, `CLIENT_ERROR`, a wrong key, an unasked byte | closed; all fail; one failure counted |
//! | open | end of file or reset | what had no byte of its reply is sent once more on a new connection, if one may be made at once; the rest fails |
//! | any | `shutdown` | closed; all fail |
//!
//! A connection is made at once if the one before it had given a good reply,
//! else one `retry` after the last attempt began. Three failures in a row make
//! the server count as down, the next good reply makes it up again.

mod health;
mod link;
mod outbox;
mod outcome;
mod report;
mod request;
mod server;
mod time;

pub use health::FAILURES_UNTIL_DOWN;
pub use link::Action;
pub use outbox::{PARTS_MAX, Transmit};
pub use outcome::{Failure, Fault, Outcome};
pub use report::{Report, Reporter};
pub use request::{Data, Lane, Request, RequestId, Timing};
pub use server::{Driver, Event, Limits, Refused, Server};
pub use time::Time;
