//! Many clients and a pretended memcached for which some keys take long, in time
//! that is stepped through: how many lookups are served.

use core::time::Duration;
use std::collections::VecDeque;

use crate::protocol::{Key, Retrieve};
use crate::server::{Action, ConnectionId, Event, Limits, Outcome, Server};
use crate::time::Time;

use super::sim::{SPEC, SimTypes, TIMEOUT};

/// Time is stepped through in these.
const STEP: Duration = Duration::from_micros(100);

/// From one step to the next a byte goes to the server or back; then a command
/// takes its time and this for each key.
const KEY: Duration = Duration::from_micros(2);

/// What is asked for how often.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Clients, each of which asks for another key 1 ms after its answer.
    pub clients: u32,
    /// Different keys that are slow, asked for in turn.
    pub slow_keys: u32,
    /// How often one of them is asked for, in a second.
    pub slow_rate: u32,
    /// What the server takes for one.
    pub slow_for: Duration,
    /// How long those who ask for one wait.
    pub slow_timeout: Duration,
    /// What the server takes for a command, besides its keys.
    pub command: Duration,
    /// How long all of it lasts.
    pub lasts: Duration,
}

/// What came of it, slow keys apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Lookups that were answered.
    pub answered: u32,
    /// Lookups that failed or were refused.
    pub failed: u32,
    /// The longest that one of them took.
    pub longest: Duration,
    /// Connections made.
    pub connects: u64,
}

/// The far end of one connection: it answers one command after the other.
#[derive(Default)]
struct Peer {
    received: Vec<u8>,
    /// Replies, and when they are ready.
    replies: VecDeque<(Time, Vec<u8>)>,
    busy_until: Time,
}

impl Peer {
    fn receive(&mut self, bytes: &[u8], now: Time, load: &Load) {
        self.received.extend_from_slice(bytes);
        while let Some(end) = self.received.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.received.drain(..=end).collect();
            let line = String::from_utf8(line).unwrap();
            let mut takes = load.command;
            for key in line.trim_end().split(' ').skip(1) {
                takes += if key.starts_with("slow") {
                    load.slow_for
                } else {
                    KEY
                };
            }
            self.busy_until = self.busy_until.max(now) + takes;
            let reply: &[u8] = match &line[..] {
                "version\r\n" => b"VERSION 1\r\n",
                _ => b"END\r\n",
            };
            self.replies.push_back((self.busy_until, reply.to_vec()));
        }
    }
}

/// The token of lookups of slow keys; others have their client's number.
const SLOW: u32 = u32::MAX;

struct World {
    load: Load,
    server: Server<SimTypes>,
    peers: [Option<Peer>; ConnectionId::COUNT],
    connecting: Vec<ConnectionId>,
    /// For each client when it asks next, or when it has asked.
    clients: Vec<Result<Time, Time>>,
    served: Served,
    now: Time,
}

impl Load {
    /// Plays it.
    #[must_use]
    pub fn run(self) -> Served {
        let mut world = World {
            load: self,
            server: Server::new(&SPEC, Limits::default()),
            peers: Default::default(),
            connecting: Vec::new(),
            clients: vec![Ok(Time::default()); self.clients as usize],
            served: Served::default(),
            now: Time::default(),
        };
        let end = Time::default() + self.lasts;
        let mut slow = 0;
        while world.now < end {
            let due = world.now.since(Time::default()) * self.slow_rate;
            while Duration::from_secs(slow) < due {
                world.ask(SLOW, &format!("slow{}", slow % u64::from(self.slow_keys)));
                slow += 1;
            }
            world.step();
        }
        world.served.connects = world.server.stats().connects;
        world.served
    }
}

impl World {
    fn ask(&mut self, token: u32, key: &str) {
        let lookup = Retrieve::one(Key::new(key.as_bytes()).unwrap());
        let timeout = if token == SLOW {
            self.load.slow_timeout
        } else {
            TIMEOUT
        };
        let submitted = self.server.submit(self.now, lookup.into(), timeout, token);
        if submitted.is_err() {
            self.over(token, false);
        } else if let Some(client) = self.clients.get_mut(token as usize) {
            *client = Err(self.now);
        }
    }

    fn over(&mut self, token: u32, answered: bool) {
        let Some(client) = self.clients.get_mut(token as usize) else {
            return;
        };
        let asked = client.err().unwrap_or(self.now);
        self.served.longest = self.served.longest.max(self.now.since(asked));
        *client = Ok(self.now + Duration::from_millis(1));
        if answered {
            self.served.answered += 1;
        } else {
            self.served.failed += 1;
        }
    }

    fn step(&mut self) {
        for client in 0..self.load.clients {
            if self.clients[client as usize].is_ok_and(|at| at <= self.now) {
                self.ask(client, &format!("key{client}"));
            }
        }
        self.settle();
        self.now = self.now + STEP;
        for id in std::mem::take(&mut self.connecting) {
            if self.peers[id.index()].is_some() {
                self.server.handle_connected(id, self.now);
            }
        }
        for id in ConnectionId::ALL {
            while let Some(reply) = self.next_reply(id) {
                self.server.handle_data(id, self.now, &reply.as_slice());
                self.settle();
            }
        }
        if self.server.poll_timeout().is_some_and(|at| at <= self.now) {
            self.server.handle_timeout(self.now);
        }
    }

    fn next_reply(&mut self, id: ConnectionId) -> Option<Vec<u8>> {
        let replies = &mut self.peers[id.index()].as_mut()?.replies;
        replies.front().filter(|(at, _)| *at <= self.now)?;
        Some(replies.pop_front()?.1)
    }

    fn settle(&mut self) {
        while let Some((id, action)) = self.server.poll_action() {
            let peer = &mut self.peers[id.index()];
            match action {
                Action::Close => *peer = None,
                Action::Connect => {
                    *peer = Some(Peer::default());
                    self.connecting.push(id);
                }
            }
        }
        while let Some(event) = self.server.poll_event() {
            if let Event::Done { token, outcome } = event {
                self.over(token, matches!(outcome, Outcome::Reply(_)));
            }
        }
        for id in ConnectionId::ALL {
            while self.server.wants_write(id) {
                let bytes = self.server.transmit(id).slices().concat();
                self.server.handle_written(id, self.now, bytes.len());
                if let Some(peer) = &mut self.peers[id.index()] {
                    peer.receive(&bytes, self.now, &self.load);
                }
            }
        }
    }
}
