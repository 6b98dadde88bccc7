//! Purges, hard and soft.

use super::network::For;
use super::worker::{STORES, TIMEOUT};
use super::world::{Scenario, World};
use crate::lookup::ServerId;
use crate::protocol::{Command, Delete, MetaDelete, MetaState, Reply, Status};
use crate::server::Outcome;

impl World {
    pub(super) fn purge(&mut self, at: usize) {
        self.note(|| format!("w{at} purges"));
        self.content += 1;
        let key = self.key.clone();
        let delete = Command::Delete(Delete {
            key,
            may_repeat: true,
        });
        self.changed(at);
        let who = For::Purge(self.content - 1);
        self.send(at, STORES, delete, who, TIMEOUT);
    }

    fn changed(&mut self, at: usize) {
        let worker = &mut self.workers[at];
        worker.lookups.changed(ServerId(0), &self.key);
        worker.leases.changed(self.now, ServerId(0), &self.key);
    }

    pub(super) fn purged(&mut self, at: usize, content: u64, outcome: &Outcome<Vec<u8>>) {
        self.changed(at);
        if matches!(outcome, Outcome::Reply(_)) {
            self.floor = self.floor.max(content);
            self.note(|| format!("purged: up to content {content}"));
        }
    }

    pub(super) fn softly_purge(&mut self, at: usize, tries: u32) {
        let key = self.key.clone();
        self.changed(at);
        if matches!(self.scenario, Scenario::Classic | Scenario::Unlocked) {
            return;
        }
        let (command, who) = if tries < 3 {
            let refresh_below = None;
            let read = MetaState { key, refresh_below };
            (Command::MetaState(read), For::SoftRead(tries))
        } else {
            let may_repeat = true;
            (Command::Delete(Delete { key, may_repeat }), For::Purge(0))
        };
        self.send(at, STORES, command, who, TIMEOUT);
    }

    pub(super) fn read_softly(&mut self, at: usize, tries: u32, outcome: &Outcome<Vec<u8>>) {
        let Outcome::Reply(Reply::State(Some(state))) = outcome else {
            return;
        };
        let command = Command::MetaDelete(MetaDelete {
            key: self.key.clone(),
            version: (state.len > 0).then_some(state.marks.version),
            invalidate: state.len > 0,
            ttl: state
                .marks
                .ttl_left
                .filter(|_| state.len > 0)
                .map(|left| left.min(8)),
        });
        self.send(at, STORES, command, For::Soft(tries), TIMEOUT);
    }

    pub(super) fn softly_purged(&mut self, at: usize, tries: u32, outcome: &Outcome<Vec<u8>>) {
        self.changed(at);
        if let Outcome::Reply(Reply::Status(Status::Exists)) = outcome {
            self.softly_purge(at, tries + 1);
        }
    }
}
