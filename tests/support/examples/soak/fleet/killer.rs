//! Disturbs the servers at random, several at the same time.

use std::thread;
use std::time::Duration;

use testkit::{Memcached, random_bytes};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Stopped,
    Dead,
}

pub(crate) struct Killer {
    servers: Vec<(Memcached, State)>,
    turn: u64,
    deaths: u64,
    stops: u64,
    /// So many were disturbed at the same time.
    most: usize,
}

impl Killer {
    pub(crate) fn new(servers: Vec<Memcached>) -> Self {
        let servers = servers.into_iter().map(|server| (server, State::Running));
        Self {
            servers: servers.collect(),
            turn: 0,
            deaths: 0,
            stops: 0,
            most: 0,
        }
    }

    /// Disturbs one of them, or ends that, and waits for a while.
    pub(crate) fn strike(&mut self) {
        let dice = random_bytes(self.turn, 3);
        self.turn += 1;
        let at = usize::from(dice[0]) % self.servers.len();
        let (server, state) = &mut self.servers[at];
        match (*state, dice[1] % 3) {
            (State::Running, 0) => {
                server.suspend();
                self.stops += 1;
                *state = State::Stopped;
            }
            (State::Running, _) => {
                server.kill();
                self.deaths += 1;
                *state = State::Dead;
            }
            _ => restore(server, state),
        }
        let disturbed = self.servers.iter();
        let disturbed = disturbed.filter(|(_, state)| *state != State::Running);
        self.most = self.most.max(disturbed.count());
        // From a moment to long enough for it to count as down.
        thread::sleep(Duration::from_millis(20 + u64::from(dice[2]) * 4));
    }

    /// All run again.
    pub(crate) fn restore(&mut self) {
        for (server, state) in &mut self.servers {
            restore(server, state);
        }
    }

    pub(crate) fn told(&self) -> String {
        let (deaths, stops, most) = (self.deaths, self.stops, self.most);
        format!("{deaths} times killed, {stops} stopped, up to {most} at the same time")
    }
}

fn restore(server: &mut Memcached, state: &mut State) {
    match *state {
        State::Running => {}
        State::Stopped => server.resume(),
        State::Dead => server.restart(),
    }
    *state = State::Running;
}
