//! Operations: those to be sent, and those on their way.

use std::collections::{HashMap, VecDeque};

use super::op::{Op, OpId};
use super::run::RunId;
use super::visit::VisitId;
use crate::lookup::coalesce::{ServerId, Target};
use crate::lookup::place::Place;
use crate::protocol::{Command, MetaNoop};
use crate::time::Time;

/// What an operation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What the server understands.
    Detect(ServerId),
    /// Whether a request is to make its page.
    Ask(Asked),
    /// The lock of a run is to last.
    Renew(RunId),
    /// What a run has made is stored, with which it ends.
    Store(RunId),
    /// A run ends otherwise.
    Finish(RunId),
    /// The run of another is ended.
    TakeOver(Place),
    /// Something is given back that nobody waits for.
    GiveBack,
}

/// Who asks whether to make which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) place: Place,
    pub(super) visit: VisitId,
    pub(super) target: Target,
    /// When that was asked.
    pub(super) at: Time,
}

/// Operations of all kinds.
#[derive(Debug, Default)]
pub(super) struct Ops {
    queue: VecDeque<Op>,
    pending: HashMap<OpId, Purpose>,
    serial: u64,
}

impl Ops {
    /// Queues an operation; `make` gets its name.
    pub(super) fn push(&mut self, purpose: Purpose, make: impl FnOnce(OpId) -> Op) {
        self.serial += 1;
        let id = OpId(self.serial);
        self.pending.insert(id, purpose);
        self.queue.push_back(make(id));
    }

    /// Asks what a server understands.
    pub(super) fn detect(&mut self, target: Target) {
        self.push(Purpose::Detect(target.server), |id| Op {
            id,
            server: target.server,
            driver: target.driver,
            timeout: target.timeout,
            pin: None,
            is_store: false,
            command: Command::MetaNoop(MetaNoop),
        });
    }

    pub(super) fn pop(&mut self) -> Option<Op> {
        self.queue.pop_front()
    }

    pub(super) fn purpose(&self, id: OpId) -> Option<&Purpose> {
        self.pending.get(&id)
    }

    /// What an operation was for whose outcome is there.
    pub(super) fn finish(&mut self, id: OpId) -> Option<Purpose> {
        self.pending.remove(&id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}
