//! Random steps, against a list of everything that happened.

use core::task::Poll;
use std::rc::{Rc, Weak};

use memcached_core::lookup::{
    Begin, Cancel, Flight, LookupResult, Lookups, ServerId, Target, Waiter,
};
use memcached_core::server::{Failure, Outcome};
use proptest::prelude::*;

use super::{hit, key, reply, request_ids, target};

const KEYS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Step {
    Begin {
        key: usize,
        target: usize,
    },
    Change {
        key: usize,
        server: u32,
    },
    /// Gives the requests out that are to be submitted.
    Submit,
    /// Hands in the outcome of a request.
    Answer {
        request: usize,
        fails: bool,
    },
    /// Takes one waker out.
    Wake,
    Poll {
        waiter: usize,
    },
    Leave {
        waiter: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    prop_oneof![
        6 => (key(), 0..4_usize).prop_map(|(key, target)| Step::Begin { key, target }),
        2 => (key(), 0..2_u32).prop_map(|(key, server)| Step::Change { key, server }),
        4 => Just(Step::Submit),
        3 => (0..8_usize, any::<bool>()).prop_map(|(request, fails)| Step::Answer { request, fails }),
        4 => Just(Step::Wake),
        3 => (0..16_usize).prop_map(|waiter| Step::Poll { waiter }),
        3 => (0..16_usize).prop_map(|waiter| Step::Leave { waiter }),
    ]
}

/// Two drivers of one server, another time-out, and another server.
fn targets() -> [Target; 4] {
    [
        target(0, 0, 500),
        target(0, 1, 500),
        target(0, 0, 100),
        target(1, 2, 500),
    ]
}

/// A request as the twin knows it: when it was opened, and for what.
struct Request {
    key: usize,
    target: Target,
    opened_at: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// It waits to be submitted.
    New,
    UnderWay,
    /// It has this outcome; `None` is a failure.
    Done(Option<u32>),
    /// Nobody wanted it any more.
    Cancelled,
}

struct Lookup {
    waiter: Waiter<u32, u32>,
    /// By position in the list of requests.
    request: usize,
    woken: bool,
    gone: bool,
}

#[derive(Default)]
struct Twin {
    now: usize,
    requests: Vec<Request>,
    lookups: Vec<Lookup>,
    changed_at: [[usize; KEYS.len()]; 2],
    /// Wakers in the order in which they are due, by lookup.
    due: Vec<usize>,
}

impl Twin {
    /// The newest request for a server and key, if nothing speaks against
    /// joining it.
    fn joinable(&self, key: usize, target: Target) -> Option<usize> {
        let newest = self
            .requests
            .iter()
            .rposition(|r| r.key == key && r.target.server == target.server)?;
        let request = &self.requests[newest];
        let changed_at = self.changed_at[target.server.0 as usize][key];
        let open = matches!(request.state, State::New | State::UnderWay);
        (open && request.target == target && request.opened_at >= changed_at).then_some(newest)
    }

    fn begin(&mut self, key: usize, target: Target, waiter: Waiter<u32, u32>) {
        let request = self.joinable(key, target).unwrap_or_else(|| {
            self.requests.push(Request {
                key,
                target,
                opened_at: self.now,
                state: State::New,
            });
            self.requests.len() - 1
        });
        self.lookups.push(Lookup {
            waiter,
            request,
            woken: false,
            gone: false,
        });
    }

    fn answer(&mut self, request: usize, outcome: Option<u32>) {
        self.requests[request].state = State::Done(outcome);
        let present = (0..self.lookups.len()).filter(|&at| {
            let lookup = &self.lookups[at];
            lookup.request == request && !lookup.gone
        });
        self.due.extend(present);
    }

    fn next_due(&mut self) -> Option<usize> {
        while !self.due.is_empty() {
            let at = self.due.remove(0);
            if !self.lookups[at].gone {
                self.lookups[at].woken = true;
                return Some(at);
            }
        }
        None
    }

    /// Whether the request is not wanted any more.
    fn leave(&mut self, at: usize) -> bool {
        let lookup = &mut self.lookups[at];
        if std::mem::replace(&mut lookup.gone, true) {
            return false;
        }
        let request = lookup.request;
        let wanted = self.lookups.iter().any(|l| l.request == request && !l.gone);
        let state = &mut self.requests[request].state;
        let unwanted = !wanted && matches!(state, State::New | State::UnderWay);
        if unwanted {
            *state = State::Cancelled;
        }
        unwanted
    }
}

/// What the twin and the lookups do together, and the flights between them.
struct Run {
    twin: Twin,
    lookups: Lookups<u32, u32>,
    /// By position in the twin's list of requests.
    flights: Vec<Option<Rc<Flight<u32, u32>>>>,
    all: Vec<Weak<Flight<u32, u32>>>,
}

impl Run {
    fn submit(&mut self, ids: &[memcached_core::server::RequestId]) -> Result<(), TestCaseError> {
        let new = |r: &Request| r.state == State::New;
        while let Some(flight) = self.lookups.poll_submit() {
            let expected = self.twin.requests.iter().position(new);
            let Some(at) = expected else {
                return Err(TestCaseError::fail("nothing was to be submitted"));
            };
            let request = &mut self.twin.requests[at];
            prop_assert_eq!(flight.key(), &key(KEYS[request.key]));
            prop_assert_eq!(flight.target(), request.target);
            request.state = State::UnderWay;
            flight.submitted(ids[at]);
            self.all.push(Rc::downgrade(&flight));
            self.flights.resize_with(self.twin.requests.len(), || None);
            self.flights[at] = Some(flight);
        }
        prop_assert!(
            !self.twin.requests.iter().any(new),
            "a request was forgotten"
        );
        Ok(())
    }

    /// Hands the outcome of the nth request under way in.
    fn answer(&mut self, nth: usize, fails: bool) {
        let under_way = |&at: &usize| self.twin.requests[at].state == State::UnderWay;
        let Some(at) = (0..self.flights.len()).filter(under_way).nth(nth) else {
            return;
        };
        let number = u32::try_from(at).unwrap();
        let outcome = if fails {
            Outcome::Failed(Failure::TimedOut)
        } else {
            reply(number)
        };
        let flight = self.flights[at].take().expect("under way");
        flight.handle_outcome(outcome);
        self.twin.answer(at, (!fails).then_some(number));
    }

    fn poll(&mut self, at: usize) -> Result<(), TestCaseError> {
        let lookup = &mut self.twin.lookups[at];
        let lost = LookupResult::Failed(Failure::Lost);
        let expected = match (lookup.gone, self.twin.requests[lookup.request].state) {
            (true, _) => Poll::Ready(lost),
            (false, State::Done(None)) => Poll::Ready(LookupResult::Failed(Failure::TimedOut)),
            (false, State::Done(Some(number))) => Poll::Ready(hit(number)),
            (false, _) => Poll::Pending,
        };
        prop_assert_eq!(&self.lookups.poll(&lookup.waiter), &expected);
        lookup.gone |= expected.is_ready();
        Ok(())
    }

    fn leave(
        &mut self,
        at: usize,
        ids: &[memcached_core::server::RequestId],
    ) -> Result<(), TestCaseError> {
        let request = self.twin.lookups[at].request;
        let was_under_way = self.twin.requests[request].state == State::UnderWay;
        let unwanted = self.twin.leave(at);
        let cancel = self.lookups.leave(&self.twin.lookups[at].waiter);
        let expected = (unwanted && was_under_way).then(|| Cancel {
            driver: self.twin.requests[request].target.driver,
            request: ids[request],
        });
        prop_assert_eq!(cancel, expected);
        if cancel.is_some() {
            // The driver gives the completion back, which may still answer.
            if let Some(flight) = self.flights[request].take() {
                flight.handle_outcome(Outcome::Failed(Failure::Lost));
            }
        }
        Ok(())
    }

    fn wake(&mut self) -> Result<Option<u32>, TestCaseError> {
        let woken = self.lookups.poll_wake();
        let expected = self.twin.next_due().map(|at| u32::try_from(at).unwrap());
        prop_assert_eq!(woken, expected);
        Ok(woken)
    }
}

proptest! {
    #[test]
    fn random_steps(steps in proptest::collection::vec(step(), 1..200)) {
        let ids = request_ids(steps.len());
        let mut run = Run {
            twin: Twin::default(),
            lookups: Lookups::default(),
            flights: Vec::new(),
            all: Vec::new(),
        };
        for (now, step) in (1..).zip(steps) {
            run.twin.now = now;
            let count = run.twin.lookups.len();
            match step {
                Step::Begin { key: at, target } => {
                    let target = targets()[target];
                    let waker = u32::try_from(count).unwrap();
                    match run.lookups.begin(target, &key(KEYS[at]), waker) {
                        Begin::Pending(waiter) => run.twin.begin(at, target, waiter),
                        Begin::Ready(result) => panic!("{result:?}"),
                    }
                }
                Step::Change { key: at, server } => {
                    run.lookups.changed(ServerId(server), &key(KEYS[at]));
                    run.twin.changed_at[server as usize][at] = now;
                }
                Step::Submit => run.submit(&ids)?,
                Step::Answer { request, fails } => run.answer(request, fails),
                Step::Wake => {
                    run.wake()?;
                }
                Step::Poll { waiter } if waiter < count => run.poll(waiter)?,
                Step::Leave { waiter } if waiter < count => run.leave(waiter, &ids)?,
                Step::Poll { .. } | Step::Leave { .. } => {}
            }
        }
        // Whoever still waits is woken once all is answered.
        run.submit(&ids)?;
        while run.flights.iter().any(Option::is_some) {
            run.answer(0, false);
        }
        while run.wake()?.is_some() {}
        for at in 0..run.twin.lookups.len() {
            run.poll(at)?;
        }
        let Run { twin, lookups, flights, all } = run;
        prop_assert!(twin.lookups.iter().all(|lookup| lookup.gone));
        drop((twin, flights));
        // The lookups themselves keep no flight.
        prop_assert!(all.iter().all(|flight| flight.upgrade().is_none()));
        drop(lookups);
    }
}
