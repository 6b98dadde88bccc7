//! What two actions were found to agree on, which each store asks.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::client::ActionId;

/// The action with which this one was found to agree last. What the configuration says does not
/// change.
#[derive(Default)]
pub(super) struct Agreed(AtomicUsize);

impl Agreed {
    /// Whether it agrees with another, which is asked where it is not known.
    pub(super) fn with(&self, other: ActionId, ask: impl FnOnce() -> bool) -> bool {
        let number = other.number();
        if self.0.load(Ordering::Relaxed) == number {
            return true;
        }
        let agrees = ask();
        if agrees {
            self.0.store(number, Ordering::Relaxed);
        }
        agrees
    }
}
