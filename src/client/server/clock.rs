//! The one timer of a server.

use std::time::Duration;

use memcached_core::connection::Time;
use memcached_core::protocol::Lane;

use super::{Entered, ServerDriver};
use crate::host::panic_point;

/// A timer that fires so late tells that the worker was held up, by a script
/// for example. Then answers may be there that it could not read, and requests
/// that it could not send, and no server is to blame.
const HELD_UP: Duration = Duration::from_millis(20);

/// As long as it was late, but not longer than this, the worker may look after
/// them before time-outs count; once, since a machine that is too slow for
/// everything must not wait the longer for it.
const REPRIEVE_MAX: Duration = Duration::from_millis(200);

impl ServerDriver {
    pub(super) fn now(&self) -> Time {
        let micros = self.started.elapsed().as_micros();
        Time::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    pub(super) fn on_timer(&self) {
        if self.given_up.get() {
            return;
        }
        let _entered = Entered(self);
        panic_point("driver-timer");
        let now = self.now();
        let late = self
            .timer_at
            .take()
            .map_or(Duration::ZERO, |at| now.since(at));
        if late > HELD_UP && !self.reprieved.replace(true) {
            let reprieve = late.min(REPRIEVE_MAX);
            self.timer_at.set(Some(now + reprieve));
            self.timer.arm(reprieve);
            return;
        }
        self.reprieved.set(false);
        // It may be the worker that was late, while the answer lies there.
        for lane in Lane::ALL {
            if let Some(connection) = self.connection(lane)
                && !connection.connecting.get()
            {
                self.read(lane, &connection);
            }
        }
        self.core.borrow_mut().handle_timeout(self.now());
        self.report();
        self.follow_up();
    }

    /// One timer for everything; it is moved only to fire earlier.
    pub(super) fn set_timer(&self) {
        let report_at = self.reporter.borrow().poll_timeout();
        let core_at = self.core.borrow().poll_timeout();
        let Some(at) = [report_at, core_at].into_iter().flatten().min() else {
            return;
        };
        if self.reprieved.get() || self.timer_at.get().is_some_and(|armed| armed <= at) {
            return;
        }
        self.timer_at.set(Some(at));
        // Rounded up: too early would only mean to be woken twice.
        let wait = at.since(self.now()) + Duration::from_millis(1);
        self.timer.arm(wait);
    }
}
