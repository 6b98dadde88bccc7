//! What happens in the model.

use core::time::Duration;

use super::network::{Connection, For, delay};
use super::worker::{Client, TIMEOUT, Worker};
use super::world::{Scenario, WORKERS, World};
use crate::lookup::lease::{Ask, End, Rules};
use crate::lookup::{Asks, DriverId, ServerId, Target};
use crate::protocol::{Command, Found, Reply};
use crate::server::{Failure, Outcome, Unclaimed};
use crate::testing::manner::Manner;

/// Something that happens.
#[derive(Debug)]
pub(super) enum Event {
    Arrives(usize, Manner, bool),
    Leaves(usize),
    /// A client goes on that was woken.
    Polls(usize),
    TooLate(usize),
    CarriedOut(usize),
    Answered(usize, Reply<Vec<u8>>),
    TimedOut(usize),
    Made(usize),
    RefreshTimedOut(usize),
    Timer(usize, u64),
    Purge(usize),
    SoftPurge(usize),
    Evicted,
    Restarted,
    Dies(usize),
    Disconnected(usize, usize),
    Quiet,
    /// A worker knows by now that it has stored a page.
    Stored(usize),
}

impl World {
    pub(super) fn happens(&mut self, event: Event) {
        match event {
            Event::Arrives(worker, manner, leaves) => self.arrives(worker, manner, leaves),
            Event::Leaves(client) => self.leaves(client),
            Event::Polls(client) => {
                self.poll(client);
                let worker = self.clients[client].worker;
                self.drive(worker);
            }
            Event::TooLate(client) => self.check_answered(client),
            Event::CarriedOut(message) => self.carried_out(message),
            Event::Answered(message, reply) => self.reply(message, reply),
            Event::TimedOut(message) => self.failed(message, Failure::TimedOut),
            Event::Made(making) => {
                let manner = self.makings[making].manner;
                self.made_if_alive(making, manner);
            }
            Event::RefreshTimedOut(making) => self.made_if_alive(making, Manner::Fails),
            Event::Timer(worker, life) => {
                if self.workers[worker].life == life {
                    self.workers[worker].timer = None;
                    self.workers[worker].leases.handle_timeout(self.now);
                    self.drive(worker);
                }
            }
            Event::Purge(worker) => self.purge(worker),
            Event::SoftPurge(worker) => {
                self.content += 1;
                self.note(|| format!("w{worker} purges softly"));
                self.softly_purge(worker, 0);
            }
            Event::Evicted => {
                self.note(|| "evicted".into());
                let key = self.key.clone();
                self.memcached.evict(key.as_bytes());
                self.epoch += 1;
            }
            Event::Restarted => self.restarted(),
            Event::Dies(worker) => self.dies(worker),
            Event::Disconnected(worker, connection) => self.disconnected(worker, connection),
            Event::Stored(worker) => self.stored(worker),
            Event::Quiet => {
                self.note(|| "from now on nothing goes wrong".into());
                self.is_calm = true;
                self.memcached.value_max = usize::MAX;
            }
        }
    }

    fn arrives(&mut self, worker: usize, manner: Manner, leaves: bool) {
        let number = self.clients.len();
        self.note(|| format!("client {number} asks w{worker}, will be {manner:?}"));
        let rules = Rules {
            in_background: self.scenario == Scenario::SoftPurge || !self.chance.one_in(4),
            ..self.rules
        };
        let target = Target {
            server: ServerId(0),
            driver: DriverId(0),
            timeout: TIMEOUT,
            max_value: 1000,
            asks: Asks::Value,
        };
        let key = self.key.clone();
        let ask = Ask { target, key, rules };
        let visit = self.workers[worker].leases.begin(self.now, ask, number);
        self.clients.push(Client {
            worker,
            life: self.workers[worker].life,
            manner,
            began: self.now,
            floor: None,
            visit: Some(visit),
            is_done: false,
            backend: None,
        });
        // For others, for one reply, and for what the server understands.
        let limit = self.rules.lock_wait + TIMEOUT + TIMEOUT;
        // It may be woken late, twice.
        let late = Duration::from_millis(if self.is_calm { 2 } else { 65 });
        self.at(self.now + limit + late, Event::TooLate(number));
        if leaves {
            let after = self.chance.below(if self.is_calm { 100 } else { 1500 });
            self.after(after, Event::Leaves(number));
        }
        self.poll(number);
        self.drive(worker);
    }

    fn leaves(&mut self, number: usize) {
        let now = self.now;
        let client = &mut self.clients[number];
        let at = client.worker;
        if client.is_done {
            return;
        }
        client.is_done = true;
        self.note(|| format!("client {number} leaves"));
        if let Some(visit) = self.clients[number].visit.take() {
            let worker = &mut self.workers[at];
            let unwanted = worker.leases.leave(now, &mut worker.lookups, visit);
            if let Some(unwanted) = unwanted {
                self.cancel(at, unwanted);
            }
        } else if let Some(serial) = self.clients[number].backend {
            let making = &mut self.makings[serial];
            // Either something goes on in its place, or nothing does.
            making.client = None;
            if self.chance.one_in(2) && making.ended.is_none() {
                making.ended = Some(now);
                if let Some(run) = making.run.take() {
                    self.workers[at].leases.end(now, run, End::Abandoned);
                }
            }
        }
        self.drive(at);
    }

    fn made_if_alive(&mut self, serial: usize, manner: Manner) {
        let making = &self.makings[serial];
        if self.workers[making.worker].life == making.life {
            self.made(serial, manner);
        }
    }

    /// A command reaches the server.
    fn carried_out(&mut self, number: usize) {
        let message = &self.messages[number];
        let (at, pin) = (message.worker, message.pin);
        let connections = &self.workers[at].connections;
        let connection = connections.iter().position(|other| other.pin == pin);
        if message.is_gone || connection.is_none() && self.chance.one_in(2) {
            return;
        }
        let now = self.secs();
        self.expire();
        let message = &self.messages[number];
        let mut reply = match &message.command {
            Command::MetaNoop(_) if self.scenario == Scenario::Classic => {
                Reply::ServerError("ERROR".into())
            }
            command => self.memcached.serve(now, command),
        };
        reply.marks_mut().for_each(|marks| marks.pin = pin);
        self.check_command(number, &reply);
        self.note(|| format!("  {number} carried out: {reply:?}"));
        let Some(connection) = connection else {
            return;
        };
        let delay = delay(&mut self.chance, self.is_calm);
        let time = self.workers[at].connections[connection].answers(self.now, delay);
        self.at(time, Event::Answered(number, reply));
    }

    /// The item that has come to its end is gone.
    fn expire(&mut self) {
        let (now, key) = (self.secs(), self.key.clone());
        let expired = self.memcached.expire(now, key.as_bytes());
        if expired.is_some_and(|item| !item.data.is_empty()) {
            self.epoch += 1;
        }
    }

    fn reply(&mut self, number: usize, reply: Reply<Vec<u8>>) {
        let message = &mut self.messages[number];
        let (at, pin) = (message.worker, message.pin);
        let connections = &self.workers[at].connections;
        if connections.iter().all(|other| other.pin != pin) {
            return;
        }
        if message.is_over {
            if let Some(unclaimed) = unclaimed(&reply, &self.key) {
                self.unclaimed(at, &unclaimed);
            }
        } else {
            message.is_over = true;
            let who = core::mem::replace(&mut message.who, For::Nobody);
            self.hand_out(at, who, Outcome::Reply(reply));
        }
        self.drive(at);
    }

    fn failed(&mut self, number: usize, failure: Failure) {
        let message = &mut self.messages[number];
        let at = message.worker;
        if message.is_over || message.life != self.workers[at].life {
            return;
        }
        message.is_over = true;
        if matches!(message.command, Command::MetaNoop(_)) {
            self.lost_questions += 1;
        }
        let who = core::mem::replace(&mut message.who, For::Nobody);
        self.note(|| format!("w{at}: {number} failed: {failure}"));
        self.hand_out(at, who, Outcome::Failed(failure));
        self.drive(at);
    }

    fn restarted(&mut self) {
        self.note(|| "memcached restarts".into());
        self.memcached.restart();
        self.epoch += 1;
        for message in &mut self.messages {
            message.is_gone = true;
        }
        for worker in 0..WORKERS {
            for connection in 0..3 {
                self.disconnected(worker, connection);
            }
            if self.chance.one_in(2) {
                self.workers[worker].leases.server_came_back(ServerId(0));
            }
        }
    }

    fn dies(&mut self, at: usize) {
        self.note(|| format!("w{at} dies"));
        let life = self.workers[at].life + 1;
        self.workers[at] = Worker::new(life, &mut self.pins);
        for client in self.clients.iter_mut().filter(|client| client.worker == at) {
            client.is_done = true;
            client.visit = None;
        }
        for making in self.makings.iter_mut().filter(|making| making.worker == at) {
            making.ended.get_or_insert(self.now);
            making.run = None;
        }
    }

    fn disconnected(&mut self, at: usize, connection: usize) {
        self.note(|| format!("w{at} loses connection {connection}"));
        self.pins += 1;
        let new = Connection::new(self.pins);
        let old = core::mem::replace(&mut self.workers[at].connections[connection], new);
        if self.tells_losses {
            let leases = &mut self.workers[at].leases;
            leases.connection_lost(self.now, DriverId(0), old.pin);
        }
        for number in 0..self.messages.len() {
            let message = &self.messages[number];
            if message.worker == at && message.pin == old.pin {
                self.failed(number, Failure::Lost);
            }
        }
        self.drive(at);
    }
}

/// What a reply gives that nobody waits for.
fn unclaimed(reply: &Reply<Vec<u8>>, key: &crate::protocol::Key) -> Option<Unclaimed> {
    let (marks, len) = match reply {
        Reply::Values(values) => match values.first() {
            Some((_, Found::Value(value))) => (**value.marks.as_ref()?, value.len),
            _ => return None,
        },
        Reply::State(Some(state)) if state.len > 0 || state.marks.stale => (state.marks, state.len),
        _ => return None,
    };
    marks.won.then(|| Unclaimed {
        key: key.clone(),
        marks,
        is_empty: len == 0,
    })
}
