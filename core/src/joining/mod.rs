//! Lookups of one key that are under way at the same time share one request.
//!
//! [`Joining`] knows which askers wait for which request; it sends nothing. Its
//! user submits the request of a *group* when [`Joining::ask`] says that the
//! asker is the first, and brings the one answer, of which every asker takes a
//! clone.
//!
//! Invariants:
//! - An asker is given the answer of a request that was submitted after the last
//!   [`Joining::changed`] of its key that came before the asker.
//! - An asker is never joined to a request that may take longer than its own
//!   would: both have the same timeout, and the request has begun already.
//! - A group exists while somebody wants its answer. Nobody can be joined to a
//!   group that has its answer.
//! - The name of a group or asker that is no more does not mean another one
//!   (short of 2^32 groups in one slot).

mod groups;

use core::hash::BuildHasher;
use core::time::Duration;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::protocol::Key;
use crate::server::RequestId;
use groups::Groups;

pub use groups::{AskerId, GroupId};

/// What became of [`Joining::ask`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The answer to a request that is under way will do.
    Joined(AskerId),
    /// A request has to be submitted for the group; then call
    /// [`Joining::submitted`], or [`Joining::leave`] if that was refused.
    First(AskerId, GroupId),
}

/// What an asker finds when it looks for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken<O> {
    /// It is not there yet.
    NotYet,
    /// The answer, given once.
    Answer(O),
    /// There is no such asker.
    Unknown,
}

/// The askers of one server: `A` is what it takes to reach one, `O` the answer.
#[derive(Debug)]
pub struct Joining<A, O> {
    groups: Groups<A, O>,
    /// Groups that can be joined, by their key.
    joinable: HashTable<GroupId>,
    /// Fast and seeded; it need not withstand more, for the table holds no more
    /// than what is under way.
    hasher: DefaultHashBuilder,
}

impl<A, O> Default for Joining<A, O> {
    fn default() -> Self {
        Self {
            groups: Groups::default(),
            joinable: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<A, O: Clone> Joining<A, O> {
    /// Somebody wants the item of a key.
    pub fn ask(&mut self, key: &Key, timeout: Duration, asker: A) -> Asked {
        let hash = self.hasher.hash_one(key);
        let groups = &mut self.groups;
        let entry = self.joinable.entry(
            hash,
            |&id| groups.listed(id).key == *key,
            |&id| groups.listed(id).hash,
        );
        let group = match entry {
            Entry::Occupied(mut entry) => {
                let id = *entry.get();
                if groups.listed(id).timeout == timeout {
                    return Asked::Joined(groups.seat(id, asker));
                }
                // The newer request takes the place of the older one.
                if let Some(older) = groups.get_mut(id) {
                    older.listed = false;
                }
                let id = groups.open(hash, key, timeout);
                *entry.get_mut() = id;
                id
            }
            Entry::Vacant(entry) => {
                let id = groups.open(hash, key, timeout);
                entry.insert(id);
                id
            }
        };
        if let Some(new) = groups.get_mut(group) {
            new.listed = true;
        }
        Asked::First(groups.seat(group, asker), group)
    }

    /// The request of a group was submitted under this name.
    pub fn submitted(&mut self, group: GroupId, request: RequestId) {
        if let Some(group) = self.groups.get_mut(group) {
            group.request = Some(request);
        }
    }

    /// The key's item is about to be changed: who asks from now on gets no
    /// answer to a request of before.
    pub fn changed(&mut self, key: &Key) {
        if self.joinable.is_empty() {
            return;
        }
        let hash = self.hasher.hash_one(key);
        let groups = &mut self.groups;
        let same = |&id: &GroupId| groups.listed(id).key == *key;
        if let Ok(entry) = self.joinable.find_entry(hash, same) {
            let (id, _) = entry.remove();
            if let Some(group) = groups.get_mut(id) {
                group.listed = false;
            }
        }
    }

    /// The answer for a group; `tell` is shown everybody who waits for it.
    pub fn answer(&mut self, group: GroupId, answer: O, tell: impl FnMut(A)) {
        self.unlist(group);
        if let Some(group) = self.groups.get_mut(group) {
            group.answer = Some(answer);
            group.tell(tell);
        }
    }

    /// Gives an asker its answer.
    pub fn take(&mut self, asker: AskerId) -> Taken<O> {
        let Some(group) = self.groups.get_mut(asker.group) else {
            return Taken::Unknown;
        };
        if group.is_waiting(asker) {
            return Taken::NotYet;
        }
        let answer = match group.empty_seat(asker) {
            None => None,
            Some(false) => group.answer.clone(),
            Some(true) => self.groups.close(asker.group),
        };
        answer.map_or(Taken::Unknown, Taken::Answer)
    }

    /// An asker does not want its answer any more. If nobody else does and it is
    /// not there yet, the name of the request to cancel is returned.
    pub fn leave(&mut self, asker: AskerId) -> Option<RequestId> {
        let group = self.groups.get_mut(asker.group)?;
        let request = group.request.filter(|_| group.answer.is_none());
        if !group.empty_seat(asker)? {
            return None;
        }
        self.unlist(asker.group);
        self.groups.close(asker.group);
        request
    }

    /// Everybody who waits, to be told that no answer will come.
    pub fn into_waiting(self) -> impl Iterator<Item = A> {
        self.groups.into_waiting()
    }

    fn unlist(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(id) else {
            return;
        };
        if std::mem::take(&mut group.listed)
            && let Ok(entry) = self.joinable.find_entry(group.hash, |&other| other == id)
        {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests;
