//! Runs a server's connections against a pretended memcached by a script of
//! bytes, and checks after every step what must hold whatever happens:
//!
//! - each accepted request is complete once, or was cancelled;
//! - within its time: the time to connect and the time for the reply, no more;
//!   and not before it, unless a connection was given up;
//! - no request gets the value of another key, or one longer than it asked for;
//! - what the server reads is well formed, and no command comes a second time
//!   that would not do the same then;
//! - queues keep to their bounds;
//! - a connection that gave no good reply is not made again too soon;
//! - the counters add up;
//! - nothing happens after the shutdown.

use core::time::Duration;
use std::collections::HashMap;

use super::counted::Counted;
use super::memcached::value_of;
use super::script::{Script, plain_command, scripted_command};
use super::sockets::Sockets;
use crate::protocol::limits::VALUE_MAX;
use crate::protocol::{Command, Found, Lane, Reply};
use crate::server::{
    Action, ConnectionId, Event, Failure, Fault, Limits, Outcome, RequestId, Server, Spec, Types,
};
use crate::time::Time;

const LIMITS: Limits = Limits {
    requests: 12,
    data_bytes: 20_000,
};

const SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_millis(300),
    token: None,
};

struct ModelTypes;

impl Types for ModelTypes {
    type Token = usize;
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

/// A request as the one who made it knows it.
struct Asked {
    id: RequestId,
    keys: Vec<String>,
    max_value: u64,
    at: Time,
    timeout: Duration,
    over: bool,
}

struct World {
    server: Server<ModelTypes>,
    now_us: u64,
    asked: Vec<Asked>,
    sockets: Sockets,
    /// How often the server has read the command of a key that is used once.
    read: HashMap<String, usize>,
    counted: Counted,
    shut_down: bool,
}

/// Runs a script.
///
/// # Panics
/// Something is wrong.
pub fn run(script: &[u8]) {
    let mut script = Script::new(script);
    let mut world = World {
        server: Server::new(&SPEC, LIMITS),
        now_us: 0,
        asked: Vec::new(),
        sockets: Sockets::default(),
        read: HashMap::new(),
        counted: Counted::default(),
        shut_down: false,
    };
    while !script.is_over() {
        world.step(&mut script);
        world.settle();
    }
    world.finish();
}

impl World {
    fn now(&self) -> Time {
        at(self.now_us)
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.next() % 26 {
            0..=3 => self.submit(script, false),
            4 => self.cancel(script.next()),
            5..=6 => self.connected(script.connection()),
            7 => self.error(script.connection()),
            8..=10 => {
                let id = script.connection();
                let limit = script.next();
                self.write(id, if limit < 128 { limit } else { usize::MAX });
            }
            11..=13 => {
                let id = script.connection();
                self.answer(id, script.next());
            }
            14..=16 => {
                let id = script.connection();
                let limit = script.next();
                self.deliver(id, if limit < 100 { limit } else { usize::MAX });
            }
            17 => {
                let id = script.connection();
                if self.sockets.is_open(id) {
                    self.server.handle_eof(id, self.now());
                }
            }
            18 => self.advance(script.next() * 2),
            20..=21 => self.submit(script, true),
            22 => self.advance(script.next() / 8),
            23..=24 => {
                let id = script.connection();
                self.serve(id, script.next());
            }
            25 => {
                let how = script.next();
                for id in ConnectionId::ALL {
                    self.serve(id, how);
                }
            }
            _ => {
                if script.next() > 240 {
                    self.server.shutdown(self.now());
                    self.shut_down = true;
                }
            }
        }
    }

    fn submit(&mut self, script: &mut Script<'_>, by_script: bool) {
        let choice = script.next();
        let token = self.asked.len();
        // Some keys are asked for again and again, most only once.
        let key = if choice % 5 == 0 {
            format!("shared{}", choice / 5 % 3)
        } else if choice % 23 == 0 {
            format!("k{token}poison")
        } else {
            format!("k{token}{}", "x".repeat(choice % 4))
        };
        let timeout = Duration::from_millis(if choice & 8 == 0 { 500 } else { 50 });
        let max_value = if choice & 16 == 0 { VALUE_MAX } else { 1000 };
        let plain = plain_command(choice & 128 != 0, &key, max_value);
        let mut keys = vec![key];
        let (lane, command) = if by_script {
            let command = scripted_command(script.next(), plain, &mut keys);
            (Lane::Script, command)
        } else {
            (plain.lane(), plain)
        };
        let max_value = match &command {
            Command::Retrieve(lookup) => lookup.max_value(),
            _ => VALUE_MAX,
        };
        let data_len = command.data_len();
        let before = self.server.load(lane);
        let now = self.now();
        let submitted = if by_script {
            self.server.submit_on(lane, now, command, timeout, token)
        } else {
            self.server.submit(now, command, timeout, token)
        };
        match submitted {
            Ok(id) => {
                assert!(!self.shut_down, "accepted after the shutdown");
                let fits = before.1 == 0 || before.1 + data_len <= LIMITS.data_bytes;
                assert!(data_len == 0 || fits);
                self.asked.push(Asked {
                    id,
                    keys,
                    max_value,
                    at: now,
                    timeout,
                    over: false,
                });
            }
            Err(refused) => {
                assert_eq!(refused.token, token);
                assert_eq!(refused.command.data_len(), data_len);
                self.counted.refused += 1;
            }
        }
    }

    fn cancel(&mut self, choice: usize) {
        if self.asked.is_empty() {
            return;
        }
        let token = choice % self.asked.len();
        let asked = &mut self.asked[token];
        let given_back = self.server.cancel(asked.id);
        assert_eq!(given_back.is_some(), !asked.over, "token {token}");
        assert!(given_back.is_none_or(|back| back == token));
        self.counted.cancelled += u64::from(given_back.is_some());
        asked.over = true;
    }

    fn connected(&mut self, id: ConnectionId) {
        let now = self.now();
        match self.sockets.get(id) {
            Some(socket) if !socket.open => {
                socket.open = true;
                self.server.handle_connected(id, now);
            }
            _ => {}
        }
    }

    fn error(&mut self, id: ConnectionId) {
        if self.sockets.get(id).is_some() {
            self.server.handle_error(id, self.now(), "refused");
        }
    }

    fn write(&mut self, id: ConnectionId, limit: usize) {
        let wanted = self.server.wants_write(id);
        let bytes = self.server.transmit(id).slices().concat();
        assert_eq!(self.server.wants_read(id), self.sockets.is_open(id));
        let Some(socket) = self.sockets.get(id).filter(|socket| socket.open) else {
            assert!(!wanted && bytes.is_empty(), "nothing to write to");
            return;
        };
        assert_eq!(wanted, !bytes.is_empty());
        let count = bytes.len().min(limit);
        socket.peer.received.extend_from_slice(&bytes[..count]);
        self.counted.bytes_written += count as u64;
        self.server.handle_written(id, self.now(), count);
    }

    /// The server at the other end reads one command and answers it, well or
    /// badly, or dies of it.
    fn answer(&mut self, id: ConnectionId, how: usize) {
        let Some(socket) = self.sockets.get(id) else {
            return;
        };
        let Some(read) = socket.peer.answer(how) else {
            return;
        };
        let harmless = ["get", "gets", "set", "touch"].contains(&&read.name[..]);
        let once = read.keys.iter().filter(|key| key.starts_with('k'));
        for key in once.filter(|_| !harmless) {
            let times = self.read.entry(key.clone()).or_default();
            *times += 1;
            assert!(*times == 1, "{} again", read.name);
        }
        if read.is_poisonous() {
            self.error(id);
        }
    }

    fn deliver(&mut self, id: ConnectionId, limit: usize) {
        if let Some(bytes) = self.sockets.read(id, limit) {
            self.counted.bytes_read += bytes.len() as u64;
            self.server.handle_data(id, self.now(), &bytes.as_slice());
        }
    }

    /// All that there is to do on a connection, without delay.
    fn serve(&mut self, id: ConnectionId, how: usize) {
        self.connected(id);
        for _ in 0..16 {
            self.settle();
            self.write(id, usize::MAX);
            // Nothing that was not asked for.
            self.answer(id, how.min(199));
            self.deliver(id, usize::MAX);
        }
    }

    /// Time goes on, from one time-out to the next.
    fn advance(&mut self, ms: usize) {
        let end = self.now_us + ms as u64 * 1000;
        while let Some(timeout) = self.server.poll_timeout().filter(|t| *t <= at(end)) {
            self.now_us = self.now_us.max(micros(timeout));
            self.server.handle_timeout(self.now());
            self.settle();
            let next = self.server.poll_timeout();
            assert!(
                next.is_none_or(|next| next > self.now()),
                "time stands still"
            );
        }
        self.now_us = end;
    }

    /// Does what a driver does after every input.
    fn settle(&mut self) {
        let now = self.now();
        while let Some((id, action)) = self.server.poll_action() {
            match action {
                Action::Close => self.sockets.close(id, now),
                Action::Connect => {
                    assert!(!self.shut_down, "connects after the shutdown");
                    self.sockets.connect(id, now);
                    self.counted.connects += 1;
                }
            }
        }
        let mut done = Vec::new();
        let mut given_up = false;
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Done { token, outcome } => done.push((token, outcome)),
                Event::Fault { fault, .. } => {
                    given_up |= matches!(fault, Fault::ReplyTimeout(_));
                    self.counted.faults += 1;
                }
                Event::Recovered { .. } | Event::Ended(_) | Event::Slow(_) => {}
                Event::Unclaimed(_) => panic!("nothing can be won"),
            }
        }
        for (token, outcome) in done {
            self.done(token, outcome, given_up);
        }
        let mut pending = 0;
        for lane in Lane::ALL {
            let connections = ConnectionId::ALL.into_iter().filter(|id| id.lane() == lane);
            let (requests, _) = self.server.load(lane);
            assert!(requests <= LIMITS.requests * connections.count());
            pending += requests as u64;
        }
        let asked = self.asked.len() as u64;
        self.counted.check(self.server.stats(), asked, pending);
    }

    fn done(&mut self, token: usize, outcome: Outcome<Vec<u8>>, given_up: bool) {
        let now = self.now();
        let asked = &mut self.asked[token];
        assert!(!asked.over, "{token} is over already");
        asked.over = true;
        let took = now.since(asked.at);
        let limit = asked.timeout + SPEC.connect_timeout;
        assert!(took <= limit, "{token} took too long");
        let reply = match outcome {
            Outcome::Failed(failure) => {
                let too_soon = failure == Failure::TimedOut && took < asked.timeout;
                assert!(!too_soon || given_up, "{token} was not waited for");
                self.counted.failed += 1;
                return;
            }
            Outcome::Reply(reply) => reply,
        };
        self.counted.replies += 1;
        let Reply::Values(values) = reply else {
            return;
        };
        for (at, found) in values {
            let expected = value_of(&asked.keys[at]);
            match found {
                Found::Value(value) => {
                    let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                    assert_eq!(bytes, expected, "value of another key");
                    assert!(value.len <= asked.max_value);
                }
                Found::TooLarge { len, .. } => {
                    assert_eq!(len, expected.len() as u64);
                    assert!(len > asked.max_value);
                }
            }
        }
    }

    fn finish(&mut self) {
        // Silence ends everything in its time.
        self.advance(2000);
        assert!(self.asked.iter().all(|asked| asked.over), "not complete");
        self.server.shutdown(self.now());
        self.shut_down = true;
        self.settle();
        assert_eq!(self.server.poll_timeout(), None);
        for lane in Lane::ALL {
            assert_eq!(self.server.load(lane), (0, 0));
        }
        for id in ConnectionId::ALL {
            assert!(!self.server.wants_write(id));
        }
        assert!(self.sockets.are_all_closed(), "left open");
    }
}

fn at(micros: u64) -> Time {
    Time::from_micros(micros)
}

fn micros(time: Time) -> u64 {
    u64::try_from(time.since(at(0)).as_micros()).unwrap()
}
