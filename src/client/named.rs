//! The actions of the configuration, by the names that their figures have.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use memcached_core::pool::Pool;

use super::address::Address;

/// Names an action of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionId(pub(super) usize);

impl ActionId {
    /// Of this action alone, from 1.
    pub(crate) fn number(self) -> usize {
        self.0 + 1
    }
}

/// An action whose figures are shown.
pub(super) struct NamedAction {
    /// What the configuration calls such an action.
    pub(super) action: &'static CStr,
    pub(super) name: String,
    pub(super) pool: Arc<Pool<Address>>,
}

/// The configuration is read once, before what the workers share is made, so this
/// belongs to the process as they do.
static ACTIONS: Mutex<Vec<Arc<NamedAction>>> = Mutex::new(Vec::new());

static HISTORY_IS_WANTED: AtomicBool = AtomicBool::new(false);

/// Takes an action in.
pub(crate) fn name_action(
    action: &'static CStr,
    name: String,
    pool: Arc<Pool<Address>>,
) -> ActionId {
    // A list is whole even if somebody panicked while it was locked.
    let mut actions = ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    actions.push(Arc::new(NamedAction { action, name, pool }));
    ActionId(actions.len() - 1)
}

/// Figures of the last minutes are to be kept.
pub(crate) fn want_history() {
    HISTORY_IS_WANTED.store(true, Ordering::Relaxed);
}

pub(super) fn history_is_wanted() -> bool {
    HISTORY_IS_WANTED.load(Ordering::Relaxed)
}

/// All actions, in the order of their numbers.
pub(super) fn all_actions() -> Vec<Arc<NamedAction>> {
    let actions = ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    actions.clone()
}
