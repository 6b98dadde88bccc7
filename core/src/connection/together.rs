//! Lookups that are sent as one command: how many, their keys, their replies.

use core::fmt;

use super::request::Queue;
use crate::protocol::{Data, FoundValues, Key, KeyList, Reply};

/// So many lookups that wait are sent as one command at most: memcached then
/// looks up and answers all of them at a fifth of the cost. More would make the
/// first wait for the last without being much cheaper.
const MAX: usize = 16;

/// Bytes of the keys in one command: memcached looks twice at longer lines.
pub(super) const KEY_BYTES: usize = 1000;

/// Values of one command that are larger than this in all are not worth it: the
/// time that they take hides what is saved, and one that is slow to come holds
/// all the others.
const LARGE: u64 = 64 * 1024;

/// So many lookups may be sent as one command now: more after each good and
/// small reply, few after large ones, one on a new connection.
#[derive(Debug)]
pub(super) struct Limit(usize);

impl Default for Limit {
    fn default() -> Self {
        Self(1)
    }
}

impl Limit {
    pub const fn get(&self) -> usize {
        self.0
    }

    pub fn learn_from<P>(&mut self, reply: &Reply<P>) {
        let bytes = match reply {
            Reply::Values(values) => values.iter().map(|(_, value)| value.len).sum(),
            Reply::Status(_)
            | Reply::Number(_)
            | Reply::NotCountable(_)
            | Reply::ServerError(_) => 0,
        };
        self.0 = if bytes > LARGE {
            (self.0 / 4).max(1)
        } else {
            (self.0 * 2).min(MAX)
        };
    }
}

/// The keys of the oldest command that was sent.
pub(super) struct Keys<'a, T, D>(pub &'a Queue<T, D>);

impl<T, D: Data> KeyList for Keys<'_, T, D> {
    fn count(&self) -> usize {
        self.0.front().map_or(0, |head| head.together)
    }

    fn at(&self, position: usize) -> Option<&Key> {
        self.0.get(position)?.command.batch_key()
    }
}

impl<T, D: Data> fmt::Debug for Keys<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.count())
    }
}

/// The replies to so many lookups, in their order, of the one to all.
pub(super) fn split<P>(reply: Reply<P>, count: usize) -> impl Iterator<Item = Reply<P>> {
    let (mut found, error) = match reply {
        Reply::Values(found) => (found, None),
        Reply::ServerError(text) => (FoundValues::new(), Some(text)),
        // The parser gives no other reply to lookups.
        Reply::Status(_) | Reply::Number(_) | Reply::NotCountable(_) => (FoundValues::new(), None),
    };
    (0..count).map(move |at| {
        let value = found.iter().position(|(of, _)| *of == at);
        match (value, &error) {
            (Some(place), _) => {
                let (_, value) = found.swap_remove(place);
                Reply::Values(FoundValues::from_iter([(0, value)]))
            }
            (None, Some(text)) => Reply::ServerError(text.clone()),
            (None, None) => Reply::Values(FoundValues::new()),
        }
    })
}
