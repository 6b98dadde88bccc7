//! Servers at one place that are asked under different terms.

use core::task::Poll;
use core::time::Duration;

use memcached_core::lookup::near::Page;
use memcached_core::lookup::{Begin, LookupResult, Lookups, Neighbours, Place, ServerId, Waiter};
use memcached_core::protocol::Key;
use memcached_core::server::Outcome;
use memcached_core::testing::lookup::{hit, reply, target};
use memcached_core::time::Time;

const NOW: Time = Time::from_micros(1);

/// Two at one place, one at another.
const ONE: u32 = 4;
const OTHER: u32 = 2;
const ELSEWHERE: u32 = 3;

struct World(Lookups<u32, u32>);

fn key() -> Key {
    Key::new(b"k").expect("a key")
}

fn place(server: u32) -> Place {
    Place {
        server: ServerId(server),
        key: key(),
    }
}

fn page(number: u32) -> Page<u32> {
    match hit(number) {
        LookupResult::Hit(value) => Page::new(value, None),
        other => panic!("{other:?}"),
    }
}

impl World {
    fn new() -> Self {
        let neighbours = Neighbours::default();
        neighbours.add(ServerId(ONE), ServerId(OTHER));
        Self(Lookups::with_near(64 * 1024).among(neighbours))
    }

    fn begin(&mut self, server: u32) -> Waiter<u32, u32> {
        match self.0.begin(NOW, target(server, server, 500), &key(), 0) {
            Begin::Pending(waiter) => waiter,
            Begin::Ready(result) => panic!("{result:?}"),
        }
    }

    /// Keeps the number of each server.
    fn keep(&mut self) {
        for server in [ONE, OTHER, ELSEWHERE] {
            let waiter = self.begin(server);
            let flight = self.0.poll_submit().expect("a request of its own");
            assert_eq!(flight.target().server, ServerId(server));
            flight.handle_outcome(Outcome::Reply(reply(server)));
            let reading = waiter.reading();
            assert_eq!(self.0.poll(&waiter), Poll::Ready(hit(server)));
            self.0
                .keep_near(NOW, &reading, place(server), None, 1, || page(server));
            assert_eq!(self.0.leave(waiter), None);
        }
    }

    fn near(&mut self, server: u32) -> Option<u32> {
        let page = self
            .0
            .near()
            .find(NOW, &place(server), Duration::from_secs(1));
        page.map(|page| *page.value().pieces.iter().next().expect("a number"))
    }
}

#[test]
fn what_one_has_said_is_not_said_by_the_other() {
    let mut world = World::new();
    world.keep();
    for server in [ONE, OTHER, ELSEWHERE] {
        assert_eq!(world.near(server), Some(server));
    }
}

#[test]
fn a_change_at_one_is_a_change_at_the_other() {
    for changed in [ONE, OTHER] {
        let mut world = World::new();
        world.keep();
        let before = [ONE, OTHER, ELSEWHERE].map(|server| world.begin(server));
        world.0.changed(ServerId(changed), &key());
        assert_eq!(world.near(ONE), None);
        assert_eq!(world.near(OTHER), None);
        assert_eq!(world.near(ELSEWHERE), Some(ELSEWHERE));
        // What was asked before the change is no answer for who asks now, nor kept.
        let submitted = |world: &mut World| std::iter::from_fn(|| world.0.poll_submit()).count();
        assert_eq!(submitted(&mut world), 3);
        let after = [ONE, OTHER, ELSEWHERE].map(|server| world.begin(server));
        assert_eq!(submitted(&mut world), 2);
        for (waiter, server) in before.iter().zip([ONE, OTHER]) {
            let reading = waiter.reading();
            world
                .0
                .keep_near(NOW, &reading, place(server), None, 1, || page(9));
            assert_eq!(world.near(server), None);
        }
        for waiter in before.into_iter().chain(after) {
            let _ = world.0.leave(waiter);
        }
    }
}
