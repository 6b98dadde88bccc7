//! What a worker knows of one namespace.

use core::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::rc::Rc;

use thiserror::Error;

use super::count::Count;
use super::visit::{Asker, Place, REMEMBERED, Source, Visit, Waiters};
use crate::server::Failure;
use crate::time::Time;

/// Why the count of a namespace is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// Memcached could not be asked.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// Memcached answered with `SERVER_ERROR`.
    #[error("refused")]
    Refused,
    /// The item is no count.
    #[error("not a number")]
    NotANumber,
    /// The item is not there after it was added.
    #[error("not kept")]
    NotKept,
}

/// What came of a command that reads a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The item's value, if it is not longer than any number.
    Value(&'a [u8]),
    /// There is no item.
    Missing,
    /// The item was added, or there is one.
    Added,
    /// There is nothing to go on with.
    Unreadable(Unreadable),
}

/// How a reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It has come to its end, or was dropped before.
    Nothing,
    /// The count cannot be read.
    Failed(Unreadable),
    /// The item is to be looked up there.
    Get(Source),
    /// The item is to be added there.
    Add(Source, Count),
}

#[derive(Clone, Copy, Debug)]
struct Known {
    count: Count,
    /// When the command that read or set it was sent.
    sent: Time,
}

/// The count is being read.
#[derive(Debug)]
struct Reading<W> {
    number: u64,
    source: Source,
    /// When the last `get` was sent.
    sent: Time,
    fresh: Count,
    was_added: bool,
    waiters: Waiters<W>,
}

/// What a worker knows of one namespace.
#[derive(Debug)]
pub(super) struct Counter<W> {
    known: Option<Known>,
    /// None is under way while a bump is: what it read might be from before.
    readings: Vec<Reading<W>>,
    /// Bumps that have begun.
    begun: u64,
    /// Those that have no answer yet.
    bumps: usize,
    /// Several were under way at once: which one came last is not known.
    has_overlap: bool,
    after_bumps: Waiters<W>,
}

impl<W> Default for Counter<W> {
    fn default() -> Self {
        Self {
            known: None,
            readings: Vec::new(),
            begun: 0,
            bumps: 0,
            has_overlap: false,
            after_bumps: Vec::new(),
        }
    }
}

impl<W> Counter<W> {
    /// The count for somebody who does not wait, if it is known.
    pub(super) fn known(&self, now: Time, since: Time) -> Option<Count> {
        let known = self.known.filter(|_| self.bumps == 0)?;
        let counts = known.sent >= since && now.since(known.sent) < REMEMBERED;
        counts.then_some(known.count)
    }

    /// Whether what was read when so many bumps had begun still counts.
    pub(super) const fn is_current(&self, begun: u64) -> bool {
        self.begun == begun
    }

    /// Lets somebody wait until the count is there. If a reading has to begin for
    /// that, it has the given number and begins with a `get`.
    pub(super) fn wait(
        &mut self,
        now: Time,
        visit: &mut Visit,
        asker: Asker<W>,
        number: u64,
    ) -> bool {
        let place = Rc::new(Cell::new(Place::Waiting));
        visit.place = Some(Rc::clone(&place));
        let waiter = (place, asker.waker);
        if self.bumps > 0 {
            self.after_bumps.push(waiter);
            return false;
        }
        let joinable = |reading: &&mut Reading<W>| {
            reading.source == visit.source && reading.sent >= visit.since
        };
        if let Some(reading) = self.readings.iter_mut().find(joinable) {
            reading.waiters.push(waiter);
            return false;
        }
        self.readings.push(Reading {
            number,
            source: visit.source,
            sent: now,
            fresh: asker.fresh,
            was_added: false,
            waiters: vec![waiter],
        });
        true
    }

    /// Takes in what came of a command of a reading.
    pub(super) fn handle(
        &mut self,
        now: Time,
        number: u64,
        answer: Answer<'_>,
        wakes: &mut VecDeque<W>,
    ) -> Next {
        let Some(at) = self.readings.iter().position(|it| it.number == number) else {
            return Next::Nothing;
        };
        let reading = &mut self.readings[at];
        let result = match answer {
            Answer::Value(text) => Count::parse(text).ok_or(Unreadable::NotANumber),
            Answer::Missing if reading.was_added => Err(Unreadable::NotKept),
            Answer::Missing => {
                reading.was_added = true;
                return Next::Add(reading.source, reading.fresh);
            }
            Answer::Added => {
                reading.sent = now;
                return Next::Get(reading.source);
            }
            Answer::Unreadable(why) => Err(why),
        };
        let reading = self.readings.swap_remove(at);
        if let Ok(count) = result {
            let sent = reading.sent;
            if self.known.is_none_or(|known| known.sent <= sent) {
                self.known = Some(Known { count, sent });
            }
        }
        release(reading.waiters, Place::Read(result, self.begun), wakes);
        result.map_or_else(Next::Failed, |_| Next::Nothing)
    }

    /// The count is about to be set. What is being read does not count any more.
    pub(super) fn begin_bump(&mut self) {
        self.known = None;
        self.has_overlap = self.bumps > 0;
        self.bumps += 1;
        self.begun += 1;
        for reading in self.readings.drain(..) {
            self.after_bumps.extend(reading.waiters);
        }
    }

    /// The count was set by a command that was sent then; without a count, it is not
    /// known whether it was.
    pub(super) fn end_bump(&mut self, sent: Time, count: Option<Count>, wakes: &mut VecDeque<W>) {
        self.bumps -= 1;
        if self.bumps > 0 {
            self.has_overlap = true;
            return;
        }
        let is_last = !mem::take(&mut self.has_overlap);
        self.known = count.filter(|_| is_last).map(|count| Known { count, sent });
        release(mem::take(&mut self.after_bumps), Place::Again, wakes);
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&self, now: Time) -> bool {
        self.readings.is_empty()
            && self.bumps == 0
            && self
                .known
                .is_none_or(|known| now.since(known.sent) >= REMEMBERED)
    }
}

/// Wakes those who are still there.
fn release<W>(waiters: Waiters<W>, to: Place, wakes: &mut VecDeque<W>) {
    for (place, waker) in waiters {
        if Rc::strong_count(&place) > 1 {
            place.set(to);
            wakes.push_back(waker);
        }
    }
}
