//! Connections of the model: commands are carried out in the order in which they
//! were sent on one, and answered in that order, after a while.

use core::time::Duration;

use crate::lookup::Flight;
use crate::lookup::lease::OpId;
use crate::protocol::{Command, Pin};
use crate::server::Unclaimed;
use crate::testing::chance::Chance;
use crate::time::Time;
use std::rc::Rc;

/// Who waits for the answer to a command.
#[derive(Debug)]
pub(super) enum For {
    Flight(Rc<Flight<usize, Vec<u8>>>),
    Op(OpId),
    /// A purge of what was made up to this content.
    Purge(u64),
    /// The reading before a soft purge, after so many attempts.
    SoftRead(u32),
    /// A soft purge, after so many attempts.
    Soft(u32),
    Nobody,
}

/// A command on its way.
#[derive(Debug)]
pub(super) struct Message {
    pub worker: usize,
    /// The worker's life in which it was sent.
    pub life: u64,
    pub pin: Pin,
    pub command: Command<Vec<u8>>,
    pub who: For,
    /// It is a purge, which may end runs.
    pub is_purge: bool,
    /// Its outcome was given out, or nobody wants it.
    pub is_over: bool,
    /// The server was restarted.
    pub is_gone: bool,
}

/// One connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub pin: Pin,
    /// When the last command sent on it is carried out.
    pub carried_out: Time,
    /// When the last answer comes.
    pub answered: Time,
}

impl Connection {
    pub(super) fn new(number: u64) -> Self {
        Self {
            pin: Pin::of(0, number),
            carried_out: Time::default(),
            answered: Time::default(),
        }
    }

    /// When a command that is sent now is carried out.
    pub(super) fn carries_out(&mut self, now: Time, delay: Duration) -> Time {
        self.carried_out = self.carried_out.max(now + delay);
        self.carried_out
    }

    /// When the answer comes to what is carried out now.
    pub(super) fn answers(&mut self, now: Time, delay: Duration) -> Time {
        self.answered = self.answered.max(now + delay);
        self.answered
    }
}

/// How long a way takes.
pub(super) fn delay(chance: &mut Chance, is_calm: bool) -> Duration {
    let millis = if is_calm {
        1
    } else if chance.one_in(30) {
        chance.below(1200)
    } else {
        chance.below(20)
    };
    Duration::from_millis(millis)
}

/// The command that gives a right back which nobody took.
pub(super) fn give_back(unclaimed: &Unclaimed) -> Command<Vec<u8>> {
    unclaimed.release().into()
}
