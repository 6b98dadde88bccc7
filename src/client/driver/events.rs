//! What a server's events become: outcomes for their completions, lines in the
//! log.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use memcached_core::line_limit::{LeftOut, LineLimit};
use memcached_core::protocol::{Pin, Reply, Status};
use memcached_core::server::{Event, Fault, LogLimit, Outcome, Server, Slow, Stats, Unclaimed};
use memcached_core::time::Time;

use crate::client::Address;
use crate::client::completion::{Complete, Requests};
use crate::client::epoch::Epoch;
use crate::host::{BufferSlice, Level, Worker};

/// Between two lines about servers that only scripts name, which may be tens of
/// thousands.
const BETWEEN_STRANGERS: Duration = Duration::from_millis(100);

/// Limits the lines about all servers of a worker that only scripts name.
pub(crate) struct Strangers {
    limit: LineLimit,
    epoch: Epoch,
}

impl Strangers {
    pub(crate) fn new() -> Self {
        Self {
            limit: LineLimit::new(BETWEEN_STRANGERS),
            epoch: Epoch::new(),
        }
    }

    fn pass(&self) -> Option<LeftOut> {
        self.limit.pass(self.epoch.now())
    }
}

/// The log lines about one server, limited as the core says.
pub(crate) struct ServerLog {
    worker: Worker,
    address: Address,
    epoch: Epoch,
    limit: RefCell<LogLimit>,
    /// Of a server that the configuration does not name.
    strangers: Option<Rc<Strangers>>,
}

impl ServerLog {
    pub(super) fn new(
        worker: Worker,
        address: Address,
        epoch: Epoch,
        strangers: Option<Rc<Strangers>>,
    ) -> Self {
        Self {
            worker,
            address,
            epoch,
            limit: RefCell::default(),
            strangers,
        }
    }

    /// Something is wrong, but does not make the server count as down.
    pub(crate) fn trouble(&self, text: impl FnOnce() -> String) {
        self.log(false, text);
    }

    /// As [`trouble`](Self::trouble); what is `grave` is logged in any case.
    fn log(&self, grave: bool, text: impl FnOnce() -> String) {
        let now = self.epoch.now();
        let line = || format!("memcached {}: {}", self.address, text());
        self.limit.borrow_mut().trouble(now, grave, line);
        self.write(now);
    }

    /// What may be the reason for a fault of a server that takes connections, but has never
    /// said anything on them.
    fn hint(&self, fault: &Fault, stats: &Stats) -> &'static str {
        /// In TLS that it does not like what it is sent takes so many bytes.
        const ALERT: u64 = 7;
        let is_made = !matches!(fault, Fault::ConnectTimeout(_) | Fault::HandshakeTimeout(_));
        let is_mute = stats.opened > 0 && stats.bytes_read <= ALERT;
        if is_made && is_mute && !self.address.is_secured() {
            " (if it wants TLS, it needs \"tls\" => true)"
        } else {
            ""
        }
    }

    /// Writes the line that is due, if one is.
    pub(super) fn write(&self, now: Time) {
        let line = self.limit.borrow_mut().poll(now);
        if let Some(line) = line {
            let level = if line.trouble {
                Level::Error
            } else {
                Level::Warning
            };
            self.pass_on(level, &line.to_string());
        }
    }

    /// It answers, but slowly. The core lets this be told once a minute.
    fn slow(&self, slow: &Slow) {
        let Slow {
            slow,
            answers,
            limit,
        } = slow;
        let (address, limit) = (&self.address, limit.as_millis());
        let percent = u64::from(*slow) * 100 / u64::from((*answers).max(1));
        let line = format!(
            "memcached {address}: {percent} % of the last {answers} answers took more than half of \
             \"timeout_ms\" => {limit}, and requests wait for them"
        );
        self.pass_on(Level::Warning, &line);
    }

    /// Writes a line, unless too many servers have too much to say.
    fn pass_on(&self, level: Level, line: &str) {
        let left_out = match &self.strangers {
            None => LeftOut::default(),
            Some(strangers) => match strangers.pass() {
                None => return,
                Some(left_out) => left_out,
            },
        };
        self.worker.log(level, &format!("{line}{left_out}"));
    }

    /// When a line that waits will be due.
    pub(super) fn due_at(&self) -> Option<Time> {
        self.limit.borrow().poll_timeout()
    }

    /// The driver is not used any more.
    pub(super) fn abandoned(&self) {
        let text = format!(
            "memcached {}: not used any more after an internal error",
            self.address
        );
        self.worker.log(Level::Error, &text);
    }

    /// Hands out what happened; whether a request was among it. `release` gives back
    /// what was won by nobody; `ended` is told of connections that are over, `failed`
    /// of those that failed and whether the server counts as down since, `recovered` of the first good reply after failures.
    pub(super) fn hand_out(
        &self,
        core: &RefCell<Server<Requests>>,
        release: impl Fn(&Unclaimed),
        ended: impl Fn(Pin),
        failed: impl Fn(&Fault, bool),
        recovered: impl Fn(),
    ) -> bool {
        let mut completed = false;
        loop {
            let event = core.borrow_mut().poll_event();
            match event {
                Some(Event::Done { token, outcome }) => {
                    token.complete(outcome);
                    completed = true;
                }
                Some(Event::Fault {
                    fault, now_down, ..
                }) => {
                    failed(&fault, now_down);
                    let hint = self.hint(&fault, core.borrow().stats());
                    self.log(now_down, || {
                        let state = if now_down {
                            "; it counts as down now"
                        } else {
                            ""
                        };
                        format!("{fault}{state}{hint}")
                    });
                }
                Some(Event::Ended(pin)) => ended(pin),
                Some(Event::Slow(slow)) => self.slow(&slow),
                Some(Event::Unclaimed(unclaimed)) => release(&unclaimed),
                Some(Event::Recovered { failing_for }) => {
                    let secs = failing_for.as_secs_f64();
                    let text =
                        || format!("memcached {}: works again after {secs:.1} s", self.address);
                    self.limit.borrow_mut().recovery(text);
                    self.write(self.epoch.now());
                    recovered();
                }
                None => return completed,
            }
        }
    }
}

/// Completes requests that nobody waits for: the words with which the server
/// refused one are logged.
pub(super) struct Unattended(pub(super) Rc<ServerLog>);

impl Complete for Unattended {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        match outcome {
            Outcome::Reply(Reply::ServerError(text)) => {
                self.0.trouble(|| format!("not stored: {text}"));
            }
            Outcome::Reply(Reply::Status(Status::NotStored)) => {
                self.0.trouble(|| "not stored: NOT_STORED".into());
            }
            Outcome::Reply(_) | Outcome::Failed(_) => {}
        }
    }
}
