//! What the core tells: outcomes for their askers, troubles for the log.

use memcached_core::protocol::Reply;
use memcached_core::server::{Event, Outcome};

use super::{Asker, ServerDriver};
use crate::host::{BufferSlice, Level, Waker};

impl ServerDriver {
    /// Whether a request was among them that is done with.
    pub(super) fn hand_out_events(&self) -> bool {
        let mut woken = false;
        loop {
            let event = self.core.borrow_mut().poll_event();
            match event {
                Some(Event::Done { token, outcome }) => {
                    self.done(token, outcome);
                    woken = true;
                }
                Some(Event::Fault {
                    fault, now_down, ..
                }) => self.trouble(now_down, || {
                    let state = if now_down {
                        "; it counts as down now"
                    } else {
                        ""
                    };
                    format!("{fault}{state}")
                }),
                Some(Event::Recovered { failing_for }) => {
                    let secs = failing_for.as_secs_f64();
                    let text =
                        || format!("memcached {}: works again after {secs:.1} s", self.address);
                    self.reporter.borrow_mut().recovery(text);
                    self.report();
                }
                None => return woken,
            }
        }
    }

    pub(super) fn done(&self, asker: Asker, outcome: Outcome<BufferSlice>) {
        match asker {
            Asker::Lookup(group) => {
                if let Outcome::Reply(Reply::ServerError(text)) = &outcome {
                    self.trouble(false, || format!("not looked up: {text}"));
                }
                let tell = |waker: Waker| waker.wake();
                self.lookups
                    .borrow_mut()
                    .answer(group, outcome.into(), tell);
            }
            Asker::Other(asker) => asker.settle(outcome),
            Asker::Store => {
                if let Outcome::Reply(Reply::ServerError(text)) = outcome {
                    self.trouble(false, || format!("not stored: {text}"));
                }
            }
        }
    }

    pub(super) fn trouble(&self, grave: bool, text: impl FnOnce() -> String) {
        let now = self.now();
        let mut reporter = self.reporter.borrow_mut();
        reporter.trouble(now, grave, || {
            format!("memcached {}: {}", self.address, text())
        });
        drop(reporter);
        self.report();
    }

    pub(super) fn report(&self) {
        let report = self.reporter.borrow_mut().poll(self.now());
        if let Some(report) = report {
            let level = if report.trouble {
                Level::Error
            } else {
                Level::Warning
            };
            self.worker.log(level, &report.to_string());
        }
    }
}
