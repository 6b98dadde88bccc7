//! What one worker knows of one item.

use core::time::Duration;
use std::collections::BTreeMap;

use super::run::{RunId, Try};
use super::running::Source;
use super::timers::Alarm;
use super::visit::VisitId;
use crate::protocol::{ItemState, Reply, Status};
use crate::server::{Failure, Outcome};
use crate::time::Time;

/// Pauses before those who wait look again, in milliseconds; the last one for all
/// that follow.
const PAUSES: [u64; 5] = [10, 20, 40, 80, 100];

/// Pauses after failed tries are doubled so often, from one second, up to
/// [`HOLD_MAX`].
const DOUBLED_MAX: u32 = 6;

/// The longest pause after a failed try.
const HOLD_MAX: Duration = Duration::from_secs(60);

/// What one worker knows of one item.
#[derive(Debug)]
pub(super) struct Entry<W> {
    /// The run of this worker that those who wait are woken after.
    pub(super) run: Option<RunId>,
    /// Whether that run has the right, as far as was seen.
    pub(super) run_has_right: bool,
    /// Who waits, in the order in which they came.
    pub(super) waiting: BTreeMap<VisitId, Waiting<W>>,
    /// One of them, who looks whether it goes on.
    pub(super) scout: Option<VisitId>,
    /// When the next one looks.
    pub(super) look_at: Option<Time>,
    /// How often one has looked in vain.
    pub(super) looks: usize,
    /// One who asks whether to make the page.
    pub(super) asking: Option<Asking<W>>,
    /// Nobody asks before that who need not wait.
    pub(super) ask_after: Option<Time>,
    /// The right that is kept after a failed try.
    pub(super) held: Option<Held>,
    /// The right that somebody else has.
    pub(super) taken: Option<Taken>,
    pub(super) alarm: Option<Alarm>,
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiting<W> {
    pub(super) waker: W,
    /// When it stops to wait.
    pub(super) alarm: Alarm,
    pub(super) call: Option<Call>,
}

/// Why one who waits was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// It is to look again.
    Look,
    /// It has waited long enough.
    TimeUp,
    /// It goes on with the run of one who left.
    GoOn(RunId),
}

/// One who asks whether to make the page.
#[derive(Debug)]
pub(super) struct Asking<W> {
    pub(super) visit: VisitId,
    pub(super) waker: W,
    pub(super) reply: Option<Told>,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// What the server knows of the item.
    State(Option<ItemState>),
    /// Whether the lock was free; it was asked for at that time.
    Locked(Option<Time>),
    Refused,
    Failed(Failure),
}

impl Told {
    /// What an outcome says that was asked for at `at`.
    pub(super) fn of<P>(outcome: &Outcome<P>, at: Time) -> Self {
        match outcome {
            Outcome::Reply(Reply::State(state)) => Self::State(*state),
            Outcome::Reply(Reply::Status(Status::Stored)) => Self::Locked(Some(at)),
            Outcome::Reply(Reply::Status(_)) => Self::Locked(None),
            Outcome::Reply(_) => Self::Refused,
            Outcome::Failed(failure) => Self::Failed(*failure),
        }
    }
}

/// A right that is kept after a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// The item's version; 0 where the pause alone is kept.
    pub(super) version: u64,
    pub(super) source: Source,
    /// Until when the lock that is an item of its own is there by the own clock.
    pub(super) lock_until: Option<Time>,
    /// What came of the last try.
    pub(super) last: Try,
    /// How many have failed.
    pub(super) fails: u32,
    /// When the next try may be made.
    pub(super) due: Time,
    /// When it is forgotten.
    pub(super) end: Time,
}

impl Held {
    /// After so many failed tries, the last of which ended `now`.
    pub(super) fn pause(fails: u32) -> Duration {
        let doubled = fails.saturating_sub(1).min(DOUBLED_MAX);
        Duration::from_secs(1 << doubled).min(HOLD_MAX)
    }
}

/// A right that somebody else has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) version: u64,
    pub(super) source: Source,
    /// When that was first seen.
    pub(super) since: Time,
    /// Nobody else will end it: that was tried.
    pub(super) is_ended: bool,
    /// When it is forgotten.
    pub(super) end: Time,
}

impl<W> Default for Entry<W> {
    fn default() -> Self {
        Self {
            run: None,
            run_has_right: false,
            waiting: BTreeMap::new(),
            scout: None,
            look_at: None,
            looks: 0,
            asking: None,
            ask_after: None,
            held: None,
            taken: None,
            alarm: None,
        }
    }
}

impl<W> Entry<W> {
    /// Whether one waits who was not woken.
    pub(super) fn has_sleepers(&self) -> bool {
        self.waiting.values().any(|waiting| waiting.call.is_none())
    }

    /// Whether something will come that wakes those who wait.
    fn is_tended(&self) -> bool {
        let is_made = self.run.is_some() && self.run_has_right;
        is_made || self.asking.is_some() || self.scout.is_some()
    }

    /// Sees to it that one looks whether it goes on, unless something else wakes
    /// those who wait.
    pub(super) fn tend(&mut self, now: Time) {
        if !self.has_sleepers() {
            self.look_at = None;
            if self.waiting.is_empty() && self.scout.is_none() {
                self.looks = 0;
            }
        } else if self.is_tended() {
            self.look_at = None;
        } else if self.look_at.is_none() {
            let pause = PAUSES[self.looks.min(PAUSES.len() - 1)];
            self.looks += 1;
            self.look_at = Some(now + Duration::from_millis(pause));
        }
    }

    /// One more waits.
    pub(super) fn hurry(&mut self, now: Time) {
        if let Some(at) = &mut self.look_at {
            *at = (*at).min(now + Duration::from_millis(PAUSES[0]));
        }
    }

    /// Forgets what does not count any more.
    pub(super) fn forget(&mut self, now: Time) {
        self.held = self.held.filter(|held| now < held.end);
        self.taken = self.taken.filter(|taken| now < taken.end);
        self.ask_after = self.ask_after.filter(|after| now < *after);
    }

    /// When something is due.
    pub(super) fn due(&self) -> Option<Time> {
        let held = self.held.map(|held| held.end);
        let taken = self.taken.map(|taken| taken.end);
        let all = [self.look_at, self.ask_after, held, taken];
        all.into_iter().flatten().min()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.run.is_none()
            && self.waiting.is_empty()
            && self.scout.is_none()
            && self.asking.is_none()
            && self.held.is_none()
            && self.taken.is_none()
            && self.ask_after.is_none()
    }
}
