//! Runs a server's connections against a pretended memcached by a script of
//! bytes, and checks after every step what must hold whatever happens:
//!
//! - each accepted request is done with once, or was cancelled;
//! - in its time: the time to connect and the time for the answer, no more;
//! - no asker gets the value of another key;
//! - what the server reads is well formed, no request comes a third time, and
//!   none a second time that would not do the same then;
//! - queues keep to their bounds;
//! - a connection that gave no good reply is not made again too soon;
//! - nothing happens after the shutdown.

use std::collections::HashMap;
use std::time::Duration;

use memcached_core::connection::{
    Action, Driver, Event, Limits, Outcome, RequestId, Server, Time, Timing,
};
use memcached_core::protocol::{
    Command, Count, Delete, Direction, Key, Lane, Reply, Retrieve, Store, StoreMode, Touch,
};

const LIMITS: Limits = Limits {
    requests: 12,
    data_bytes: 20_000,
};

const RETRIES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(1)];

struct Types;

impl Driver for Types {
    type Token = usize;
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

/// Bytes that decide what happens; zeros when they are used up.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn next(&mut self) -> usize {
        match self.0.split_first() {
            Some((&byte, rest)) => {
                self.0 = rest;
                usize::from(byte)
            }
            None => 0,
        }
    }

    fn lane(&mut self) -> Lane {
        Lane::ALL[self.next() % Lane::COUNT]
    }
}

/// A request as its asker knows it.
struct Asked {
    id: RequestId,
    lane: Lane,
    key: String,
    at: Time,
    timing: Timing,
    over: bool,
}

/// A socket and the memcached at its other end.
#[derive(Default)]
struct Socket {
    open: bool,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

#[derive(Default)]
struct LaneState {
    socket: Option<Socket>,
    last_attempt: Option<Time>,
    /// At least it may have given one.
    gave_reply: bool,
}

struct World {
    server: Server<Types>,
    now_us: u64,
    asked: Vec<Asked>,
    lanes: [LaneState; Lane::COUNT],
    /// How often the server has read the request of a key that is used once.
    read: HashMap<String, usize>,
    shut_down: bool,
}

/// Runs a script. It panics where something is wrong.
pub fn run(script: &[u8]) {
    let mut script = Script(script);
    let mut world = World {
        server: Server::new(LIMITS),
        now_us: 0,
        asked: Vec::new(),
        lanes: Default::default(),
        read: HashMap::new(),
        shut_down: false,
    };
    while !script.0.is_empty() {
        world.step(&mut script);
        world.settle();
    }
    world.finish();
}

/// What is stored and found under a key.
fn value_of(key: &str) -> Vec<u8> {
    let repeat = match key.len() % 4 {
        0 => 0,
        1 => 1,
        2 => 60,
        _ => 1500,
    };
    format!("<{key}>").repeat(repeat).into_bytes()
}

impl World {
    fn now(&self) -> Time {
        Time::from_micros(self.now_us)
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
        let key = if choice.is_multiple_of(5) {
            format!("shared{}", choice / 5 % 3)
        } else {
            format!("k{token}{}", "x".repeat(choice % 4))
        };
        let timing = Timing {
            timeout: Duration::from_millis(if choice & 8 == 0 { 500 } else { 50 }),
            connect_timeout: Duration::from_millis(if choice & 16 == 0 { 250 } else { 20 }),
            retry: RETRIES[choice >> 5 & 1],
        };
        let wire_key = Key::new(key.as_bytes()).unwrap();
        let mut command = if choice & 128 == 0 {
            Command::Retrieve(Retrieve::one(wire_key))
        } else {
            Command::Store(Store {
                mode: StoreMode::Set,
                key: wire_key,
                flags: 7,
                exptime: 30,
                data: value_of(&key),
            })
        };
        let mut lane = command.lane();
        if by_script {
            lane = Lane::Script;
            command = scripted(script.next(), command, &key);
        }
        let data_len = command.data_len();
        let before = self.server.load(lane);
        let submitted = if by_script {
            let now = self.now();
            self.server.submit_on(lane, now, command, timing, token)
        } else {
            self.server.submit(self.now(), command, timing, token)
        };
        match submitted {
            Ok(id) => {
                assert!(!self.shut_down, "accepted after the shutdown");
                assert!(before.0 < LIMITS.requests);
                assert!(data_len == 0 || before.1 == 0 || before.1 + data_len <= LIMITS.data_bytes);
                self.asked.push(Asked {
                    id,
                    lane,
                    key,
                    at: self.now(),
                    timing,
                    over: false,
                });
            }
            Err(refused) => assert_eq!(refused.token, token),
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
        asked.over = true;
        // Its reply may come unseen.
        self.lanes[asked.lane as usize].gave_reply = true;
    }

    fn connected(&mut self, lane: Lane) {
        if let Some(socket) = &mut self.lanes[lane as usize].socket
            && !socket.open
        {
            socket.open = true;
            self.server.handle_connected(lane, self.now());
        }
    }

    fn is_open(&self, lane: Lane) -> bool {
        let socket = &self.lanes[lane as usize].socket;
        socket.as_ref().is_some_and(|socket| socket.open)
    }

    fn write(&mut self, lane: Lane, limit: usize) {
        let wanted = self.server.wants_write(lane);
        let bytes = self.server.transmit(lane).parts().concat();
        if !self.is_open(lane) {
            assert!(!wanted && bytes.is_empty(), "nothing to write to");
            return;
        }
        assert_eq!(wanted, !bytes.is_empty());
        let count = bytes.len().min(limit);
        let socket = self.lanes[lane as usize].socket.as_mut().unwrap();
        socket.to_server.extend_from_slice(&bytes[..count]);
        self.server.handle_written(lane, self.now(), count);
    }

    /// The server at the other end reads one request and answers it, well or
    /// badly.
    fn answer(&mut self, lane: Lane, how: usize) {
        let Some(socket) = &mut self.lanes[lane as usize].socket else {
            return;
        };
        let out = &mut socket.to_client;
        match how {
            200..=203 => return out.extend_from_slice(b"VALUE other 0 2\r\nno\r\nEND\r\n"),
            204..=206 => return out.extend_from_slice(b"SERVER_ERROR out of memory\r\n"),
            207..=209 => return out.extend_from_slice(b"CLIENT_ERROR bad\r\n"),
            210..=211 => return out.extend_from_slice(b"\r\nEND\r\nSTORED"),
            _ => {}
        }
        let Some((keys, command)) = read_request(&mut socket.to_server) else {
            return;
        };
        let out = &mut socket.to_client;
        let cas = if command == "gets" { " 9" } else { "" };
        match &command[..] {
            _ if how >= 190 => out.extend_from_slice(b"SERVER_ERROR x\r\n"),
            "get" | "gets" => {
                // Some of several keys are not there, and they may come in
                // another order than they were asked for.
                let there = |(at, _): &(usize, &String)| (how + at) % 4 != 3 && how < 120;
                let mut found: Vec<_> = keys.iter().enumerate().filter(there).collect();
                if how % 2 == 1 {
                    found.reverse();
                }
                for (_, key) in found {
                    let value = value_of(key);
                    let head = format!("VALUE {key} 7 {}{cas}\r\n", value.len());
                    out.extend_from_slice(head.as_bytes());
                    out.extend_from_slice(&value);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"END\r\n");
            }
            "incr" if how < 60 => out.extend_from_slice(b"CLIENT_ERROR no number\r\n"),
            "incr" if how < 120 => out.extend_from_slice(b"42\r\n"),
            "delete" if how < 120 => out.extend_from_slice(b"DELETED\r\n"),
            "touch" if how < 120 => out.extend_from_slice(b"TOUCHED\r\n"),
            "cas" if how < 120 => out.extend_from_slice(b"EXISTS\r\n"),
            "incr" | "delete" | "touch" | "cas" => out.extend_from_slice(b"NOT_FOUND\r\n"),
            _ => out.extend_from_slice(b"STORED\r\n"),
        }
        for key in keys {
            if key.starts_with('k') {
                let times = self.read.entry(key).or_default();
                *times += 1;
                let harmless = ["get", "gets", "set", "touch"].contains(&&command[..]);
                assert!(*times <= if harmless { 2 } else { 1 }, "{command} again");
            }
        }
    }

    fn deliver(&mut self, lane: Lane, limit: usize) {
        let Some(socket) = &mut self.lanes[lane as usize].socket else {
            return;
        };
        let count = socket.to_client.len().min(limit);
        if !socket.open || count == 0 {
            return;
        }
        let bytes: Vec<u8> = socket.to_client.drain(..count).collect();
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
            if let Event::Done { token, outcome } = event {
                self.done(token, outcome);
            }
        }
        for lane in Lane::ALL {
            let (requests, _) = self.server.load(lane);
            assert!(requests <= LIMITS.requests);
        }
    }

    fn act(&mut self, lane: Lane, action: Action) {
        let now = self.now();
        let state = &mut self.lanes[lane as usize];
        match action {
            Action::Close => state.socket = None,
            Action::Connect => {
                assert!(!self.shut_down, "connects after the shutdown");
                assert!(state.socket.is_none(), "connects over a connection");
                if let Some(last) = state.last_attempt
                    && !state.gave_reply
                {
                    assert!(now.since(last) >= RETRIES[0], "tried again too soon");
                }
                state.socket = Some(Socket::default());
                state.last_attempt = Some(now);
                state.gave_reply = false;
            }
        }
    }

    fn done(&mut self, token: usize, outcome: Outcome<Vec<u8>>) {
        let now = self.now();
        let asked = &mut self.asked[token];
        assert!(!asked.over, "{token} is over already");
        asked.over = true;
        let limit = asked.timing.timeout + asked.timing.connect_timeout;
        assert!(now.since(asked.at) <= limit, "{token} took too long");
        if let Outcome::Reply(reply) = outcome {
            self.lanes[asked.lane as usize].gave_reply = true;
            if let Reply::Values(values) = reply {
                for (_, value) in values {
                    let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                    assert_eq!(bytes, value_of(&asked.key), "value of another key");
                }
            }
        }
    }

    fn finish(&mut self) {
        // Silence ends everything in its time.
        self.advance(1000);
        assert!(self.asked.iter().all(|asked| asked.over), "not done with");
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

/// One of the requests that only scripts make, or the one given.
fn scripted(kind: usize, command: Command<Vec<u8>>, key: &str) -> Command<Vec<u8>> {
    let data = value_of(key);
    let key = Key::new(key.as_bytes()).unwrap();
    let (flags, exptime) = (7, 30);
    match kind % 10 {
        0 => Retrieve::one(key).with_cas().into(),
        1 => Retrieve::several(key, []).with_cas().into(),
        2 => Delete { key }.into(),
        3 => Touch { key, exptime }.into(),
        4 => Command::Count(Count {
            direction: Direction::Up,
            key,
            delta: 1,
        }),
        kind @ 5..=8 => Command::Store(Store {
            mode: [
                StoreMode::Add,
                StoreMode::Append,
                StoreMode::Prepend,
                StoreMode::Cas(9),
            ][kind - 5],
            key,
            flags,
            exptime,
            data,
        }),
        _ => command,
    }
}

/// Takes one request from what the server has received, if it is there as a
/// whole: its keys and its command. What is no request is a panic.
fn read_request(received: &mut Vec<u8>) -> Option<(Vec<String>, String)> {
    let end = received.windows(2).position(|two| two == b"\r\n")?;
    let line = String::from_utf8(received[..end].to_vec()).unwrap();
    if let Some(keys) = line.strip_prefix("get ") {
        let keys: Vec<_> = keys.split(' ').map(str::to_owned).collect();
        assert!(keys.len() <= 16 && line.len() <= 1100, "{line}");
        received.drain(..end + 2);
        return Some((keys, "get".into()));
    }
    let (command, key, len) = match line.split(' ').collect::<Vec<_>>()[..] {
        [command @ ("gets" | "delete"), key]
        | [command @ "touch", key, "30"]
        | [command @ "incr", key, "1"] => (command.to_owned(), key.to_owned(), end + 2),
        [
            command @ ("set" | "add" | "append" | "prepend"),
            key,
            "7",
            "30",
            len,
        ]
        | [command @ "cas", key, "7", "30", len, "9"] => {
            let len: usize = len.parse().unwrap();
            let data = received.get(end + 2..end + 2 + len + 2)?;
            assert_eq!(data[..len], value_of(key));
            assert_eq!(&data[len..], b"\r\n");
            (command.to_owned(), key.to_owned(), end + 2 + len + 2)
        }
        _ => panic!("the server reads \"{line}\""),
    };
    received.drain(..len);
    Some((vec![key], command))
}

fn at(micros: u64) -> Time {
    Time::from_micros(micros)
}

fn micros(time: Time) -> u64 {
    u64::try_from(time.since(at(0)).as_micros()).unwrap()
}
