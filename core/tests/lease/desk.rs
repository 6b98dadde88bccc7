//! The leases of one worker, driven by hand: what is sent is shown as it is written,
//! what is answered is given in a word.

use core::task::Poll;
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use memcached_core::lookup::lease::{
    Answer, Ask, Awaited, Dialect, End, Kind, LOCK_FLAGS, Leases, MARKER_FLAGS, NewItem, OpId,
    Page, Rules, Run, Stats, Visit,
};
use memcached_core::lookup::{DriverId, Flight, Lookups, Neighbours, ServerId};
use memcached_core::protocol::{Found, ItemState, Key, Marks, Pieces, Pin, Reply, Status, Value};
use memcached_core::server::{Failure, Outcome};
use memcached_core::testing::lookup::target;
use memcached_core::time::Time;

/// Rules with a lock of 10 seconds.
pub(crate) const RULES: Rules = Rules {
    lock: 10,
    early: 5,
    lock_wait: Duration::from_millis(500),
    refresh_timeout: Duration::from_secs(30),
    uncacheable_ttl: 120,
    in_background: true,
    is_personal: false,
    dialect: Dialect::Meta,
};

/// A page that is out of date in its last 30 seconds, and may be served while it is
/// made anew in the first 10 of these.
pub(crate) const PAGE: Page = Page {
    extra: 30,
    left: None,
    while_revalidate: 10,
    if_error: 30,
    when_marked: true,
};

pub(crate) fn key() -> Key {
    Key::new(b"k").unwrap()
}

pub(crate) struct Desk {
    pub(crate) leases: Leases<usize>,
    pub(crate) lookups: Lookups<usize, u32>,
    pub(crate) now: Time,
    pub(crate) rules: Rules,
    pub(crate) page: Page,
    visits: Vec<Option<Visit<usize, u32>>>,
    flights: VecDeque<Rc<Flight<usize, u32>>>,
    ops: VecDeque<OpId>,
    pub(crate) runs: Vec<Run>,
    /// Whether the last one who was answered has waited.
    pub(crate) awaited: Option<Awaited>,
    /// How many of the operations that were sent store pages.
    pub(crate) stores: usize,
}

/// What a lookup finds.
#[derive(Clone, Copy)]
pub(crate) enum Item {
    Missing,
    /// An empty item with these flags, this version and these marks.
    Empty(u32, u64, &'static str),
    /// A page with this version, so many seconds to live, and these marks.
    Page(u64, u32, &'static str),
}

/// The same server, asked under other terms.
const NEIGHBOUR: ServerId = ServerId(1);

pub(crate) const WON: Item = Item::Empty(0, 7, "W");
pub(crate) const TAKEN: Item = Item::Empty(0, 7, "Z");
pub(crate) const RENEWED: Item = Item::Empty(LOCK_FLAGS, 8, "");
pub(crate) const MARKER: Item = Item::Empty(MARKER_FLAGS, 7, "");

fn marks(version: u64, ttl_left: Option<u32>, letters: &str) -> Marks {
    Marks {
        version,
        ttl_left,
        won: letters.contains('W'),
        taken: letters.contains('Z'),
        stale: letters.contains('X'),
        pin: Pin::default(),
    }
}

/// What a server knows of a page: version, seconds to live, marks.
pub(crate) fn state(version: u64, left: u32, letters: &str) -> Outcome<u32> {
    let marks = marks(version, Some(left), letters);
    Outcome::Reply(Reply::State(Some(ItemState { len: 1, marks })))
}

pub(crate) fn status(status: Status) -> Outcome<u32> {
    Outcome::Reply(Reply::Status(status))
}

pub(crate) fn stored() -> Outcome<u32> {
    status(Status::Stored)
}

pub(crate) fn lost() -> Outcome<u32> {
    Outcome::Failed(Failure::Lost)
}

impl Desk {
    pub(crate) fn new() -> Self {
        let neighbours = Neighbours::default();
        neighbours.add(NEIGHBOUR, ServerId(0));
        Self {
            leases: Leases::among(neighbours),
            lookups: Lookups::default(),
            now: Time::from_micros(1_000_000),
            rules: RULES,
            page: PAGE,
            visits: Vec::new(),
            flights: VecDeque::new(),
            ops: VecDeque::new(),
            runs: Vec::new(),
            awaited: None,
            stores: 0,
        }
    }

    /// A client asks; its answer, if that is there, and its number.
    pub(crate) fn ask(&mut self) -> usize {
        let number = self.visits.len();
        let ask = Ask {
            target: target(0, 0, 500),
            key: key(),
            rules: self.rules,
        };
        let visit = self.leases.begin(self.now, ask, number);
        self.visits.push(Some(visit));
        assert_eq!(self.poll(number), "", "nothing was answered yet");
        number
    }

    /// A client asks, whose lookup finds this; its answer.
    pub(crate) fn asks(&mut self, item: Item) -> String {
        let number = self.ask();
        self.find(item);
        assert!(self.woken().contains(&number));
        self.poll(number)
    }

    /// Goes on with a client: its answer in a word, or nothing.
    pub(crate) fn poll(&mut self, number: usize) -> String {
        let Some(visit) = &mut self.visits[number] else {
            return "gone".into();
        };
        let page = self.page;
        let kind = move |value: &Value<u32>| match value.flags {
            _ if value.len > 0 => Kind::Page(page),
            MARKER_FLAGS => Kind::Marker,
            _ => Kind::Lock,
        };
        match self.leases.poll(self.now, &mut self.lookups, visit, &kind) {
            Poll::Pending => String::new(),
            Poll::Ready(answer) => {
                self.awaited = visit.awaited();
                self.visits[number] = None;
                self.word(answer)
            }
        }
    }

    fn word(&mut self, answer: Answer<u32>) -> String {
        let (word, run) = match answer {
            Answer::Fresh(_) => ("fresh".into(), None),
            Answer::Stale { refresh, .. } => ("stale".into(), refresh),
            Answer::Revalidate { or_serve, run, .. } => {
                let until = or_serve.map(|until| until.since(self.now).as_secs());
                (format!("revalidate {until:?}"), Some(run))
            }
            Answer::Make(run) => ("make".into(), Some(run)),
            Answer::Uncacheable(run) => ("uncacheable".into(), Some(run)),
            Answer::Alone(why) => (format!("alone: {why:?}"), None),
        };
        let suffix = if run.is_some() { " with a run" } else { "" };
        self.runs.extend(run);
        word + suffix
    }

    /// A client goes away; whether its lookup is not wanted any more.
    pub(crate) fn leave(&mut self, number: usize) -> bool {
        let visit = self.visits[number].take().unwrap();
        let cancel = self.leases.leave(self.now, &mut self.lookups, visit);
        cancel.is_some()
    }

    /// The client that came last.
    pub(crate) fn number_of_last(&self) -> usize {
        self.visits.len() - 1
    }

    fn submit(&mut self) {
        let flights = std::iter::from_fn(|| self.lookups.poll_submit());
        self.flights.extend(flights);
    }

    /// How many lookups are under way.
    pub(crate) fn looks(&mut self) -> usize {
        self.submit();
        self.flights.len()
    }

    /// The oldest lookup finds this.
    pub(crate) fn find(&mut self, item: Item) {
        let value = |flags, len, marks| {
            let value = Value {
                flags,
                marks: Some(Box::new(marks)),
                len,
                pieces: Pieces::default(),
            };
            Reply::Values([(0, Found::Value(value))].into_iter().collect())
        };
        let reply = match item {
            Item::Missing => Reply::Values([].into_iter().collect()),
            Item::Empty(flags, version, letters) => {
                value(flags, 0, marks(version, Some(10), letters))
            }
            Item::Page(version, left, letters) => value(1, 1, marks(version, Some(left), letters)),
        };
        self.look_ends(Outcome::Reply(reply));
    }

    /// The oldest lookup ends so.
    pub(crate) fn look_ends(&mut self, outcome: Outcome<u32>) {
        self.submit();
        let flight = self.flights.pop_front().expect("a lookup");
        flight.handle_outcome(outcome);
    }

    /// What is sent now.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(op) = self.leases.poll_op(&mut self.lookups) {
            let mut line = Vec::new();
            op.command.encode_head(&mut line);
            let line = String::from_utf8(line).unwrap();
            let pin = if op.pin.is_some() { " pinned" } else { "" };
            lines.push(line.trim_end().to_owned() + pin);
            self.stores += usize::from(op.is_store);
            self.ops.push_back(op.id);
        }
        lines
    }

    /// The oldest operation ends so.
    pub(crate) fn op_ends(&mut self, outcome: &Outcome<u32>) {
        let op = self.ops.pop_front().expect("an operation");
        self.leases
            .handle_op(self.now, &mut self.lookups, op, outcome);
    }

    /// Who is woken now.
    pub(crate) fn woken(&mut self) -> Vec<usize> {
        let mut all = Vec::new();
        loop {
            let one = self.lookups.poll_wake();
            match one.or_else(|| self.leases.poll_wake()) {
                Some(one) => all.push(one),
                None => return all,
            }
        }
    }

    /// So many milliseconds pass.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.leases.handle_timeout(self.now);
    }

    /// Milliseconds until something is due.
    pub(crate) fn due(&self) -> Option<u128> {
        let at = self.leases.poll_timeout()?;
        Some(at.since(self.now).as_millis())
    }

    /// One who waits looks again and again, and finds this, until it is answered.
    pub(crate) fn waits(&mut self, number: usize, item: Item) -> String {
        loop {
            for woken in self.woken() {
                let answer = self.poll(woken);
                if woken == number && !answer.is_empty() {
                    return answer;
                }
            }
            if self.looks() > 0 {
                self.find(item);
            } else {
                let due = self.due().expect("something is due");
                self.pass(u64::try_from(due).unwrap());
            }
        }
    }

    /// The last run stores a page.
    pub(crate) fn store(&mut self) {
        let run = self.runs.pop().expect("a run");
        let item = NewItem {
            flags: 9,
            exptime: 90,
            data: b"page".to_vec(),
        };
        self.leases.store(self.now, run, item);
    }

    /// The last run ends so.
    pub(crate) fn end(&mut self, end: End) {
        let run = self.runs.pop().expect("a run");
        self.leases.end(self.now, run, end);
    }

    /// What has become of pages that were to be stored: stored, overtaken, refused,
    /// failed.
    pub(crate) fn fates(&self) -> [u64; 4] {
        let stats = self.stats();
        let fates = [stats.stored, stats.overtaken, stats.refused, stats.failed];
        assert_eq!(stats.stores, fates.iter().sum::<u64>());
        fates
    }

    pub(crate) fn stats(&self) -> Stats {
        *self.leases.stats()
    }

    /// The worker stores or deletes the item otherwise.
    pub(crate) fn changed(&mut self) {
        self.leases.changed(self.now, ServerId(0), &key());
    }

    /// The same by who asks the server under other terms.
    pub(crate) fn changed_by_neighbour(&mut self) {
        self.leases.changed(self.now, NEIGHBOUR, &key());
    }

    /// The connection is over on which everything was read.
    pub(crate) fn connection_lost(&mut self) {
        self.leases
            .connection_lost(self.now, DriverId(0), Pin::default());
    }
}
