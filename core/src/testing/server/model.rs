//! Runs a server's connections against a pretended memcached by a script of
//! bytes, and checks after every step what must hold whatever happens:
//!
//! - each accepted request is complete once, or was cancelled;
//! - within its time: the time to connect and the time for the reply, no more;
//! - no request gets the value of another key;
//! - what the server reads is well formed, no command comes a third time, and
//!   none a second time that would not do the same then;
//! - queues keep to their bounds;
//! - a connection that gave no good reply is not made again too soon;
//! - the counters add up;
//! - nothing happens after the shutdown.

use core::time::Duration;
use std::collections::HashMap;

use super::counted::Counted;
use super::memcached::{Memcached, value_of};
use super::script::{Script, plain_command, scripted_command};
use crate::protocol::{Lane, Reply};
use crate::server::{Action, Event, Limits, Outcome, RequestId, Server, Spec, Types};
use crate::time::Time;

const LIMITS: Limits = Limits {
    requests: 12,
    data_bytes: 20_000,
};

const SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_millis(300),
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
    lane: Lane,
    keys: Vec<String>,
    at: Time,
    timeout: Duration,
    over: bool,
}

/// A socket and the memcached at its other end.
#[derive(Default)]
struct Socket {
    open: bool,
    peer: Memcached,
}

#[derive(Default)]
struct LaneState {
    socket: Option<Socket>,
    last_attempt: Option<Time>,
    /// At least it may have given one.
    gave_reply: bool,
}

struct World {
    server: Server<ModelTypes>,
    now_us: u64,
    asked: Vec<Asked>,
    lanes: [LaneState; Lane::COUNT],
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
        server: Server::new(SPEC, LIMITS),
        now_us: 0,
        asked: Vec::new(),
        lanes: Default::default(),
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
        match script.next() % 22 {
            0..=3 => self.submit(script, false),
            4 => self.cancel(script.next()),
            5..=6 => self.connected(script.lane()),
            7 => {
                let lane = script.lane();
                if self.lanes[lane as usize].socket.is_some() {
                    self.server.handle_error(lane, self.now(), "refused");
                }
            }
            8..=10 => {
                let lane = script.lane();
                let limit = script.next();
                self.write(lane, if limit < 128 { limit } else { usize::MAX });
            }
            11..=13 => {
                let lane = script.lane();
                self.answer(lane, script.next());
            }
            14..=16 => {
                let lane = script.lane();
                let limit = script.next();
                self.deliver(lane, if limit < 100 { limit } else { usize::MAX });
            }
            17 => {
                let lane = script.lane();
                if self.is_open(lane) {
                    self.server.handle_eof(lane, self.now());
                }
            }
            18 => self.advance(script.next()),
            20..=21 => self.submit(script, true),
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
        } else {
            format!("k{token}{}", "x".repeat(choice % 4))
        };
        let timeout = Duration::from_millis(if choice & 8 == 0 { 500 } else { 50 });
        let plain = plain_command(choice & 128 != 0, &key);
        let mut keys = vec![key];
        let (lane, command) = if by_script {
            (
                Lane::Script,
                scripted_command(script.next(), plain, &mut keys),
            )
        } else {
            (plain.lane(), plain)
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
                assert!(before.0 < LIMITS.requests);
                assert!(data_len == 0 || before.1 == 0 || before.1 + data_len <= LIMITS.data_bytes);
                self.asked.push(Asked {
                    id,
                    lane,
                    keys,
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
        // Its reply may come unseen.
        self.lanes[asked.lane as usize].gave_reply = true;
    }

    fn connected(&mut self, lane: Lane) {
        let now = self.now();
        match &mut self.lanes[lane as usize].socket {
            Some(socket) if !socket.open => {
                socket.open = true;
                self.server.handle_connected(lane, now);
            }
            _ => {}
        }
    }

    fn is_open(&self, lane: Lane) -> bool {
        let socket = &self.lanes[lane as usize].socket;
        socket.as_ref().is_some_and(|socket| socket.open)
    }

    fn write(&mut self, lane: Lane, limit: usize) {
        let wanted = self.server.wants_write(lane);
        let bytes = self.server.transmit(lane).slices().concat();
        assert_eq!(self.server.wants_read(lane), self.is_open(lane));
        if !self.is_open(lane) {
            assert!(!wanted && bytes.is_empty(), "nothing to write to");
            return;
        }
        assert_eq!(wanted, !bytes.is_empty());
        let count = bytes.len().min(limit);
        let socket = self.lanes[lane as usize].socket.as_mut().unwrap();
        socket.peer.received.extend_from_slice(&bytes[..count]);
        self.counted.bytes_written += count as u64;
        self.server.handle_written(lane, self.now(), count);
    }

    /// The server at the other end reads one command and answers it, well or
    /// badly.
    fn answer(&mut self, lane: Lane, how: usize) {
        let Some(socket) = &mut self.lanes[lane as usize].socket else {
            return;
        };
        let Some(read) = socket.peer.answer(how) else {
            return;
        };
        for key in read.keys {
            if key.starts_with('k') {
                let times = self.read.entry(key).or_default();
                *times += 1;
                let harmless = ["get", "gets", "set", "touch"].contains(&&read.name[..]);
                assert!(
                    *times <= if harmless { 2 } else { 1 },
                    "{} again",
                    read.name
                );
            }
        }
    }

    fn deliver(&mut self, lane: Lane, limit: usize) {
        let Some(socket) = &mut self.lanes[lane as usize].socket else {
            return;
        };
        let count = socket.peer.replies.len().min(limit);
        if !socket.open || count == 0 {
            return;
        }
        let bytes: Vec<u8> = socket.peer.replies.drain(..count).collect();
        self.counted.bytes_read += count as u64;
        self.server.handle_data(lane, self.now(), &bytes.as_slice());
    }

    /// Time goes on, from one time-out to the next.
    fn advance(&mut self, ms: usize) {
        let end = self.now_us + ms as u64 * 2000;
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
        for lane in Lane::ALL {
            while let Some(action) = self.server.poll_action(lane) {
                self.act(lane, action);
            }
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Done { token, outcome } => self.done(token, outcome),
                Event::Fault { .. } => self.counted.faults += 1,
                Event::Recovered { .. } => {}
            }
        }
        let mut pending = 0;
        for lane in Lane::ALL {
            let (requests, _) = self.server.load(lane);
            assert!(requests <= LIMITS.requests);
            pending += requests as u64;
        }
        let asked = self.asked.len() as u64;
        self.counted.check(self.server.stats(), asked, pending);
    }

    fn act(&mut self, lane: Lane, action: Action) {
        let now = self.now();
        let state = &mut self.lanes[lane as usize];
        match action {
            Action::Close => state.socket = None,
            Action::Connect => {
                assert!(!self.shut_down, "connects after the shutdown");
                assert!(state.socket.is_none(), "connects over a connection");
                let waited = |last| now.since(last) >= SPEC.retry;
                let may_connect = state.gave_reply || state.last_attempt.is_none_or(waited);
                assert!(may_connect, "tried again too soon");
                state.socket = Some(Socket::default());
                state.last_attempt = Some(now);
                state.gave_reply = false;
                self.counted.connects += 1;
            }
        }
    }

    fn done(&mut self, token: usize, outcome: Outcome<Vec<u8>>) {
        let now = self.now();
        let asked = &mut self.asked[token];
        assert!(!asked.over, "{token} is over already");
        asked.over = true;
        let limit = asked.timeout + SPEC.connect_timeout;
        assert!(now.since(asked.at) <= limit, "{token} took too long");
        let reply = match outcome {
            Outcome::Failed(_) => {
                self.counted.failed += 1;
                return;
            }
            Outcome::Reply(reply) => reply,
        };
        self.counted.replies += 1;
        self.lanes[asked.lane as usize].gave_reply = true;
        if let Reply::Values(values) = reply {
            for (at, value) in values {
                let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                assert_eq!(bytes, value_of(&asked.keys[at]), "value of another key");
            }
        }
    }

    fn finish(&mut self) {
        // Silence ends everything in its time.
        self.advance(1000);
        assert!(self.asked.iter().all(|asked| asked.over), "not complete");
        self.server.shutdown(self.now());
        self.shut_down = true;
        self.settle();
        assert_eq!(self.server.poll_timeout(), None);
        for lane in Lane::ALL {
            assert_eq!(self.server.load(lane), (0, 0));
            assert!(!self.server.wants_write(lane));
            assert!(self.lanes[lane as usize].socket.is_none(), "left open");
        }
    }
}

fn at(micros: u64) -> Time {
    Time::from_micros(micros)
}

fn micros(time: Time) -> u64 {
    u64::try_from(time.since(at(0)).as_micros()).unwrap()
}
