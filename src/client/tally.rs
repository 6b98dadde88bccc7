//! Counts of an action for those who outlive a call.

use std::sync::Arc;

use memcached_core::metrics::ActionCount;

use super::slot::ActionSlot;

/// Counts what one worker does for one action. It is used on that worker's thread alone.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    slot: Option<Arc<ActionSlot>>,
    /// Others than the worker must not count.
    _of_one_thread: std::marker::PhantomData<*const ()>,
}

impl Tally {
    pub(super) const fn new(slot: Option<Arc<ActionSlot>>) -> Self {
        Self {
            slot,
            _of_one_thread: std::marker::PhantomData,
        }
    }

    /// Counts something.
    pub(crate) fn count(&self, what: ActionCount) {
        if let Some(slot) = &self.slot {
            slot.add(what.index(), 1);
        }
    }
}
