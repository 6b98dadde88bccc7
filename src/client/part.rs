//! Where one driver publishes what its server counts.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use memcached_core::server::{Fault, Server, Stats, Types};

use super::slot::ServerSlot;

/// Where one driver publishes what its server counts. A script can name any number of
/// servers, so those have one slot together, to which each adds.
#[derive(Debug)]
pub(super) struct Part {
    slot: RefCell<Arc<ServerSlot>>,
    /// What it has added, if it shares the slot.
    added: Cell<Option<Stats>>,
}

impl Part {
    /// Of a server that has counted nothing yet, in a slot of its own.
    pub(super) const fn own(slot: Arc<ServerSlot>) -> Self {
        Self {
            slot: RefCell::new(slot),
            added: Cell::new(None),
        }
    }

    /// Likewise, in a slot that it shares.
    pub(super) fn shared(slot: Arc<ServerSlot>) -> Self {
        Self {
            slot: RefCell::new(slot),
            added: Cell::new(Some(Stats::default())),
        }
    }

    /// The server has a slot of its own from now on.
    pub(super) fn move_to(&self, slot: Arc<ServerSlot>) {
        let shared = self.slot.replace(slot);
        let added = self.added.take().unwrap_or_default();
        shared.add(&Stats::default(), &added);
        self.slot.borrow().store(&added, false);
    }

    /// Publishes what the server has counted.
    pub(super) fn update<T: Types>(&self, server: &Server<T>) {
        let slot = self.slot.borrow();
        match self.added.get() {
            None => slot.store(server.stats(), server.is_down()),
            Some(before) => {
                slot.add(server.stats(), &before);
                self.added.set(Some(*server.stats()));
            }
        }
    }

    /// A connection has failed.
    pub(super) fn failed(&self, fault: &Fault, is_down: bool) {
        if self.added.get().is_none() {
            self.slot.borrow().failed(fault.to_string(), is_down);
        }
    }

    /// The server has recovered.
    pub(super) fn recovered(&self) {
        if self.added.get().is_none() {
            self.slot.borrow().recovered();
        }
    }
}
