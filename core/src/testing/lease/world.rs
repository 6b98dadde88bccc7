//! The world of the model: what there is, and how one history goes.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::BinaryHeap;

use super::checks::Broken;
use super::events::Event;
use super::network::Message;
use super::worker::{Client, Making, Worker};
use crate::lookup::lease::{Dialect, Rules};
use crate::protocol::Key;
use crate::server::RequestId;
use crate::testing::chance::Chance;
use crate::testing::lookup::request_ids;
use crate::testing::memcached::Items;
use crate::time::Time;

/// Workers; they share nothing, so it does not matter on which hosts they are.
pub(super) const WORKERS: usize = 3;

/// Names of requests that are used again and again.
pub(super) const NAMES: usize = 64;

/// What happens in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Everything.
    Any,
    /// The same, and afterwards nothing goes wrong: the page is cached again.
    Recovery,
    /// The same, while some go on to ask whose answers may not be stored.
    Attack,
    /// Nothing is lost or slow, so that nobody waits longer than needed.
    Calm,
    /// A page is purged softly among many who ask: one makes it anew.
    SoftPurge,
    /// The backend fails for half a minute, while a page may be served.
    Failing,
    /// A server without meta commands.
    Classic,
    /// Locks are off.
    Unlocked,
}

/// What came of a history.
#[derive(Debug, Default)]
pub struct Report {
    /// What must hold and did not.
    pub broken: Vec<String>,
    /// What happened, if that was asked for.
    pub trace: Vec<String>,
    /// Events.
    pub events: u64,
    /// Requests to the backend.
    pub made: u64,
}

pub(super) struct World {
    pub chance: Chance,
    pub scenario: Scenario,
    pub now: Time,
    pub queue: BinaryHeap<Reverse<(Time, u64, usize)>>,
    pub events: Vec<Option<Event>>,
    pub memcached: Items,
    pub workers: Vec<Worker>,
    pub pins: u64,
    pub messages: Vec<Message>,
    pub clients: Vec<Client>,
    pub makings: Vec<Making>,
    pub key: Key,
    pub names: Vec<RequestId>,
    /// The present content.
    pub content: u64,
    /// What was purged, and nobody may get any more.
    pub floor: u64,
    /// Counts what may end a run from outside.
    pub epoch: u64,
    pub is_calm: bool,
    /// Questions that were lost for what the server understands. Two of them, and it
    /// looks as if it did not understand meta commands.
    pub lost_questions: u32,
    pub tells_losses: bool,
    pub rules: Rules,
    pub windows: [u32; 3],
    pub broken: Broken,
    pub trace: Option<Vec<String>>,
    pub made: u64,
}

pub(super) const fn at_ms(millis: u64) -> Time {
    Time::from_micros(millis * 1000)
}

thread_local! {
    static IDS: Vec<RequestId> = request_ids(NAMES);
}

impl World {
    fn new(seed: u64, scenario: Scenario, trace: bool) -> Self {
        let mut chance = Chance::new(seed);
        let mut pins = 0;
        let workers = (0..WORKERS).map(|_| Worker::new(0, &mut pins)).collect();
        let dialect = match scenario {
            Scenario::Classic => chance.of(&[Dialect::Classic, Dialect::Auto]),
            _ => chance.of(&[Dialect::Meta, Dialect::Auto]),
        };
        let rules = Rules {
            lock: if scenario == Scenario::Unlocked { 0 } else { 4 },
            early: chance.of(&[0, 0, 1]),
            lock_wait: Duration::from_millis(chance.of(&[0, 500, 2000])),
            refresh_timeout: Duration::from_secs(6),
            uncacheable_ttl: 6,
            is_personal: false,
            in_background: true,
            dialect,
        };
        let mut world = Self {
            windows: [
                chance.of(&[2, 4]),
                chance.of(&[0, 3, 6]),
                chance.of(&[0, 6]),
            ],
            is_calm: matches!(
                scenario,
                Scenario::Calm | Scenario::SoftPurge | Scenario::Failing
            ),
            lost_questions: 0,
            tells_losses: chance.one_in(2),
            chance,
            scenario,
            now: at_ms(1_000_000),
            queue: BinaryHeap::new(),
            events: Vec::new(),
            memcached: Items::default(),
            workers,
            pins,
            messages: Vec::new(),
            clients: Vec::new(),
            makings: Vec::new(),
            key: Key::new(b"page").unwrap(),
            names: IDS.with(Clone::clone),
            content: 1,
            floor: 0,
            epoch: 0,
            rules,
            broken: Broken::default(),
            trace: trace.then(Vec::new),
            made: 0,
        };
        if world.chance.one_in(8) && !world.is_calm {
            world.memcached.value_max = 30;
        }
        world
    }

    /// Something will happen in so many milliseconds.
    pub(super) fn after(&mut self, millis: u64, event: Event) {
        self.at(self.now + Duration::from_millis(millis), event);
    }

    pub(super) fn at(&mut self, time: Time, event: Event) {
        self.events.push(Some(event));
        let serial = self.events.len();
        self.queue.push(Reverse((time, serial as u64, serial - 1)));
    }

    /// The time as the server counts it.
    pub(super) fn secs(&self) -> u64 {
        self.now.as_micros() / 1_000_000
    }

    pub(super) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let millis = self.now.as_micros() / 1000 - 1_000_000;
            trace.push(format!("{millis:6} {}", text()));
        }
    }
}

/// One history, which a seed and a scenario reproduce.
#[must_use]
pub fn run(seed: u64, scenario: Scenario, trace: bool) -> Report {
    let mut world = World::new(seed, scenario, trace);
    world.plan();
    let mut events = 0;
    while let Some(Reverse((time, _, at))) = world.queue.pop() {
        world.now = time;
        if let Some(event) = world.events[at].take() {
            events += 1;
            world.happens(event);
        }
        if events > 200_000 {
            world.breaks("too many events");
            break;
        }
    }
    world.check_end();
    Report {
        broken: world.broken.into_texts(),
        trace: world.trace.unwrap_or_default(),
        events,
        made: world.made,
    }
}
