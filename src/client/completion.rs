//! What travels with a request and brings its outcome back.

use std::rc::Rc;

use memcached_core::server::{Failure, Outcome, Types};

use crate::host::BufferSlice;

/// Whoever wants to know the outcome of a request.
pub(crate) trait Complete {
    /// The outcome is there. This is called while a driver works: what is done
    /// here is to keep the outcome and to see that somebody looks at it later.
    /// No request may be submitted or cancelled from here.
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>);
}

/// The right to one outcome. If it is dropped, whatever happened, the outcome
/// is that the request was lost.
pub(crate) struct Completion(Option<Rc<dyn Complete>>);

impl Completion {
    pub(crate) fn new(to: Rc<dyn Complete>) -> Self {
        Self(Some(to))
    }

    /// Passes the outcome on.
    pub(crate) fn complete(mut self, outcome: Outcome<BufferSlice>) {
        if let Some(to) = self.0.take() {
            to.complete(outcome);
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(to) = self.0.take() {
            to.complete(Outcome::Failed(Failure::Lost));
        }
    }
}

/// The types that the core's servers work with.
pub(crate) enum Requests {}

impl Types for Requests {
    type Token = Completion;
    type Piece = BufferSlice;
    type Data = Vec<u8>;
}
