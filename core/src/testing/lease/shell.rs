//! What surrounds the leases of a worker: commands are sent, outcomes handed in,
//! those woken who wait, answers carried out.

use core::task::Poll;
use core::time::Duration;
use std::rc::Rc;

use super::events::Event;
use super::network::{For, Message, delay, give_back};
use super::page::kind;
use super::worker::{Making, STORES, TIMEOUT};
use super::world::{NAMES, Scenario, World};
use crate::lookup::lease::{Answer, End, Op, Run};
use crate::lookup::{Cancel, Flight};
use crate::protocol::{Command, Pin, Value};
use crate::server::{Failure, Outcome, Unclaimed};
use crate::testing::manner::Manner;
use crate::time::Time;

/// How the backend is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Without a client.
    Refresh,
    /// For a client, that there is a page.
    Revalidate,
    /// For a client.
    Make,
    /// For a client, as others may do meanwhile.
    Beside,
}

impl World {
    /// Carries out all that a worker has decided.
    pub(super) fn drive(&mut self, at: usize) {
        loop {
            self.submit_all(at);
            let worker = &mut self.workers[at];
            let woken = worker.lookups.poll_wake();
            let woken = woken.or_else(|| worker.leases.poll_wake());
            let unclaimed = worker.lookups.poll_unclaimed();
            if woken.is_none() && unclaimed.is_none() {
                break;
            }
            if let Some((_, unclaimed)) = unclaimed {
                self.give_back(at, &unclaimed);
            }
            match woken {
                // Much may happen before it is its turn.
                Some(client) if !self.is_calm && self.chance.one_in(8) => {
                    let millis = self.chance.of(&[0, 1, 30]);
                    if self.chance.one_in(4) {
                        self.after(millis, Event::Leaves(client));
                    }
                    self.after(millis, Event::Polls(client));
                }
                Some(client) => self.poll(client),
                None => {}
            }
        }
        let worker = &mut self.workers[at];
        if let Some(due) = worker.leases.poll_timeout() {
            if worker.timer.is_none_or(|timer| due < timer) {
                worker.timer = Some(due);
                let life = worker.life;
                self.at(due.max(self.now), Event::Timer(at, life));
            }
        }
    }

    fn submit_all(&mut self, at: usize) {
        loop {
            let worker = &mut self.workers[at];
            if let Some(flight) = worker.lookups.poll_submit() {
                self.submit_flight(at, flight);
            } else if let Some(op) = worker.leases.poll_op(&mut worker.lookups) {
                self.submit_op(at, op);
            } else {
                break;
            }
        }
    }

    fn submit_flight(&mut self, at: usize, flight: Rc<Flight<usize, Vec<u8>>>) {
        let floor = self.floor;
        let worker = &mut self.workers[at];
        worker.floor = floor;
        if !self.is_calm && self.chance.one_in(100) {
            flight.handle_outcome(Outcome::Failed(Failure::QueueFull));
            return;
        }
        let connection = usize::from(self.chance.one_in(6));
        let lookup = flight.target().command(flight.key().clone());
        let name = self.names[self.messages.len() % NAMES];
        flight.submitted(name);
        self.send(at, connection, lookup.into(), For::Flight(flight), TIMEOUT);
    }

    fn submit_op(&mut self, at: usize, op: Op) {
        let connection = op.pin.map_or(Some(STORES), |pin| self.connection(at, pin));
        match connection {
            Some(connection) => self.send(at, connection, op.command, For::Op(op.id), op.timeout),
            None => self.hand_out(at, For::Op(op.id), Outcome::Failed(Failure::Unpinned)),
        }
    }

    fn connection(&self, at: usize, pin: Pin) -> Option<usize> {
        let connections = &self.workers[at].connections;
        connections
            .iter()
            .position(|connection| connection.pin == pin)
    }

    pub(super) fn send(
        &mut self,
        at: usize,
        connection: usize,
        command: Command<Vec<u8>>,
        who: For,
        timeout: Duration,
    ) {
        let delay = delay(&mut self.chance, self.is_calm);
        let worker = &mut self.workers[at];
        let pin = worker.connections[connection].pin;
        let exec = worker.connections[connection].carries_out(self.now, delay);
        let message = Message {
            worker: at,
            life: worker.life,
            pin,
            is_purge: matches!(who, For::Purge(_) | For::Soft(_)),
            command,
            who,
            is_over: false,
            is_gone: false,
        };
        let number = self.messages.len();
        self.note(|| {
            format!(
                "w{at} sends {number} on {connection}: {:?}",
                message.command
            )
        });
        self.messages.push(message);
        self.at(exec, Event::CarriedOut(number));
        self.at(self.now + timeout, Event::TimedOut(number));
    }

    fn give_back(&mut self, at: usize, unclaimed: &Unclaimed) {
        if let Some(connection) = self.connection(at, unclaimed.marks.pin) {
            self.send(at, connection, give_back(unclaimed), For::Nobody, TIMEOUT);
        }
    }

    /// The answer that nobody waits for any more.
    pub(super) fn unclaimed(&mut self, at: usize, unclaimed: &Unclaimed) {
        self.give_back(at, unclaimed);
    }

    /// Hands the outcome of a message to whom it is for.
    pub(super) fn hand_out(&mut self, at: usize, who: For, outcome: Outcome<Vec<u8>>) {
        let now = self.now;
        let worker = &mut self.workers[at];
        match who {
            For::Flight(flight) => flight.handle_outcome(outcome),
            For::Op(op) => worker
                .leases
                .handle_op(now, &mut worker.lookups, op, &outcome),
            For::Purge(content) => self.purged(at, content, &outcome),
            For::SoftRead(tries) => self.read_softly(at, tries, &outcome),
            For::Soft(tries) => self.softly_purged(at, tries, &outcome),
            For::Nobody => {}
        }
    }

    pub(super) fn cancel(&mut self, at: usize, cancel: Cancel) {
        let place = self.names.iter().position(|name| *name == cancel.request);
        let is_it = |(number, message): &(usize, &mut Message)| {
            message.worker == at && Some(number % NAMES) == place && !message.is_over
        };
        let mut messages = self.messages.iter_mut().enumerate().rev();
        if let Some((_, message)) = messages.find(is_it) {
            message.is_over = true;
        }
    }

    /// Goes on with a client.
    pub(super) fn poll(&mut self, number: usize) {
        let now = self.now;
        let at = self.clients[number].worker;
        let Some(mut visit) = self.clients[number].visit.take() else {
            return;
        };
        let worker = &mut self.workers[at];
        let begun = worker.lookups.stats().begun;
        let kind = |value: &Value<Vec<u8>>| kind(now, value);
        let answer = worker
            .leases
            .poll(now, &mut worker.lookups, &mut visit, &kind);
        let has_begun = worker.lookups.stats().begun > begun;
        if has_begun {
            self.submit_all(at);
            let floor = self.workers[at].floor;
            self.clients[number].floor.get_or_insert(floor);
        }
        match answer {
            Poll::Pending => self.clients[number].visit = Some(visit),
            Poll::Ready(answer) => self.answered(number, answer),
        }
    }

    fn answered(&mut self, number: usize, answer: Answer<Vec<u8>>) {
        self.note(|| format!("client {number} is told: {}", told(&answer)));
        self.check_wait(number);
        match answer {
            Answer::Fresh(page) => self.serve(number, &page, "fresh"),
            Answer::Stale { page, refresh, .. } => {
                let how = if refresh.is_some() {
                    "meanwhile"
                } else {
                    "stale"
                };
                self.serve(number, &page, how);
                if let Some(run) = refresh {
                    if self.chance.one_in(20) && !self.is_calm {
                        let client = &self.clients[number];
                        let leases = &mut self.workers[client.worker].leases;
                        leases.end(self.now, run, End::Abandoned);
                    } else {
                        self.make(number, Some(run), None, Way::Refresh);
                    }
                }
            }
            Answer::Revalidate {
                page,
                or_serve,
                run,
            } => {
                let instead = or_serve.map(|until| (page, until));
                self.make(number, Some(run), instead, Way::Revalidate);
            }
            Answer::Make(run) => self.make(number, Some(run), None, Way::Make),
            Answer::Uncacheable(run) => self.make(number, Some(run), None, Way::Beside),
            Answer::Alone(_) => self.make(number, None, None, Way::Beside),
        }
    }

    /// Asks the backend.
    fn make(
        &mut self,
        number: usize,
        run: Option<Run>,
        instead: Option<(Value<Vec<u8>>, Time)>,
        way: Way,
    ) {
        let client = &self.clients[number];
        let (at, life, manner) = (client.worker, client.life, client.manner);
        let making = Making {
            worker: at,
            life,
            epoch: None,
            run,
            client: (way != Way::Refresh).then_some(number),
            manner,
            content: self.content,
            instead,
            ended: None,
        };
        let serial = self.makings.len();
        self.makings.push(making);
        self.made += 1;
        self.check_failing(serial);
        if way != Way::Beside {
            self.check_alone(serial);
        }
        if way != Way::Refresh {
            self.clients[number].backend = Some(serial);
        }
        let millis = match () {
            () if self.scenario == Scenario::Attack && self.is_over() => match manner {
                Manner::Storable => 1000,
                _ => 20,
            },
            () if self.is_calm => self.chance.of(&[20, 200, 1000]),
            () => self.chance.of(&[5, 200, 1000, 1000, 3000, 7000]),
        };
        self.note(|| format!("backend run {serial} for {millis} ms by client {number}"));
        self.after(millis, Event::Made(serial));
        if matches!(way, Way::Refresh | Way::Revalidate) {
            let limit = self.rules.refresh_timeout;
            self.at(self.now + limit, Event::RefreshTimedOut(serial));
        }
    }

    /// The backend has answered.
    pub(super) fn made(&mut self, serial: usize, manner: Manner) {
        let now = self.now;
        let making = &mut self.makings[serial];
        if making.ended.replace(now).is_some() {
            return;
        }
        let (at, client, run) = (making.worker, making.client, making.run.take());
        let (old, instead) = (making.content, making.instead.take());
        let content = if self.chance.one_in(2) {
            old
        } else {
            self.content
        };
        self.note(|| format!("backend run {serial} ends: {manner:?}, content {content}"));
        if let Some(number) = client {
            let or_serve = instead.filter(|(_, until)| manner == Manner::Fails && now < *until);
            match or_serve {
                Some((page, _)) => self.serve(number, &page, "instead"),
                None => self.clients[number].is_done = true,
            }
        }
        let item = self.page(content).item();
        let leases = &mut self.workers[at].leases;
        if let Some(run) = run {
            match manner {
                Manner::Storable => leases.store(now, run, item),
                Manner::NotStorable => leases.end(now, run, End::NotStorable),
                Manner::Private => leases.end(now, run, End::Forbidden),
                Manner::Authorized => leases.end(now, run, End::RequestOnly),
                Manner::Fails => leases.end(now, run, End::Error),
            }
        }
        self.drive(at);
    }
}

fn told(answer: &Answer<Vec<u8>>) -> String {
    match answer {
        Answer::Fresh(_) => "fresh".into(),
        Answer::Stale { refresh, .. } => format!("stale, {refresh:?}"),
        Answer::Revalidate { run, or_serve, .. } => format!("revalidate, {run:?} {or_serve:?}"),
        other => format!("{other:?}"),
    }
}
