//! Somebody who needs the count of a namespace.

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use super::count::Count;
use super::counter::Unreadable;
use super::name::Name;
use crate::lookup::{DriverId, ServerId};
use crate::time::Time;

/// A count is used for so long after the command that read it was sent.
pub(super) const REMEMBERED: Duration = Duration::from_secs(1);

/// Where a count is read. Only those who read it in the same way share a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The address.
    pub server: ServerId,
    /// What carries the command.
    pub driver: DriverId,
    /// The time for each answer.
    pub timeout: Duration,
}

/// What somebody who has to wait brings along.
#[derive(Clone, Copy, Debug)]
pub struct Asker<W> {
    /// Wakes him.
    pub waker: W,
    /// The count that the namespace is to have if it has none.
    pub fresh: Count,
}

/// Somebody who needs a count. It can be dropped at any time.
#[derive(Debug)]
pub struct Visit {
    pub(super) source: Source,
    pub(super) name: Name,
    /// The count must have been asked for no sooner than this.
    pub(super) since: Time,
    pub(super) place: Option<Rc<Cell<Place>>>,
}

impl Visit {
    /// For a lookup or a store: what is remembered will do.
    #[must_use]
    pub fn new(now: Time, source: Source, name: Name) -> Self {
        let span = u64::try_from(REMEMBERED.as_micros()).unwrap_or(u64::MAX);
        let expired = now.as_micros().checked_sub(span);
        let since = expired.map_or(0, |expired| expired + 1);
        Self::since(Time::from_micros(since), source, name)
    }

    /// For deleting what is there: what others have changed up to now counts.
    #[must_use]
    pub fn anew(now: Time, source: Source, name: Name) -> Self {
        Self::since(now, source, name)
    }

    fn since(since: Time, source: Source, name: Name) -> Self {
        Self {
            source,
            name,
            since,
            place: None,
        }
    }
}

/// Where somebody who waits stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// He is to be woken.
    Waiting,
    /// What he waited for is over; he has to look again.
    Again,
    /// The command that he waited for has brought this, when so many bumps had begun.
    Read(Result<Count, Unreadable>, u64),
}

/// Those who wait for the same.
pub(super) type Waiters<W> = Vec<(Rc<Cell<Place>>, W)>;
