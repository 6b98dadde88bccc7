//! What the near cache gives out, against what memcached had at which time.

use core::task::Poll;
use core::time::Duration;
use std::collections::HashMap;
use std::rc::Rc;

use memcached_core::lookup::near::Page;
use memcached_core::lookup::{Begin, Flight, LookupResult, Lookups, Place, ServerId, Waiter};
use memcached_core::protocol::Key;
use memcached_core::server::{Failure, Outcome};
use memcached_core::testing::lookup::{reply, target};
use memcached_core::time::Time;
use proptest::prelude::*;

const NEAR: Duration = Duration::from_millis(500);

/// What may be given out while memcached does not answer.
const NEAR_ON_ERROR: Duration = Duration::from_secs(2);

const SERVERS: u32 = 2;
const KEYS: u32 = 3;

type Near = Lookups<u32, u32>;

/// A version of an item. Its number is its place among all versions.
#[derive(Clone, Copy)]
struct Version {
    place: (u32, u32),
    /// When another took its place.
    replaced_at: Option<Time>,
    fresh_until: Time,
}

struct Change {
    place: (u32, u32),
    /// The version that it has made, once memcached has carried it out.
    made: Option<u32>,
}

struct UnderWay {
    place: (u32, u32),
    flight: Rc<Flight<u32, u32>>,
    /// What memcached has read, if it has.
    read: Option<u32>,
}

struct World {
    now: Time,
    lookups: Near,
    versions: Vec<Version>,
    current: HashMap<(u32, u32), u32>,
    changes: Vec<Change>,
    /// When each version was asked for as it was kept last.
    asked: HashMap<u32, Time>,
    /// For each item, when a change by this worker began last, and the version that the last
    /// one has made.
    began: HashMap<(u32, u32), Time>,
    made: HashMap<(u32, u32), u32>,
    under_way: Vec<UnderWay>,
    waiters: Vec<((u32, u32), Waiter<u32, u32>)>,
}

fn key(at: u32) -> Key {
    Key::new(format!("k{at}").as_bytes()).unwrap()
}

fn place((server, at): (u32, u32)) -> Place {
    Place {
        server: ServerId(server),
        key: key(at),
    }
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: Time::default(),
            lookups: Near::with_near(64 * 1024),
            versions: Vec::new(),
            current: HashMap::new(),
            changes: Vec::new(),
            asked: HashMap::new(),
            began: HashMap::new(),
            made: HashMap::new(),
            under_way: Vec::new(),
            waiters: Vec::new(),
        };
        for server in 0..SERVERS {
            for at in 0..KEYS {
                world.replace((server, at), 3);
            }
        }
        world
    }

    /// An item has another value, which is fresh for so many tenths of a second.
    fn replace(&mut self, place: (u32, u32), tenths: u64) -> u32 {
        let number = u32::try_from(self.versions.len()).unwrap();
        self.versions.push(Version {
            place,
            replaced_at: None,
            fresh_until: self.now + Duration::from_millis(100 * tenths),
        });
        if let Some(before) = self.current.insert(place, number) {
            self.versions[before as usize].replaced_at = Some(self.now);
        }
        number
    }

    fn step(&mut self, byte: u8, choice: u8) {
        let number = u32::from(choice);
        let item = (number % SERVERS, number / SERVERS % KEYS);
        let choice = usize::from(choice);
        match byte % 12 {
            0 | 1 => self.now = self.now + Duration::from_millis(choice as u64),
            // Somebody else changes it.
            2 => {
                self.replace(item, (choice / 8) as u64);
            }
            3 => {
                let place = place(item);
                self.lookups.changed(place.server, &place.key);
                self.began.insert(item, self.now);
                self.changes.push(Change {
                    place: item,
                    made: None,
                });
            }
            4 => self.carry_change_out(choice),
            5 => self.answer_change(choice),
            6 | 7 => self.look(item),
            8 => self.read(choice),
            9 => self.answer(choice),
            10 => self.take_results(),
            _ => {
                self.ask_near(item, true);
            }
        }
    }

    fn carry_change_out(&mut self, choice: usize) {
        let open: Vec<_> = (0..self.changes.len())
            .filter(|&at| self.changes[at].made.is_none())
            .collect();
        if !open.is_empty() {
            let at = open[choice % open.len()];
            let made = self.replace(self.changes[at].place, 9);
            self.changes[at].made = Some(made);
        }
    }

    fn answer_change(&mut self, choice: usize) {
        let done: Vec<_> = (0..self.changes.len())
            .filter(|&at| self.changes[at].made.is_some())
            .collect();
        if !done.is_empty() {
            let change = self.changes.remove(done[choice % done.len()]);
            let at = place(change.place);
            self.lookups.changed(at.server, &at.key);
            let made = self.made.entry(change.place).or_default();
            *made = (*made).max(change.made.unwrap());
        }
    }

    fn look(&mut self, item: (u32, u32)) {
        if self.ask_near(item, false) {
            return;
        }
        let target = target(item.0, item.0, 500);
        match self.lookups.begin(self.now, target, &key(item.1), 0) {
            Begin::Pending(waiter) => self.waiters.push((item, waiter)),
            Begin::Ready(result) => panic!("{result:?}"),
        }
        while let Some(flight) = self.lookups.poll_submit() {
            self.under_way.push(UnderWay {
                place: item,
                flight,
                read: None,
            });
        }
    }

    /// Whether there was an answer, which is checked.
    fn ask_near(&mut self, item: (u32, u32), has_failed: bool) -> bool {
        let near = self.lookups.near();
        let (found, most) = if has_failed {
            let found = near.find_old(self.now, &place(item), NEAR_ON_ERROR);
            (found, NEAR_ON_ERROR)
        } else {
            (near.find(self.now, &place(item), NEAR), NEAR)
        };
        let Some(page) = found else {
            return false;
        };
        let number = *page.value().pieces.iter().next().unwrap();
        let version = self.versions[number as usize];
        let now = self.now;
        assert_eq!(version.place, item, "the value of another item");
        assert!(now.since(self.asked[&number]) < most, "too old");
        if let Some(at) = version.replaced_at {
            assert!(now.since(at) < most, "replaced before it was asked for");
        }
        assert!(
            has_failed || now < version.fresh_until,
            "past its freshness"
        );
        if let Some(made) = self.made.get(&item) {
            assert!(number >= *made, "from before a change of this worker");
        }
        if let Some(began) = self.began.get(&item) {
            let asked = self.asked[&number];
            assert!(asked >= *began, "asked for before a change of this worker");
        }
        true
    }

    fn read(&mut self, choice: usize) {
        let count = self.under_way.len();
        if let Some(under_way) = self.under_way.get_mut(choice % count.max(1)) {
            under_way.read.get_or_insert(self.current[&under_way.place]);
        }
    }

    fn answer(&mut self, choice: usize) {
        let count = self.under_way.len();
        if count == 0 {
            return;
        }
        let UnderWay { flight, read, .. } = self.under_way.remove(choice % count);
        flight.handle_outcome(match read {
            Some(number) => Outcome::Reply(reply(number)),
            None => Outcome::Failed(Failure::TimedOut),
        });
        while self.lookups.poll_wake().is_some() {}
    }

    /// Who has a result keeps it, as late as it comes to that.
    fn take_results(&mut self) {
        for (item, waiter) in std::mem::take(&mut self.waiters) {
            let result = match self.lookups.poll(&waiter) {
                Poll::Pending => {
                    self.waiters.push((item, waiter));
                    continue;
                }
                Poll::Ready(result) => result,
            };
            if let LookupResult::Hit(value) = result {
                let number = *value.pieces.iter().next().unwrap();
                let version = self.versions[number as usize];
                if self.now < version.fresh_until {
                    let fresh_for = version.fresh_until.since(self.now);
                    let kept = self.lookups.near().stats().kept;
                    let (reading, len) = (waiter.reading(), value.len);
                    self.lookups.keep_near(
                        self.now,
                        &reading,
                        place(item),
                        Some(fresh_for),
                        len,
                        || Page::new(value, None),
                    );
                    if self.lookups.near().stats().kept > kept {
                        self.asked.insert(number, reading.at);
                    }
                }
            }
            assert_eq!(self.lookups.leave(waiter), None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn never_older_than_is_allowed_and_never_from_before_an_own_change(
        script in proptest::collection::vec((any::<u8>(), any::<u8>()), 0..400)
    ) {
        let mut world = World::new();
        for (byte, choice) in script {
            world.step(byte, choice);
        }
    }
}

/// The steps of the model lead somewhere.
#[test]
fn a_value_is_given_out_until_it_is_too_old_or_changed() {
    let mut world = World::new();
    let item = (0, 1);
    let find = |world: &mut World| world.ask_near(item, false);
    let fetch = |world: &mut World| {
        world.look(item);
        world.read(0);
        world.answer(0);
        world.take_results();
    };
    world.replace(item, 100);
    let began = world.now;
    fetch(&mut world);
    assert!(find(&mut world));
    world.now = began + Duration::from_micros(499_999);
    assert!(find(&mut world));
    world.now = began + NEAR;
    assert!(!find(&mut world));
    assert!(
        world.ask_near(item, true),
        "while memcached does not answer"
    );
    world.now = began + NEAR_ON_ERROR;
    assert!(!world.ask_near(item, true));

    fetch(&mut world);
    assert!(find(&mut world));
    let at = place(item);
    world.lookups.changed(at.server, &at.key);
    assert!(!find(&mut world));
    assert!(world.lookups.near().is_empty());
}

/// What was asked for before a change, and comes after it, is not kept.
#[test]
fn a_change_turns_away_what_is_on_its_way() {
    for changed_after_answer in [false, true] {
        let mut world = World::new();
        let item = (1, 0);
        world.replace(item, 100);
        world.look(item);
        world.read(0);
        if changed_after_answer {
            world.answer(0);
        }
        let at = place(item);
        world.lookups.changed(at.server, &at.key);
        world.answer(0);
        world.take_results();
        assert!(!world.ask_near(item, false));
        assert!(world.lookups.near().is_empty());
    }
}

/// Without room nothing is kept, and nothing is counted.
#[test]
fn off() {
    let mut world = World::new();
    world.lookups = Near::default();
    world.look((0, 0));
    world.read(0);
    world.answer(0);
    world.take_results();
    assert!(!world.ask_near((0, 0), false));
    assert_eq!(world.lookups.near().stats().kept, 0);
}
