//! The namespaces of one worker.

use core::task::Poll;
use std::collections::{HashMap, VecDeque};

use super::count::Count;
use super::counter::{Answer, Counter, Next, Unreadable};
use super::name::Name;
use super::visit::{Asker, Place, Source, Visit};
use crate::lookup::{Neighbours, ServerId};
use crate::protocol::{Found, Reply};
use crate::server::Outcome;
use crate::time::Time;

/// Namespaces that are known before those are forgotten of which nothing has to be
/// remembered: scripts can name any number.
const KNOWN_MIN: usize = 64;

/// A namespace at a server.
type Id = (ServerId, Name);

/// The namespaces of one worker; `W` wakes one who waits.
#[derive(Debug)]
pub struct Namespaces<W> {
    counters: HashMap<Id, Counter<W>>,
    /// How many there may be before some are forgotten.
    room: usize,
    ops: VecDeque<Op>,
    wakes: VecDeque<W>,
    next_reading: u64,
    neighbours: Neighbours,
}

/// Names a count that is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingId {
    server: ServerId,
    name: Name,
    number: u64,
}

/// A command that has to be sent; what came of it is given to
/// [`Namespaces::handle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// What it is for.
    pub reading: ReadingId,
    /// Where it goes, and the time for its answer.
    pub source: Source,
    /// What is to be done with the item of the [key](Name::key).
    pub kind: OpKind,
}

impl Op {
    /// The namespace that it is about.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.reading.name
    }
}

/// What is to be done with the item of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// It is looked up.
    Get,
    /// It is made, unless it is there. It does not expire.
    Add(Count),
}

/// A count that is being set.
#[derive(Debug)]
#[must_use = "others wait until it has ended"]
pub struct Bump {
    id: Id,
    /// The same namespace where its server is spoken to under other terms.
    others: Vec<Id>,
    sent: Time,
    count: Count,
}

impl<W> Default for Namespaces<W> {
    fn default() -> Self {
        Self {
            counters: HashMap::new(),
            room: KNOWN_MIN,
            ops: VecDeque::new(),
            wakes: VecDeque::new(),
            next_reading: 0,
            neighbours: Neighbours::default(),
        }
    }
}

impl<W> Namespaces<W> {
    /// Those of servers of which some may be at one place.
    #[must_use]
    pub fn among(neighbours: Neighbours) -> Self {
        Self {
            neighbours,
            ..Self::default()
        }
    }

    /// The count that somebody needs. If it has to be waited for, `asker` is called,
    /// whose waker is woken when this is to be called again. Call
    /// [`poll_op`](Self::poll_op) next.
    ///
    /// A count is used for one second from when it was asked for. One that takes
    /// longer to come is used by those alone who wait for it.
    pub fn poll(
        &mut self,
        now: Time,
        visit: &mut Visit,
        asker: impl FnOnce() -> Asker<W>,
    ) -> Poll<Result<Count, Unreadable>> {
        let place = visit.place.as_ref().map(|place| place.get());
        if let Some(Place::Waiting) = place {
            return Poll::Pending;
        }
        let id = (visit.source.server, visit.name.clone());
        let number = self.next_reading;
        let counter = self.counter(now, id);
        if let Some(Place::Read(result, begun)) = place {
            if counter.is_current(begun) {
                return Poll::Ready(result);
            }
        }
        if let Some(count) = counter.known(now, visit.since) {
            return Poll::Ready(Ok(count));
        }
        if counter.wait(now, visit, asker(), number) {
            self.next_reading += 1;
            let reading = ReadingId {
                server: visit.source.server,
                name: visit.name.clone(),
                number,
            };
            self.ops.push_back(Op {
                reading,
                source: visit.source,
                kind: OpKind::Get,
            });
        }
        Poll::Pending
    }

    /// Takes in what came of an [`Op`], as [`handle`](Self::handle).
    pub fn handle_outcome<P: AsRef<[u8]>>(
        &mut self,
        now: Time,
        reading: ReadingId,
        outcome: Outcome<P>,
    ) -> Option<Unreadable> {
        let bytes;
        let answer = match outcome {
            Outcome::Reply(Reply::Values(mut values)) => match values.pop() {
                Some((_, Found::Value(value))) => {
                    let pieces: Vec<&[u8]> = value.pieces.iter().map(AsRef::as_ref).collect();
                    bytes = pieces.concat();
                    Answer::Value(&bytes)
                }
                Some((_, Found::TooLarge { .. })) => Answer::Unreadable(Unreadable::NotANumber),
                None => Answer::Missing,
            },
            Outcome::Reply(Reply::ServerError(_)) => Answer::Unreadable(Unreadable::Refused),
            Outcome::Reply(_) => Answer::Added,
            Outcome::Failed(failure) => Answer::Unreadable(failure.into()),
        };
        self.handle(now, reading, answer)
    }

    /// Takes in what came of an [`Op`]. If the count cannot be read, it is said why,
    /// for the log.
    pub fn handle(
        &mut self,
        now: Time,
        reading: ReadingId,
        answer: Answer<'_>,
    ) -> Option<Unreadable> {
        let id = (reading.server, reading.name.clone());
        let counter = self.counters.get_mut(&id)?;
        let (source, kind) = match counter.handle(now, reading.number, answer, &mut self.wakes) {
            Next::Nothing => return None,
            Next::Failed(why) => return Some(why),
            Next::Get(source) => (source, OpKind::Get),
            Next::Add(source, count) => (source, OpKind::Add(count)),
        };
        self.ops.push_back(Op {
            reading,
            source,
            kind,
        });
        None
    }

    /// A new count is about to be set, which gives up all items of the namespace. Until
    /// it is known what came of it, which [`end_bump`](Self::end_bump) is told, all who
    /// need the count wait.
    ///
    /// The command must not be sent twice: in between, another count may have taken
    /// the place of this one, whose items would come back.
    pub fn begin_bump(&mut self, now: Time, server: ServerId, name: Name, count: Count) -> Bump {
        let mut others = Vec::new();
        let neighbours = self.neighbours.clone();
        neighbours.each(server, |at| {
            let id = (at, name.clone());
            self.counter(now, id.clone()).begin_bump();
            if at != server {
                others.push(id);
            }
        });
        Bump {
            id: (server, name),
            others,
            sent: now,
            count,
        }
    }

    /// Whether a count was set, as far as it is known.
    pub fn end_bump(&mut self, bump: Bump, is_set: bool) {
        let Bump {
            id,
            others,
            sent,
            count,
        } = bump;
        // Under other terms it is read once more.
        for id in others {
            if let Some(counter) = self.counters.get_mut(&id) {
                counter.end_bump(sent, None, &mut self.wakes);
            }
        }
        if let Some(counter) = self.counters.get_mut(&id) {
            counter.end_bump(sent, is_set.then_some(count), &mut self.wakes);
        }
    }

    /// A command that has to be sent.
    #[must_use]
    pub fn poll_op(&mut self) -> Option<Op> {
        self.ops.pop_front()
    }

    /// The next one to be woken.
    #[must_use]
    pub fn poll_wake(&mut self) -> Option<W> {
        self.wakes.pop_front()
    }

    fn counter(&mut self, now: Time, id: Id) -> &mut Counter<W> {
        if self.counters.len() >= self.room && !self.counters.contains_key(&id) {
            self.counters.retain(|_, counter| !counter.is_idle(now));
            self.room = KNOWN_MIN.max(2 * self.counters.len());
        }
        self.counters.entry(id).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_that_only_scripts_name_are_forgotten() {
        let mut namespaces = Namespaces::<u32>::default();
        let mut under_way = Vec::new();
        for number in 0_u64..10_000 {
            let name = Name::new(number.to_string().as_bytes()).unwrap();
            let now = Time::from_micros(number * 10_000);
            let count = Count::new(number, 0);
            let bump = namespaces.begin_bump(now, ServerId(0), name, count);
            if number % 1000 == 0 {
                under_way.push(bump);
            } else {
                namespaces.end_bump(bump, true);
            }
        }
        // One second has a hundred of them.
        assert!(namespaces.counters.len() < 300);
        for bump in under_way {
            assert!(namespaces.counters.contains_key(&bump.id));
            namespaces.end_bump(bump, false);
        }
    }
}
