//! What visitors ask, and what they are told.

use core::task::Poll;
use core::time::Duration;

use super::client::{Client, How, Stage};
use super::page::{BEGIN, Page, Piece};
use super::queue::Event;
use super::settings::Defect;
use super::slab::Id;
use super::traffic::{Arrival, Wish};
use super::worker::Waker;
use super::world::World;
use crate::lookup::lease::{Answer, Ask, Why};
use crate::lookup::near::Reading;
use crate::lookup::{Asks, Begin, DriverId, LookupResult, Place, ServerId, Target};
use crate::namespace;
use crate::protocol::{Command, Key, Value};
use crate::server::Unclaimed;
use crate::stored::Head;

/// The longest value that is wanted.
const VALUE_MAX: u64 = 1 << 20;

/// How what was won by a lookup that nobody waits for is given back.
pub(super) fn given_back(unclaimed: &Unclaimed) -> (Command<Vec<u8>>, crate::protocol::Pin) {
    (unclaimed.release().into(), unclaimed.marks.pin)
}

impl World {
    /// A visitor comes.
    pub(super) fn arrives(&mut self, arrival: Arrival) {
        let it = &self.workers[arrival.worker as usize];
        let (life, stalled_until) = (it.life, it.stalled_until);
        let client = self.clients.add(Client {
            worker: arrival.worker,
            life,
            page: arrival.key,
            wish: arrival.wish,
            luck: arrival.luck,
            began: self.now,
            key: None,
            stage: Stage::New,
        });
        self.count(|span| span.requests += 1);
        self.report.requests += 1;
        self.note(|| format!("{client:?} comes: {arrival:?}"));
        let around = &self.plan.settings.around;
        if arrival.luck % 1000 < u64::from(around.leaving) {
            let after = (arrival.luck >> 10) % (around.backend_ms * 1500 + 2000);
            self.queue.push(self.now + after, Event::Leaves(client));
        }
        if stalled_until > self.now {
            self.queue.push(stalled_until, Event::Polls(client));
        } else {
            self.go_on(client);
        }
    }

    /// Goes on with a visitor.
    pub(super) fn go_on(&mut self, client: Id) {
        let now = self.now;
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let worker = it.worker;
        self.mark(worker);
        let Some(it) = self.clients.get(client) else {
            return;
        };
        match core::mem::replace(&mut it.stage, Stage::Taken) {
            Stage::New => {
                it.began = now;
                self.deadlines.push_back((now + self.patience, client));
                self.begin(client);
            }
            Stage::Counting(visit) => self.poll_count(client, visit),
            Stage::Visiting(visit) => self.poll_visit(client, visit),
            Stage::Looking(waiter) => {
                let found = self.workers[worker as usize].lookups.poll(&waiter);
                match found {
                    Poll::Pending => it.stage = Stage::Looking(waiter),
                    Poll::Ready(result) => {
                        let reading = waiter.reading();
                        // It has its result, so there is nothing to cancel.
                        let _ = self.workers[worker as usize].lookups.leave(waiter);
                        self.looked(client, result, reading);
                    }
                }
            }
            stage @ (Stage::Making(_) | Stage::Taken) => it.stage = stage,
        }
    }

    fn begin(&mut self, client: Id) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, page) = (it.worker, it.page);
        if self.plan.settings.options.namespace {
            let source = self.count_source(worker);
            let visit = namespace::Visit::new(self.time(), source, self.namespace.clone());
            self.poll_count(client, Box::new(visit));
        } else {
            let key = self.keys[page as usize].clone();
            self.look(client, key);
        }
    }

    /// The server that a key is on for a worker: at home, and where it is asked for now.
    pub(super) fn places(&self, worker: u32, key: &Key) -> (u32, u32) {
        let it = &self.workers[worker as usize];
        let servers = it.pool.servers();
        let now = self.time();
        let home = it.pool.route(key);
        let at = if it.pool.spec().fails_over() {
            it.pool
                .place(key, |at| it.refuses(servers[at].address, now))
        } else {
            home
        };
        (servers[home].address, servers[at].address)
    }

    /// Looks the page of a key up.
    pub(super) fn look(&mut self, client: Id, key: Key) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        it.key = Some(key.clone());
        let (worker, wish) = (it.worker, it.wish);
        let (home, mut server) = self.places(worker, &key);
        if worker == 0 && self.shows(Defect::WrongServer, 1) {
            server = (server + 1) % self.workers[0].pool.servers().len() as u32;
        }
        let options = &self.plan.settings.options;
        let now = self.time();
        if options.near_ms > 0 {
            let place = Place {
                server: ServerId(home),
                key: key.clone(),
            };
            let most = Duration::from_millis(options.near_ms);
            let near = self.workers[worker as usize].lookups.near();
            if let Some(page) = near.find(now, &place, most) {
                self.serve(client, page.value(), None, How::Near);
                return;
            }
        }
        let target = Target {
            server: ServerId(server),
            driver: DriverId(server),
            timeout: options.timeout(),
            max_value: VALUE_MAX,
            asks: Asks::Value,
        };
        let waker = Waker::Client(client);
        let it = &mut self.workers[worker as usize];
        if wish == Wish::Look || !options.is_fresh_on() {
            let begun = it.lookups.begin(now, target, &key, waker);
            match begun {
                Begin::Pending(waiter) => {
                    if let Some(it) = self.clients.get(client) {
                        it.stage = Stage::Looking(waiter);
                    }
                }
                Begin::Ready(_) => self.make(client, None, None, false),
            }
            return;
        }
        let ask = Ask {
            target,
            key,
            rules: options.rules(wish == Wish::Personal),
        };
        let visit = it.leases.begin(now, ask, waker);
        self.poll_visit(client, Box::new(visit));
    }

    /// The time of a worker's clock, since 1970.
    pub(super) fn unix(&self, worker: u32) -> Duration {
        let clock = self.workers[worker as usize].clock;
        Duration::from_micros(self.now)
            .saturating_add(Duration::from_secs(BEGIN.saturating_add_signed(clock)))
    }

    fn poll_visit(
        &mut self,
        client: Id,
        mut visit: Box<crate::lookup::lease::Visit<Waker, Piece>>,
    ) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, now) = (it.worker, self.time());
        let unix = self.unix(worker).as_secs();
        let policy = &self.policy;
        let kind = |value: &Value<Piece>| {
            let head = || Head::parse(value.pieces.iter(), value.flags);
            let kind = policy.lease_kind(value, unix, head);
            kind.unwrap_or(crate::lookup::lease::Kind::Marker)
        };
        let it = &mut self.workers[worker as usize];
        let answer = it.leases.poll(now, &mut it.lookups, &mut visit, &kind);
        let Poll::Ready(answer) = answer else {
            if let Some(it) = self.clients.get(client) {
                it.stage = Stage::Visiting(visit);
            }
            return;
        };
        self.note(|| format!("{client:?} is told: {}", told(&answer)));
        let reading = visit.reading();
        if visit.awaited().is_some() {
            self.count(|span| span.waited += 1);
            self.check_woken(client, &answer);
        }
        drop(visit);
        self.answered(client, answer, reading);
    }

    fn answered(&mut self, client: Id, answer: Answer<Piece>, reading: Option<Reading>) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let worker = it.worker;
        match answer {
            Answer::Fresh(page) => {
                self.keep_near(client, &page, reading);
                self.serve(client, &page, reading, How::Fresh);
            }
            Answer::Stale { page, refresh, .. } => {
                if let Some(run) = refresh {
                    self.refresh(client, run);
                }
                self.serve(client, &page, reading, How::Stale);
            }
            Answer::Revalidate {
                page,
                or_serve,
                run,
            } => {
                let instead = or_serve.map(|until| (page, until, reading));
                self.make(client, Some(run), instead, true);
            }
            Answer::Make(run) => {
                self.forget_near(client);
                let is_alone = self.plan.settings.options.lock > 0;
                self.make(client, Some(run), None, is_alone);
            }
            Answer::Uncacheable(run) => {
                self.forget_near(client);
                self.make(client, Some(run), None, false);
            }
            Answer::Alone(Why::Failed(failure)) => {
                if let Some((page, is_stale)) = self.near_on_error(client) {
                    let how = if is_stale {
                        How::Stale
                    } else {
                        How::NearOnError
                    };
                    self.note(|| format!("{client:?} has {how:?} near"));
                    self.serve(client, page.value(), None, How::NearOnError);
                    return;
                }
                let key = self.clients.get(client).and_then(|it| it.key.clone());
                if let Some(key) = key {
                    let (home, now_at) = self.places(worker, &key);
                    self.check_failure_of(worker, [home, now_at], failure);
                }
                self.count(|span| span.failures += 1);
                self.make(client, None, None, false);
            }
            Answer::Alone(why) => {
                if why == Why::Waited {
                    self.count(|span| span.in_vain += 1);
                }
                self.make(client, None, None, false);
            }
        }
    }

    /// A plain lookup has come to its end.
    fn looked(&mut self, client: Id, result: LookupResult<Piece>, reading: Reading) {
        let Some(it) = self.clients.get(client) else {
            return;
        };
        let (worker, wish, key) = (it.worker, it.wish, it.key.clone());
        match result {
            LookupResult::Hit(value) if Page::of(&value).is_some() => {
                self.keep_near(client, &value, Some(reading));
                let how = if wish == Wish::Look {
                    How::Stale
                } else {
                    How::Fresh
                };
                self.serve(client, &value, Some(reading), how);
            }
            LookupResult::Failed(failure) => {
                if let Some(key) = key {
                    let (home, now_at) = self.places(worker, &key);
                    self.check_failure_of(worker, [home, now_at], failure);
                }
                self.count(|span| span.failures += 1);
                self.make(client, None, None, false);
            }
            // An empty item stands for somebody who makes the page, or a marker.
            _ if wish == Wish::Look => self.done(client, How::Nothing),
            _ => {
                self.forget_near(client);
                self.make(client, None, None, false);
            }
        }
    }

    /// A visitor gets a page that was stored.
    pub(super) fn serve(
        &mut self,
        client: Id,
        page: &Value<Piece>,
        reading: Option<Reading>,
        how: How,
    ) {
        self.check_page(client, page, reading, how);
        self.done(client, how);
    }

    /// A visitor has what he gets.
    pub(super) fn done(&mut self, client: Id, how: How) {
        if let Some(it) = self.clients.remove(client) {
            let wait = self.now - it.began;
            self.note(|| format!("{client:?} has {how:?} after {wait} us"));
            self.count(|span| span.served(how, wait));
        }
    }
}

fn told(answer: &Answer<Piece>) -> String {
    match answer {
        Answer::Fresh(_) => "fresh".into(),
        Answer::Stale { refresh, .. } => format!("stale, {refresh:?}"),
        Answer::Revalidate { run, or_serve, .. } => format!("revalidate, {run:?} {or_serve:?}"),
        other => format!("{other:?}"),
    }
}
