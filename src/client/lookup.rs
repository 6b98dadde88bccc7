//! What a lookup came to, and the end that its asker holds.

use std::rc::Rc;

use memcached_core::connection::{Failure, Outcome};
use memcached_core::joining::AskerId;
use memcached_core::protocol::{Reply, Value};

use super::server::ServerDriver;
use crate::host::BufferSlice;

/// What a lookup came to.
#[derive(Clone)]
pub enum Found {
    /// The item's value.
    Hit(Value<BufferSlice>),
    /// There is no such item, or memcached refused with words of its own.
    Miss,
    /// memcached could not be asked.
    Failed(Failure),
}

impl From<Outcome<BufferSlice>> for Found {
    fn from(outcome: Outcome<BufferSlice>) -> Self {
        match outcome {
            Outcome::Reply(Reply::Values(found)) => {
                let value = found.into_iter().next();
                value.map_or(Self::Miss, |(_, value)| Self::Hit(value))
            }
            Outcome::Reply(
                Reply::Status(_)
                | Reply::Number(_)
                | Reply::NotCountable(_)
                | Reply::ServerError(_),
            ) => Self::Miss,
            Outcome::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// The end of the one who asked. Dropping it cancels the lookup, unless others
/// wait for the same answer.
pub struct LookupHandle {
    server: Rc<ServerDriver>,
    asker: AskerId,
}

impl LookupHandle {
    pub(super) const fn new(server: Rc<ServerDriver>, asker: AskerId) -> Self {
        Self { server, asker }
    }

    /// The result, once; `None` while it is not there.
    pub fn poll(&self) -> Option<Found> {
        self.server.take_lookup(self.asker)
    }
}

impl Drop for LookupHandle {
    fn drop(&mut self) {
        self.server.leave_lookup(self.asker);
    }
}
