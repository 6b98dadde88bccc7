//! A server and all that has come out of it, for tests that tell a story.

use core::time::Duration;

use crate::protocol::{
    Command, Found, Key, Lane, MetaNoop, Pin, Reply, Retrieve, Store, StoreMode,
};
use crate::server::{
    Action, ConnectionId, Event, Failure, Limits, Outcome, RequestId, Server, Spec, Types,
};
use crate::time::Time;

/// Requests are numbered; bytes are copied.
#[derive(Debug)]
pub struct SimTypes;

impl Types for SimTypes {
    type Token = u32;
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

/// How a simulated server is configured.
pub const SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
    token: None,
};

/// The time-out of simulated requests, unless a test sets another one.
pub const TIMEOUT: Duration = Duration::from_millis(500);

/// A server, stepped through by hand.
pub struct Sim {
    /// The server.
    pub server: Server<SimTypes>,
    /// The time, in milliseconds.
    pub now_ms: u64,
    /// Whose first connection the methods are about.
    pub lane: Lane,
    /// Another connection that they are about.
    pub other: Option<ConnectionId>,
    /// The time-out of the next requests.
    pub timeout: Duration,
    /// Outcomes that came, by the request's token.
    pub done: Vec<(u32, String)>,
    /// What a log would say.
    pub log: Vec<String>,
    /// How often the server wanted to connect here.
    pub connects: usize,
    /// How often the server wanted the socket to be closed.
    pub closes: usize,
    /// Connections that are over.
    pub ended: Vec<Pin>,
    /// What the server wanted to be done with any socket.
    pub actions: Vec<(ConnectionId, Action)>,
}

impl Default for Sim {
    fn default() -> Self {
        Self::new()
    }
}

impl Sim {
    /// A server as it is by default.
    #[must_use]
    pub fn new() -> Self {
        Self::with(&SPEC, Limits::default())
    }

    /// A server with other limits.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self::with(&SPEC, limits)
    }

    /// A server with another configuration.
    #[must_use]
    pub fn with(spec: &Spec, limits: Limits) -> Self {
        Self {
            server: Server::new(spec, limits),
            now_ms: 0,
            lane: Lane::Lookup,
            other: None,
            timeout: TIMEOUT,
            done: Vec::new(),
            log: Vec::new(),
            connects: 0,
            closes: 0,
            ended: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// The time, as it is passed to the server.
    #[must_use]
    pub fn now(&self) -> Time {
        Time::from_micros(self.now_ms * 1000)
    }

    fn id(&self) -> ConnectionId {
        self.other
            .unwrap_or_else(|| ConnectionId::first_of(self.lane))
    }

    /// Submits a command, on the script's connection if that is the lane.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn submit(
        &mut self,
        token: u32,
        command: impl Into<Command<Vec<u8>>>,
    ) -> Result<RequestId, Failure> {
        let (now, timeout, command) = (self.now(), self.timeout, command.into());
        let submitted = match self.lane {
            Lane::Script => self
                .server
                .submit_on(Lane::Script, now, command, timeout, token),
            Lane::Lookup | Lane::Store | Lane::Detect => {
                self.server.submit(now, command, timeout, token)
            }
        };
        self.settle();
        submitted.map_err(|refused| refused.failure)
    }

    /// Looks a key up.
    ///
    /// # Errors
    /// The server refuses it.
    ///
    /// # Panics
    /// It is no key.
    pub fn get(&mut self, token: u32, key: &str) -> Result<RequestId, Failure> {
        self.submit(token, Retrieve::one(key_of(key)))
    }

    /// Stores an item.
    ///
    /// # Errors
    /// The server refuses it.
    ///
    /// # Panics
    /// It is no key.
    pub fn set(&mut self, token: u32, key: &str, data: &[u8]) -> Result<RequestId, Failure> {
        let store = Store {
            mode: StoreMode::Set,
            key: key_of(key),
            flags: 0,
            exptime: 30,
            data: data.to_vec(),
        };
        self.submit(token, store)
    }

    /// The server has taken the connection, on which a handshake begins.
    pub fn taken(&mut self) {
        let (id, now) = (self.id(), self.now());
        self.server.handle_taken(id, now);
        self.settle();
    }

    /// The connection is made.
    pub fn connected(&mut self) {
        let (id, now) = (self.id(), self.now());
        self.server.handle_connected(id, now);
        self.settle();
    }

    /// Asks, connects and gets a good reply: a connection that works.
    ///
    /// # Panics
    /// It does not work.
    pub fn works(&mut self) {
        let (asked, reply): (_, &[u8]) = match self.lane {
            Lane::Lookup | Lane::Script => (self.get(0, "works"), b"END\r\n"),
            Lane::Store => (self.set(0, "works", b""), b"STORED\r\n"),
            Lane::Detect => (self.submit(0, MetaNoop), b"MN\r\n"),
        };
        asked.unwrap();
        self.connected();
        self.written(usize::MAX);
        self.data(reply);
        assert_eq!(self.done.pop().unwrap().0, 0);
        (self.connects, self.closes) = (0, 0);
    }

    /// Likewise, with enough small replies for the largest batches.
    ///
    /// # Panics
    /// It does not work.
    pub fn works_well(&mut self) {
        self.works();
        for _ in 0..4 {
            self.get(0, "works").unwrap();
            self.written(usize::MAX);
            self.data(b"END\r\n");
        }
        self.done.clear();
    }

    /// Writes what there is, up to a number of bytes, and returns it.
    pub fn written(&mut self, at_most: usize) -> Vec<u8> {
        let (id, now) = (self.id(), self.now());
        let bytes = self.server.transmit(id).slices().concat();
        let count = bytes.len().min(at_most);
        self.server.handle_written(id, now, count);
        self.settle();
        bytes[..count].to_vec()
    }

    /// Bytes arrive.
    pub fn data(&mut self, bytes: &[u8]) {
        let (id, now) = (self.id(), self.now());
        self.server.handle_data(id, now, &bytes);
        self.settle();
    }

    /// The peer closes the connection.
    pub fn eof(&mut self) {
        let (id, now) = (self.id(), self.now());
        self.server.handle_eof(id, now);
        self.settle();
    }

    /// The operating system reports an error.
    pub fn error(&mut self) {
        let (id, now) = (self.id(), self.now());
        self.server.handle_error(id, now, "refused");
        self.settle();
    }

    /// Cancels a request; its token, if it was not complete.
    pub fn cancel(&mut self, id: RequestId) -> Option<u32> {
        let token = self.server.cancel(id);
        self.settle();
        token
    }

    /// Lets time pass up to a point.
    ///
    /// # Panics
    /// The server wants to be called at a time that no clock shows.
    pub fn at(&mut self, ms: u64) {
        let end = Time::from_micros(ms * 1000);
        while let Some(timeout) = self.server.poll_timeout().filter(|at| *at <= end) {
            let timeout = timeout.since(Time::from_micros(0));
            let timeout = timeout.as_micros().div_ceil(1000);
            self.now_ms = self.now_ms.max(u64::try_from(timeout).unwrap());
            let now = self.now();
            self.server.handle_timeout(now);
            self.settle();
        }
        self.now_ms = ms;
    }

    fn settle(&mut self) {
        let current = self.id();
        while let Some((id, action)) = self.server.poll_action() {
            let counter = match action {
                Action::Connect => &mut self.connects,
                Action::Close => &mut self.closes,
            };
            *counter += usize::from(id == current);
            self.actions.push((id, action));
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Done { token, outcome } => self.done.push((token, text(outcome))),
                Event::Fault {
                    fault, now_down, ..
                } => {
                    let state = if now_down { ", down" } else { "" };
                    self.log.push(format!("{fault}{state}"));
                }
                Event::Ended(pin) => self.ended.push(pin),
                Event::Unclaimed(unclaimed) => {
                    let (key, marks) = (&unclaimed.key, unclaimed.marks);
                    let line = format!("unclaimed {} {}", key.as_str(), marks.version);
                    self.log.push(line);
                }
                Event::Slow(slow) => self.log.push(format!("{slow:?}")),
                Event::Recovered { failing_for } => {
                    self.log
                        .push(format!("well after {} ms", failing_for.as_millis()));
                }
            }
        }
    }

    /// The outcomes that came since the last call.
    #[must_use]
    pub fn done(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.done)
    }

    /// The lines that came since the last call.
    #[must_use]
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

fn key_of(key: &str) -> Key {
    Key::new(key.as_bytes()).unwrap()
}

fn text(outcome: Outcome<Vec<u8>>) -> String {
    match outcome {
        Outcome::Reply(Reply::Values(values)) if values.is_empty() => "miss".into(),
        Outcome::Reply(Reply::Values(values)) => {
            let texts = values.iter().map(|(_, found)| match found {
                Found::Value(value) => {
                    let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                    String::from_utf8_lossy(&bytes).into_owned()
                }
                Found::TooLarge { len, .. } => format!("too large: {len}"),
            });
            texts.collect()
        }
        Outcome::Reply(Reply::Status(status)) => format!("{status:?}"),
        Outcome::Reply(other) => format!("{other:?}"),
        Outcome::Failed(failure) => failure.to_string(),
    }
}

/// For comparing with [`Sim::done`].
#[must_use]
pub fn outcomes(list: &[(u32, &str)]) -> Vec<(u32, String)> {
    list.iter()
        .map(|(token, text)| (*token, (*text).to_owned()))
        .collect()
}
