//! Keys that wait for the count of their namespace.

use std::task::Poll;
use std::time::Duration;

use memcached_core::namespace::{Count, Unreadable};
use memcached_core::policy::Bypass;
use memcached_core::policy::identity::CodingSet;
use memcached_core::protocol::Key;

use super::keys::Keyed;
use super::memcached::Request;
use crate::client::CountHandle;

/// A key, as far as it can be told.
pub(super) enum Made {
    /// It is there.
    Key(Keyed),
    /// The count of its namespace is being read; the request is woken.
    Counting(Box<Unfinished>),
}

/// A key that lacks its count.
pub(in crate::plugin) struct Unfinished {
    pub(super) text: Vec<u8>,
    pub(super) accepted: Option<CodingSet>,
    pub(super) count: CountHandle,
}

impl Unfinished {
    /// The key, once the count is there.
    pub(super) fn poll(&self, vr: &Request<'_>) -> Poll<Result<Keyed, Bypass>> {
        let count = self.count.poll(|| vr.waker());
        count.map(|count| keyed(count, &mut self.text.clone(), self.accepted))
    }

    /// What is left of the request's time for memcached.
    pub(super) fn time_left(&self) -> Duration {
        self.count.time_left()
    }
}

/// The key with this text in a namespace.
///
/// # Errors
/// The count cannot be read.
pub(super) fn keyed(
    count: Result<Count, Unreadable>,
    text: &mut Vec<u8>,
    accepted: Option<CodingSet>,
) -> Result<Keyed, Bypass> {
    count.map_err(|_| Bypass::Namespace)?.prefix(text);
    let key = Key::hashing(text);
    Ok(Keyed { key, accepted })
}
