//! The time of a driver, and its one timer.

use std::cell::RefCell;
use std::time::Duration;

use memcached_core::server::{Alarm, Ring};
use memcached_core::time::Time;

use crate::client::epoch::Epoch;
use crate::host::{Timer, Worker};

/// The timer, which is armed as the core's [`Alarm`] says.
pub(super) struct Clock {
    epoch: Epoch,
    alarm: RefCell<Alarm>,
    timer: Timer,
}

impl Clock {
    pub(super) fn new(worker: &Worker, epoch: Epoch, on_timer: impl Fn() + 'static) -> Self {
        Self {
            epoch,
            alarm: RefCell::default(),
            timer: Timer::new(worker, on_timer),
        }
    }

    pub(super) fn now(&self) -> Time {
        self.epoch.now()
    }

    /// The timer fired; whether deadlines count now. If not, it is armed again.
    pub(super) fn has_rung(&self) -> bool {
        match self.alarm.borrow_mut().ring(self.now()) {
            Ring::Now => true,
            Ring::After(wait) => {
                self.timer.arm(wait);
                false
            }
        }
    }

    /// Has the timer fire at a time, or before.
    pub(super) fn set(&self, at: Time) {
        if self.alarm.borrow_mut().set(at) {
            // Rounded up: too early would only mean to fire twice.
            let wait = at.since(self.now()) + Duration::from_millis(1);
            self.timer.arm(wait);
        }
    }

    /// The timer does not fire any more.
    pub(super) fn stop(&self) {
        self.timer.disarm();
    }
}
