//! Runs lookups that may win the right to make an item, and what follows from it,
//! against an imitated memcached by a script of bytes, and checks whatever happens:
//!
//! - each right that was told of on a connection that goes on is given to the one who
//!   asked, or is told of as nobody's; once;
//! - what depends on a version reaches the server on the connection on which the
//!   version was read, and on no other, and once;
//! - each request is complete once.

mod socket;

use core::time::Duration;
use std::collections::{HashMap, HashSet};

use super::script::Script;
use super::sim::SimTypes;
use crate::protocol::{
    Command, Found, Key, Marks, MetaDelete, MetaNoop, MetaState, MetaStore, Pin, Reply, Retrieve,
};
use crate::server::{Action, ConnectionId, Event, Limits, Outcome, RequestId, Server, Spec};
use crate::testing::memcached::Items;
use crate::time::Time;
use socket::Socket;

const SPEC: Spec = Spec {
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_millis(300),
    token: None,
};

/// Seconds since 1970 at the beginning.
const START: u64 = 1_700_000_000;

/// How long an item that is being made lives, in seconds: longer than any script.
const LOCK: u32 = 100_000;

/// A right that somebody has.
#[derive(Clone)]
struct Right {
    key: Key,
    marks: Marks,
}

struct World {
    server: Server<SimTypes>,
    items: Items,
    now_us: u64,
    sockets: [Option<Socket>; ConnectionId::COUNT],
    lives: u64,
    /// How many of them were established, at each place.
    opened: [u64; ConnectionId::COUNT],
    asked: Vec<(RequestId, Option<Key>)>,
    over: HashSet<u32>,
    rights: Vec<Right>,
    /// Versions that were told of with a right.
    told: HashSet<u64>,
    /// Which connection a pin means.
    pins: HashMap<Pin, u64>,
    /// What depends on a version and was not read, by a number in its text; where it
    /// may be read.
    pinned: HashMap<u64, u64>,
}

/// Runs a script.
///
/// # Panics
/// Something is wrong.
pub fn run(script: &[u8]) {
    let mut script = Script::new(script);
    let mut world = World {
        server: Server::new(&SPEC, Limits::default()),
        items: Items::default(),
        now_us: 0,
        sockets: Default::default(),
        lives: 0,
        opened: [0; ConnectionId::COUNT],
        asked: Vec::new(),
        over: HashSet::new(),
        rights: Vec::new(),
        told: HashSet::new(),
        pins: HashMap::new(),
        pinned: HashMap::new(),
    };
    while !script.is_over() {
        world.step(&mut script);
        world.settle();
    }
    world.finish();
}

fn key(choice: usize) -> Key {
    Key::new(format!("k{}", choice % 4).as_bytes()).unwrap()
}

impl World {
    fn now(&self) -> Time {
        Time::from_micros(self.now_us)
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.next() % 20 {
            0..=4 => {
                let (choice, key) = (script.next(), key(script.next()));
                // Pages have five bytes.
                let limit = if choice & 8 == 0 { 100 } else { 3 };
                let lookup = Retrieve::one(key.clone()).with_lock(LOCK).up_to(limit);
                self.submit(None, lookup.into(), choice, Some(key));
            }
            5 => {
                let (choice, key) = (script.next(), key(script.next()));
                let refresh_below = (choice & 8 != 0).then_some(500);
                let command = MetaState {
                    key: key.clone(),
                    refresh_below,
                };
                self.submit(None, command.into(), choice, Some(key));
            }
            6 | 7 => self.use_right(script.next(), script.next()),
            8 => {
                let key = key(script.next());
                let command = MetaDelete {
                    key,
                    version: None,
                    invalidate: script.next() % 2 == 0,
                    ttl: None,
                };
                self.submit(None, command.into(), 0, None);
            }
            9 => self.submit(None, MetaNoop.into(), 0, None),
            10 => {
                let choice = script.next();
                if let Some(at) = choice.checked_rem(self.asked.len()) {
                    let cancelled = self.server.cancel(self.asked[at].0);
                    let token = u32::try_from(at).unwrap();
                    assert_eq!(cancelled.is_some(), self.over.insert(token));
                }
            }
            11 => self.advance(script.next() * 2),
            12 => self.advance(script.next() / 8),
            13 => {
                let id = script.connection();
                if self.sockets[id.index()].is_some() {
                    if script.next() % 2 == 0 {
                        self.server.handle_eof(id, self.now());
                    } else {
                        self.server.handle_error(id, self.now(), "reset");
                    }
                }
            }
            14 | 15 => {
                let id = script.connection();
                self.connected(id);
                self.write(id, script.next());
                self.answer(id);
            }
            16..=18 => {
                let id = script.connection();
                self.deliver(id, script.next() % 96);
            }
            _ => {
                for id in ConnectionId::ALL {
                    self.serve(id);
                }
            }
        }
    }

    /// All that there is to do on a connection.
    fn serve(&mut self, id: ConnectionId) {
        self.connected(id);
        for _ in 0..4 {
            self.write(id, usize::MAX);
            self.answer(id);
            self.deliver(id, usize::MAX);
        }
    }

    fn submit(
        &mut self,
        pin: Option<Pin>,
        command: Command<Vec<u8>>,
        choice: usize,
        key: Option<Key>,
    ) {
        let token = u32::try_from(self.asked.len()).unwrap();
        let timeout = Duration::from_millis(if choice & 4 == 0 { 500 } else { 30 });
        let now = self.now();
        let submitted = match pin {
            Some(pin) => self.server.submit_pinned(pin, now, command, timeout, token),
            None => self.server.submit(now, command, timeout, token),
        };
        if let Ok(id) = submitted {
            self.asked.push((id, key));
        }
    }

    /// Stores, gives back or renews what somebody has the right to make.
    fn use_right(&mut self, choice: usize, how: usize) {
        let Some(at) = choice.checked_rem(self.rights.len()) else {
            return;
        };
        let Right { key, marks } = self.rights.swap_remove(at);
        let life = self.pins[&marks.pin];
        let number = self.asked.len() as u64;
        self.pinned.insert(number, life);
        let command = match how % 3 {
            0 => MetaDelete {
                key,
                version: Some(marks.version),
                invalidate: how & 4 != 0,
                ttl: Some(socket::ttl_of(number)),
            }
            .into(),
            _ => MetaStore {
                key,
                flags: u32::try_from(number).unwrap(),
                exptime: if how & 4 == 0 { 0 } else { 400_000 },
                version: marks.version,
                with_version: how % 3 == 1,
                data: b"page!".to_vec(),
            }
            .into(),
        };
        self.submit(Some(marks.pin), command, how, None);
    }

    fn connected(&mut self, id: ConnectionId) {
        let now = self.now();
        match &mut self.sockets[id.index()] {
            Some(socket) if !socket.is_open => {
                socket.is_open = true;
                let opened = &mut self.opened[id.index()];
                *opened += 1;
                let pin = Pin::of(id.index(), *opened);
                self.pins.insert(pin, socket.life);
                self.server.handle_connected(id, now);
            }
            _ => {}
        }
        self.settle();
    }

    fn write(&mut self, id: ConnectionId, limit: usize) {
        let bytes = self.server.transmit(id).slices().concat();
        let now = self.now();
        let Some(socket) = &mut self.sockets[id.index()] else {
            return;
        };
        let count = bytes.len().min(limit);
        socket.peer.received.extend_from_slice(&bytes[..count]);
        self.server.handle_written(id, now, count);
        self.settle();
    }

    /// The server reads what it has; what it reads by version was sent to it on the
    /// connection that it was meant for.
    fn answer(&mut self, id: ConnectionId) {
        let secs = START + self.now_us / 1_000_000;
        let Some(socket) = &mut self.sockets[id.index()] else {
            return;
        };
        for number in socket.answer(&mut self.items, secs) {
            let meant = self.pinned.remove(&number);
            assert_eq!(meant, Some(socket.life), "elsewhere, or twice");
        }
    }

    fn deliver(&mut self, id: ConnectionId, limit: usize) {
        let now = self.now();
        let Some(socket) = &mut self.sockets[id.index()] else {
            return;
        };
        let count = socket.peer.replies.len().min(limit);
        if !socket.is_open || count == 0 {
            return;
        }
        let bytes: Vec<u8> = socket.peer.replies.drain(..count).collect();
        self.server.handle_data(id, now, &bytes.as_slice());
        self.settle();
        if let Some(socket) = &self.sockets[id.index()] {
            if socket.peer.replies.is_empty() {
                let all_told = socket.won.iter().all(|version| self.told.contains(version));
                assert!(all_told, "a right is lost");
            }
        }
    }

    fn advance(&mut self, ms: usize) {
        let end = self.now_us + ms as u64 * 1000;
        let at = |now_us| Time::from_micros(now_us);
        while let Some(timeout) = self.server.poll_timeout().filter(|t| *t <= at(end)) {
            let micros = u64::try_from(timeout.since(at(0)).as_micros()).unwrap();
            self.now_us = self.now_us.max(micros);
            self.server.handle_timeout(self.now());
            self.settle();
        }
        self.now_us = end;
    }

    /// Does what a driver does.
    fn settle(&mut self) {
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Done { token, outcome } => {
                    assert!(self.over.insert(token), "complete twice");
                    self.done(token, outcome);
                }
                Event::Unclaimed(unclaimed) => {
                    self.has_won(unclaimed.key.clone(), unclaimed.marks);
                    // Who gets it back does as it is told.
                    assert_eq!(unclaimed.release().version, Some(unclaimed.marks.version));
                }
                Event::Fault { .. }
                | Event::Recovered { .. }
                | Event::Ended(_)
                | Event::Slow(_) => {}
            }
        }
        while let Some((id, action)) = self.server.poll_action() {
            let socket = &mut self.sockets[id.index()];
            match action {
                Action::Close => *socket = None,
                Action::Connect => {
                    self.lives += 1;
                    *socket = Some(Socket::new(self.lives));
                }
            }
        }
    }

    fn done(&mut self, token: u32, outcome: Outcome<Vec<u8>>) {
        let key = self.asked[token as usize].1.clone();
        let marks = match outcome {
            Outcome::Reply(Reply::Values(values)) => {
                let [(0, found)] = &values[..] else {
                    panic!("a lookup that may win finds something");
                };
                if matches!(found, Found::TooLarge { .. }) {
                    // Its right is told of apart.
                    return;
                }
                *found.marks().expect("marks")
            }
            Outcome::Reply(Reply::State(Some(state))) => state.marks,
            _ => return,
        };
        if marks.won {
            self.has_won(key.expect("the key of a lookup"), marks);
        }
    }

    /// Somebody has won, on a connection that there was.
    fn has_won(&mut self, key: Key, marks: Marks) {
        assert!(self.told.insert(marks.version), "told twice");
        assert!(self.pins.contains_key(&marks.pin), "told of no connection");
        self.rights.push(Right { key, marks });
    }

    fn finish(&mut self) {
        for _ in 0..8 {
            for id in ConnectionId::ALL {
                self.serve(id);
            }
        }
        self.advance(3000);
        let all = self.asked.len();
        assert_eq!(self.over.len(), all, "not complete");
    }
}
