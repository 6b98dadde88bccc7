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
//! | connecting | submit | the request waits; the attempt may take as long as the most patient of them allows, counted from its beginning |
//! | any | submit while the server is down | refused, but for one probe per retry interval, and for a connection that works |
//! | any | submit past the bounds of requests or bytes | refused: queue full |
//! | connecting | a request waited for its `connect_timeout` | it fails alone; the attempt goes on |
//! | connecting | connected | open; the time for the answers begins |
//! | connecting | error, or the attempt took too long | closed; all waiting fail; one failure counted |
//! | open | a reply in order, `SERVER_ERROR` included | its request is done; failures in a row are forgotten |
//! | open | a sent request is overdue, cancelled or not | closed; all fail; one failure counted |
//! | open | a request that could not be sent is overdue | it fails alone |
//! | open | broken framing, `ERROR`, `CLIENT_ERROR`, a wrong key, an unasked byte, a reply before the request was sent | closed; all fail; one failure counted |
//! | open | end of file or reset, nothing asked | closed; no failure |
//! | open | end of file or reset | what had no byte of its reply is sent once more on a new connection, if one may be made at once, and without more time; the rest fails; one failure counted unless the connection had worked and no reply was torn |
//! | any | cancel, not yet sent | the request is gone |
//! | any | cancel, sent | its reply will be swallowed |
//! | any | `shutdown` | closed; all fail; every later request is refused |
//!
//! A connection is made at once if the one before it had given a good reply,
//! else one `retry` after the last attempt began. Three failures in a row, of
//! any connection, make the server count as down, the next good reply makes
//! it up again. It has recovered when no connection of them is known to fail.

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
