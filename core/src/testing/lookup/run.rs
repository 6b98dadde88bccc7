//! A script of bytes, carried out by lookups and their naive twin together.

use core::task::Poll;
use std::rc::Rc;

use super::naive::{KEYS, Naive, SERVERS, State};
use super::numbered::{Numbered, hit, reply, request_ids, target};
use crate::lookup::{Begin, Cancel, Flight, LookupResult, ServerId, Target, Waiter};
use crate::protocol::Key;
use crate::server::{Failure, Outcome, RequestId};
use crate::time::Time;

/// Two drivers of one server, one with another time-out too, and another server.
const TARGETS: [Target; 4] = [
    target(0, 0, 500),
    target(0, 1, 500),
    target(0, 0, 100),
    target(1, 2, 500),
];

/// More are not begun: a server has to name their requests.
const LOOKUPS_MAX: usize = 1000;

/// What lookups and twin do together.
#[derive(Default)]
struct Run {
    naive: Naive,
    lookups: Numbered,
    /// Those who have not left.
    waiters: Vec<Option<Waiter<u32, u32>>>,
    /// The flights under way, by position in the twin's list of requests.
    flights: Vec<Option<Rc<Flight<u32, u32>>>>,
    ids: Vec<RequestId>,
    /// Results that were given out.
    results: u64,
}

/// Carries a script out, and then everything that is left to be done.
///
/// # Panics
/// Lookups and twin do not agree: a wake-up is lost, a result is older than a
/// change or is another one's, or a flight is kept for nobody.
pub fn run(script: &[u8]) {
    let mut run = Run {
        ids: request_ids(script.len().min(LOOKUPS_MAX)),
        ..Run::default()
    };
    let mut bytes = script.iter().map(|&byte| usize::from(byte));
    while let Some(byte) = bytes.next() {
        run.naive.now += 1;
        // Without a further byte what it would choose is the first.
        let choice = byte / 8 + 32 * bytes.next().unwrap_or(0);
        match byte % 8 {
            0 | 1 => run.begin(
                choice % KEYS.len(),
                TARGETS[choice / KEYS.len() % TARGETS.len()],
            ),
            2 => run.change(choice % KEYS.len(), choice / KEYS.len() % SERVERS),
            3 => run.submit(),
            4 => run.answer(choice / 2, choice % 2 == 0),
            5 => drop(run.wake()),
            6 => run.poll(choice),
            _ => run.leave(choice),
        }
    }
    run.finish();
}

fn key(at: usize) -> Key {
    Key::hashing(KEYS[at].as_bytes())
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("few")
}

impl Run {
    fn begin(&mut self, at: usize, target: Target) {
        let count = self.waiters.len();
        if count == LOOKUPS_MAX {
            return;
        }
        self.naive.begin(at, target);
        match self
            .lookups
            .begin(Time::default(), target, &key(at), number(count))
        {
            Begin::Pending(waiter) => self.waiters.push(Some(waiter)),
            Begin::Ready(result) => panic!("{result:?} out of nothing"),
        }
    }

    fn change(&mut self, at: usize, server: usize) {
        self.naive.change(at, server);
        self.lookups.changed(ServerId(number(server)), &key(at));
    }

    fn submit(&mut self) {
        let requests = &mut self.naive.requests;
        self.flights.resize_with(requests.len(), || None);
        for (at, request) in requests.iter_mut().enumerate() {
            if request.state != State::New {
                continue;
            }
            request.state = State::UnderWay;
            let flight = self.lookups.poll_submit().expect("a request to submit");
            assert_eq!(
                (flight.key(), flight.target()),
                (&key(request.key), request.target)
            );
            flight.submitted(self.ids[at]);
            self.flights[at] = Some(flight);
        }
        assert!(self.lookups.poll_submit().is_none(), "one too many");
    }

    /// Hands in the outcome of one of the requests under way.
    fn answer(&mut self, choice: usize, succeeds: bool) {
        let under_way = self.flights.iter().enumerate();
        let under_way: Vec<_> = under_way.filter(|(_, flight)| flight.is_some()).collect();
        if under_way.is_empty() {
            return;
        }
        let at = under_way[choice % under_way.len()].0;
        let flight = self.flights[at].take().expect("under way");
        let outcome = if succeeds {
            Outcome::Reply(reply(number(at)))
        } else {
            Outcome::Failed(Failure::TimedOut)
        };
        self.naive.answer(at, succeeds.then(|| number(at)));
        flight.handle_outcome(outcome);
    }

    /// Takes one waker out.
    fn wake(&mut self) -> Option<u32> {
        let woken = self.lookups.poll_wake();
        assert_eq!(woken, self.naive.wake().map(number), "who is woken next");
        woken
    }

    /// The result of a lookup that was not given up.
    fn poll(&mut self, choice: usize) {
        let at = choice % self.waiters.len().max(1);
        let Some(Some(waiter)) = self.waiters.get(at) else {
            return;
        };
        let lookup = &mut self.naive.lookups[at];
        let expected = match (lookup.gone, self.naive.requests[lookup.request].state) {
            (true, _) => Poll::Ready(LookupResult::Failed(Failure::Lost)),
            (false, State::Done(None)) => Poll::Ready(LookupResult::Failed(Failure::TimedOut)),
            (false, State::Done(Some(number))) => Poll::Ready(hit(number)),
            (false, State::New | State::UnderWay | State::Cancelled) => Poll::Pending,
        };
        self.results += u64::from(!lookup.gone && expected.is_ready());
        lookup.gone |= expected.is_ready();
        assert_eq!(self.lookups.poll(waiter), expected);
    }

    fn leave(&mut self, choice: usize) {
        let at = choice % self.waiters.len().max(1);
        let Some(waiter) = self.waiters.get_mut(at).and_then(Option::take) else {
            return;
        };
        let request = self.naive.lookups[at].request;
        let expected = self.naive.leave(at).then(|| Cancel {
            driver: self.naive.requests[request].target.driver,
            request: self.ids[request],
        });
        assert_eq!(self.lookups.leave(waiter), expected);
        if expected.is_some() {
            // Whoever carried the request may hand in that it is lost.
            let flight = self.flights[request].take().expect("under way");
            flight.handle_outcome(Outcome::Failed(Failure::Lost));
        }
    }

    /// Answers every request, wakes everybody and gives all results out.
    fn finish(mut self) {
        self.submit();
        while self.flights.iter().any(Option::is_some) {
            self.answer(0, true);
        }
        while self.wake().is_some() {}
        for at in 0..self.waiters.len() {
            self.poll(at);
        }
        assert!(self.naive.lookups.iter().all(|lookup| lookup.gone));
        let stats = *self.lookups.stats();
        assert_eq!(stats.begun, self.naive.lookups.len() as u64);
        let results = stats.hits + stats.misses + stats.failures;
        assert_eq!(results, self.results, "{stats:?}");
        for at in 0..self.waiters.len() {
            self.leave(at);
        }
        assert!(self.lookups.is_idle(), "a flight is kept for nobody");
    }
}
