//! What a driver is given by whoever makes it.

use std::rc::{Rc, Weak};

use memcached_core::lookup::ServerId;
use memcached_core::protocol::Pin;

use super::Driver;
use super::events::Strangers;
use crate::client::part::Part;
use crate::client::reading::ReadBuffers;
use crate::host::Worker;

/// Whoever made a driver.
pub(in crate::client) trait Owner {
    /// The driver has done what was to be done; outcomes may have been handed
    /// out.
    fn worked(&self);

    /// A connection of a driver is over.
    fn connection_ended(&self, driver: &Driver, pin: Pin);

    /// A server answers again that was down, or failed.
    fn came_back(&self, server: ServerId);
}

/// What a driver works with.
pub(in crate::client) struct Surroundings {
    pub(in crate::client) worker: Worker,
    pub(in crate::client) buffers: Rc<ReadBuffers>,
    pub(in crate::client) owner: Weak<dyn Owner>,
    pub(in crate::client) counted: Part,
    /// Of a server that only scripts name.
    pub(in crate::client) strangers: Option<Rc<Strangers>>,
}
