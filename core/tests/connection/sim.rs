//! A server and all that has come out of it, for tests that tell a story.

use std::time::Duration;

use memcached_core::connection::{
    Action, Driver, Event, Failure, Limits, Outcome, RequestId, Server, Time, Timing,
};
use memcached_core::protocol::{Command, Key, Lane, Reply, Retrieve, Store, StoreMode};

pub struct Types;

impl Driver for Types {
    type Token = u32;
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

pub const TIMING: Timing = Timing {
    timeout: Duration::from_millis(500),
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
};

pub struct Sim {
    pub server: Server<Types>,
    pub now_ms: u64,
    /// Which connection the methods are about.
    pub lane: Lane,
    pub timing: Timing,
    pub done: Vec<(u32, String)>,
    /// What a log would tell.
    pub log: Vec<String>,
    pub connects: usize,
    pub closes: usize,
}

impl Sim {
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self {
            server: Server::new(limits),
            now_ms: 0,
            lane: Lane::Lookup,
            timing: TIMING,
            done: Vec::new(),
            log: Vec::new(),
            connects: 0,
            closes: 0,
        }
    }

    pub fn now(&self) -> Time {
        Time::from_micros(self.now_ms * 1000)
    }

    pub fn submit(&mut self, token: u32, command: Command<Vec<u8>>) -> Result<RequestId, Failure> {
        let (now, timing) = (self.now(), self.timing);
        let submitted = match self.lane {
            Lane::Script => self
                .server
                .submit_on(Lane::Script, now, command, timing, token),
            _ => self.server.submit(now, command, timing, token),
        };
        self.settle();
        submitted.map_err(|refused| refused.failure)
    }

    pub fn get(&mut self, token: u32, key: &str) -> Result<RequestId, Failure> {
        let key = Key::new(key.as_bytes()).unwrap();
        self.submit(token, Retrieve::one(key).into())
    }

    pub fn set(&mut self, token: u32, key: &str, data: &[u8]) -> Result<RequestId, Failure> {
        let set = Store {
            mode: StoreMode::Set,
            key: Key::new(key.as_bytes()).unwrap(),
            flags: 0,
            exptime: 30,
            data: data.to_vec(),
        };
        self.submit(token, set.into())
    }

    pub fn connected(&mut self) {
        let now = self.now();
        self.server.handle_connected(self.lane, now);
        self.settle();
    }

    /// Asks, connects and gets a good reply: a connection that works.
    pub fn works(&mut self) {
        match self.lane {
            Lane::Lookup | Lane::Script => self.get(0, "works").unwrap(),
            Lane::Store => self.set(0, "works", b"").unwrap(),
        };
        self.connected();
        self.written(usize::MAX);
        self.data(match self.lane {
            Lane::Lookup | Lane::Script => b"END\r\n",
            Lane::Store => b"STORED\r\n",
        });
        assert_eq!(self.done.pop().unwrap().0, 0);
        (self.connects, self.closes) = (0, 0);
    }

    /// Likewise, with so many small replies that as many lookups as ever are
    /// sent together.
    pub fn works_well(&mut self) {
        self.works();
        for _ in 0..4 {
            self.get(0, "works").unwrap();
            self.written(usize::MAX);
            self.data(b"END\r\n");
        }
        self.done.clear();
    }

    pub fn written(&mut self, at_most: usize) -> Vec<u8> {
        let parts = self.server.transmit(self.lane).parts().concat();
        let count = parts.len().min(at_most);
        let now = self.now();
        self.server.handle_written(self.lane, now, count);
        self.settle();
        parts[..count].to_vec()
    }

    pub fn data(&mut self, bytes: &[u8]) {
        let now = self.now();
        self.server.handle_data(self.lane, now, &bytes);
        self.settle();
    }

    pub fn eof(&mut self) {
        let now = self.now();
        self.server.handle_eof(self.lane, now);
        self.settle();
    }

    pub fn error(&mut self) {
        let now = self.now();
        self.server.handle_error(self.lane, now, "refused");
        self.settle();
    }

    pub fn cancel(&mut self, id: RequestId) -> Option<u32> {
        let token = self.server.cancel(id);
        self.settle();
        token
    }

    /// Lets time pass up to a point.
    pub fn at(&mut self, ms: u64) {
        while let Some(timeout) = self.server.poll_timeout()
            && timeout <= Time::from_micros(ms * 1000)
        {
            let timeout = timeout.since(Time::from_micros(0)).as_millis();
            self.now_ms = self.now_ms.max(u64::try_from(timeout).unwrap());
            let now = self.now();
            self.server.handle_timeout(now);
            self.settle();
        }
        self.now_ms = ms;
    }

    fn settle(&mut self) {
        for lane in Lane::ALL {
            while let Some(action) = self.server.poll_action(lane) {
                match action {
                    Action::Connect => self.connects += 1,
                    Action::Close => self.closes += 1,
                }
            }
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
                Event::Recovered { failing_for } => {
                    self.log
                        .push(format!("well after {} ms", failing_for.as_millis()));
                }
            }
        }
    }

    /// The outcomes that came since the last call.
    pub fn done(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.done)
    }

    /// The lines that came since the last call.
    pub fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }
}

fn text(outcome: Outcome<Vec<u8>>) -> String {
    match outcome {
        Outcome::Reply(Reply::Values(values)) => match &values[..] {
            [] => "miss".into(),
            [(0, value)] => {
                let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            several => format!("{several:?}"),
        },
        Outcome::Reply(Reply::Status(status)) => format!("{status:?}"),
        Outcome::Reply(other) => format!("{other:?}"),
        Outcome::Failed(failure) => failure.to_string(),
    }
}

/// For comparing with [`Sim::done`].
pub fn outcomes(list: &[(u32, &str)]) -> Vec<(u32, String)> {
    list.iter()
        .map(|(token, text)| (*token, (*text).to_owned()))
        .collect()
}
