//! One server: its connections and what they know together.

use core::time::Duration;
use std::collections::VecDeque;

use super::health::Health;
use super::link::{Action, Link, Shared};
use super::outbox::Transmit;
use super::outcome::{Failure, Fault, Outcome};
use super::request::{Entry, RequestId, Timing};
use super::time::Time;
use crate::protocol::{Command, Data, Input, Lane};

/// The types that a driver brings along.
pub trait Driver {
    /// Given with a request, given back with its outcome.
    type Token;
    /// A part of a value that was read.
    type Piece;
    /// A value to store.
    type Data: Data;
}

/// Bounds of what one connection may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests queued or unanswered.
    pub requests: usize,
    /// Bytes of values queued or unanswered; a single larger value is taken too.
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

/// What [`Server::poll_event`] tells.
#[derive(Debug)]
pub enum Event<D: Driver> {
    /// A request is done with.
    Done {
        /// What was given with it.
        token: D::Token,
        /// What came of it.
        outcome: Outcome<D::Piece>,
    },
    /// A connection ended badly, or could not be made.
    Fault {
        /// Which connection.
        lane: Lane,
        /// What happened.
        fault: Fault,
        /// With this failure the server began to count as down.
        now_down: bool,
    },
    /// The first good reply after failures.
    Recovered {
        /// Time since the first of them.
        failing_for: Duration,
    },
}

/// A request that was not taken; the token comes back at once.
#[derive(Debug)]
pub struct Refused<T> {
    /// What was given with the request.
    pub token: T,
    /// Why.
    pub failure: Failure,
}

/// One server's requests and connections, without a socket or a clock.
///
/// After **every** input ([`submit`](Self::submit) and all `handle_*`) the
/// driver calls [`poll_action`](Self::poll_action) for each lane until it gives
/// `None` and carries the actions out, takes all events with
/// [`poll_event`](Self::poll_event), writes while
/// [`wants_write`](Self::wants_write), and sets its timer to
/// [`poll_timeout`](Self::poll_timeout). Pieces of values refer to the driver's
/// own input, so events of `handle_data` are best taken before the next read.
pub struct Server<D: Driver> {
    links: [Link<D>; Lane::COUNT],
    health: Health,
    events: VecDeque<Event<D>>,
    limits: Limits,
    next_serial: u64,
    shut_down: bool,
    /// Not later than the earliest deadline; exact after `handle_timeout`.
    timeout: Option<Time>,
}

impl<D: Driver> Server<D> {
    /// A server that nothing is known of yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            links: Lane::ALL.map(Link::new),
            health: Health::default(),
            events: VecDeque::new(),
            limits,
            next_serial: 0,
            shut_down: false,
            timeout: None,
        }
    }

    /// Takes a request, on the connection of its kind.
    ///
    /// # Errors
    /// The server is down or failed too recently, or its queue is full; the
    /// asker's token comes back with the reason.
    pub fn submit(
        &mut self,
        now: Time,
        command: Command<D::Data>,
        timing: Timing,
        token: D::Token,
    ) -> Result<RequestId, Refused<D::Token>> {
        self.submit_on(command.lane(), now, command, timing, token)
    }

    /// Takes a request; those of one lane are carried out in order.
    ///
    /// # Errors
    /// As with [`submit`](Self::submit).
    pub fn submit_on(
        &mut self,
        lane: Lane,
        now: Time,
        command: Command<D::Data>,
        timing: Timing,
        token: D::Token,
    ) -> Result<RequestId, Refused<D::Token>> {
        let link = &mut self.links[lane as usize];
        let refusal = if self.shut_down {
            Some(Failure::Shutdown)
        } else if !link.has_room(command.data_len(), &self.limits) {
            Some(Failure::QueueFull)
        } else if !link.works() && self.health.refuses(now, timing.retry) {
            Some(Failure::Down)
        } else if !link.is_ready(now, timing.retry) {
            Some(Failure::BackingOff)
        } else {
            None
        };
        if let Some(failure) = refusal {
            return Err(Refused { token, failure });
        }
        // What works is used though the other connection's failures made the
        // server count as down; it tries nothing.
        let probe = !link.works() && self.health.is_down();
        if probe {
            self.health.begin_probe(now);
        }
        let serial = self.next_serial;
        self.next_serial += 1;
        link.push(
            now,
            Entry {
                serial,
                command,
                token: Some(token),
                timing,
                deadline: now,
                awaits_connection: false,
                wire: 0..0,
                together: 1,
                resent: false,
                answered: false,
                probe,
            },
        );
        self.tighten_timeout(now + timing.timeout.min(timing.connect_timeout));
        Ok(RequestId {
            lane: lane as u8,
            serial,
        })
    }

    /// Gives the token of a request back if its outcome is not out yet; there
    /// will be none then.
    pub fn cancel(&mut self, id: RequestId) -> Option<D::Token> {
        self.links[usize::from(id.lane)].cancel(id.serial, &mut self.health)
    }

    /// The connection that [`Action::Connect`] asked for stands.
    pub fn handle_connected(&mut self, lane: Lane, now: Time) {
        self.with_link(lane, now, |link, shared| link.handle_connected(shared.now));
    }

    /// Bytes came in on a connection.
    pub fn handle_data<I>(&mut self, lane: Lane, now: Time, input: &I)
    where
        I: Input<Piece = D::Piece>,
    {
        self.with_link(lane, now, |link, shared| link.handle_data(input, shared));
    }

    /// `count` bytes of what [`transmit`](Self::transmit) gave were written.
    pub fn handle_written(&mut self, lane: Lane, now: Time, count: usize) {
        self.with_link(lane, now, |link, shared| link.handle_written(count, shared));
    }

    /// The peer closed the connection.
    pub fn handle_eof(&mut self, lane: Lane, now: Time) {
        self.with_link(lane, now, |link, shared| {
            link.handle_lost(&Fault::Closed, shared);
        });
    }

    /// The operating system reports an error on the connection, or the attempt
    /// to connect failed.
    pub fn handle_error(&mut self, lane: Lane, now: Time, error: &str) {
        self.with_link(lane, now, |link, shared| {
            link.handle_lost(&Fault::Os(error.into()), shared);
        });
    }

    /// Time has passed; call it at [`poll_timeout`](Self::poll_timeout) or later.
    pub fn handle_timeout(&mut self, now: Time) {
        for lane in Lane::ALL {
            self.with_link(lane, now, Link::handle_timeout);
        }
        self.timeout = self.links.iter().filter_map(Link::next_deadline).min();
    }

    /// Fails every request and closes every connection; from then on every
    /// request is refused.
    pub fn shutdown(&mut self, now: Time) {
        self.shut_down = true;
        for lane in Lane::ALL {
            self.with_link(lane, now, Link::shutdown);
        }
        self.timeout = None;
    }

    fn with_link(
        &mut self,
        lane: Lane,
        now: Time,
        handle: impl FnOnce(&mut Link<D>, &mut Shared<'_, D>),
    ) {
        let mut shared = Shared {
            now,
            health: &mut self.health,
            events: &mut self.events,
        };
        let link = &mut self.links[lane as usize];
        let before = link.state;
        handle(link, &mut shared);
        // The deadlines of what is queued change with the state.
        if before != link.state
            && let Some(deadline) = link.next_deadline()
        {
            self.tighten_timeout(deadline);
        }
    }

    fn tighten_timeout(&mut self, deadline: Time) {
        self.timeout = Some(self.timeout.map_or(deadline, |t| t.min(deadline)));
    }

    /// What to do with the socket of a lane; poll after every input.
    pub fn poll_action(&mut self, lane: Lane) -> Option<Action> {
        self.links[lane as usize].poll_action()
    }

    /// What happened; poll after every input until `None`.
    pub fn poll_event(&mut self) -> Option<Event<D>> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout). May be earlier
    /// than the earliest deadline, never later: a request that is answered does
    /// not move it.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Time> {
        self.timeout
    }

    /// The parts to write next on a lane; tell with
    /// [`handle_written`](Self::handle_written) how much was.
    pub fn transmit(&mut self, lane: Lane) -> Transmit<'_> {
        self.links[lane as usize].transmit()
    }

    /// Whether [`transmit`](Self::transmit) would give something.
    #[must_use]
    pub fn wants_write(&self, lane: Lane) -> bool {
        self.links[lane as usize].wants_write()
    }

    /// Requests that are not done with on a lane, and the bytes of their values.
    #[must_use]
    pub fn load(&self, lane: Lane) -> (usize, usize) {
        self.links[lane as usize].load()
    }

    /// Whether requests are refused because of failures in a row.
    #[must_use]
    pub const fn is_down(&self) -> bool {
        self.health.is_down()
    }
}
