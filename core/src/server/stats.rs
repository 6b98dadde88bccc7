//! What was counted, for whoever publishes it.

use core::ops::{Index, IndexMut};

use super::error::Failure;
use crate::protocol::{Found, Reply, ReplyForm, ValueLines};

/// Counters of one server since it was made. Plain integers: the server belongs
/// to one thread, which copies them to where others can read.
///
/// Of the requests accepted, each is a reply, a failure, cancelled, or not
/// complete yet: `requests = replies + failed + cancelled + pending`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests accepted.
    pub requests: u64,
    /// Requests refused at once, by reason.
    pub refused: FailureCounts,
    /// Accepted requests that failed, by reason.
    pub failed: FailureCounts,
    /// Accepted requests that were cancelled before they were complete.
    pub cancelled: u64,
    /// Accepted requests that got a reply.
    pub replies: u64,
    /// Keys that were asked for and had an item.
    pub hits: u64,
    /// Keys that were asked for and had none, according to the server.
    pub misses: u64,
    /// Keys that were asked for and had an item longer than was asked for.
    pub too_large: u64,
    /// Replies of `SERVER_ERROR`, one per command.
    pub server_errors: u64,
    /// Commands sent: fewer than the requests where lookups are batched, more
    /// where requests are sent once more after a lost connection.
    pub commands: u64,
    /// Questions of the connections' own, sent to learn whether the server
    /// answers; in addition to `commands`.
    pub probes: u64,
    /// Attempts to connect.
    pub connects: u64,
    /// Connections that ended badly, or could not be made.
    pub faults: u64,
    /// Bytes received.
    pub bytes_read: u64,
    /// Bytes that the operating system took.
    pub bytes_written: u64,
}

impl Stats {
    /// A reply came, of the form that was expected.
    pub(super) fn count_reply<P>(&mut self, reply: &Reply<P>, form: ReplyForm<'_>) {
        match reply {
            Reply::Values(values) => {
                let (keys, is_meta) = match form {
                    ReplyForm::Values { keys, lines, .. } => {
                        (keys.count(), lines == ValueLines::Meta)
                    }
                    ReplyForm::Status(_)
                    | ReplyForm::Number
                    | ReplyForm::Version
                    | ReplyForm::MetaStatus { .. }
                    | ReplyForm::MetaState(_)
                    | ReplyForm::MetaNoop => (0, false),
                };
                let before = self.hits + self.too_large;
                for (_, found) in values {
                    match found {
                        Found::TooLarge { .. } => self.too_large += 1,
                        // A lookup that may win makes an empty item where there was none.
                        Found::Value(value) => self.hits += u64::from(!is_meta || value.len > 0),
                    }
                }
                let found = self.hits + self.too_large - before;
                self.misses += (keys as u64).saturating_sub(found);
            }
            Reply::ServerError(_) => self.server_errors += 1,
            Reply::Status(_)
            | Reply::Number(_)
            | Reply::NotCountable(_)
            | Reply::Version(_)
            | Reply::StoredAs(_)
            | Reply::State(_)
            | Reply::MetaNoop => {}
        }
    }
}

/// A counter for each [`Failure`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureCounts([u64; Failure::COUNT]);

impl FailureCounts {
    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Index<Failure> for FailureCounts {
    type Output = u64;

    fn index(&self, failure: Failure) -> &u64 {
        &self.0[failure as usize]
    }
}

impl IndexMut<Failure> for FailureCounts {
    fn index_mut(&mut self, failure: Failure) -> &mut u64 {
        &mut self.0[failure as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Key, Pieces, Value};

    #[test]
    fn keys_with_and_without_an_item_are_counted() {
        let keys = ["a", "b", "c"].map(|key| Key::new(key.as_bytes()).unwrap());
        let form = ReplyForm::Values {
            keys: &keys,
            lines: ValueLines::Plain,
            max_value: u64::MAX,
        };
        let value = Found::Value(Value {
            flags: 0,
            marks: None,
            len: 0,
            pieces: Pieces::default(),
        });
        let mut stats = Stats::default();
        stats.count_reply::<()>(&Reply::Values([(1, value)].into_iter().collect()), form);
        assert_eq!((stats.hits, stats.misses), (1, 2));
        stats.count_reply::<()>(&Reply::ServerError("x".into()), form);
        stats.count_reply::<()>(&Reply::Number(7), ReplyForm::Number);
        assert_eq!((stats.hits, stats.misses, stats.server_errors), (1, 2, 1));
    }

    #[test]
    fn an_empty_item_that_a_lookup_may_have_made_is_none() {
        let keys = ["a", "b", "c"].map(|key| Key::new(key.as_bytes()).unwrap());
        let form = ReplyForm::Values {
            keys: &keys,
            lines: ValueLines::Meta,
            max_value: 2,
        };
        let value = |len| {
            let (flags, marks, pieces) = (0, None, Pieces::default());
            Found::Value(Value {
                flags,
                marks,
                len,
                pieces,
            })
        };
        let large = Found::TooLarge {
            len: 3,
            marks: None,
        };
        let values = [(0, value(0)), (1, value(2)), (2, large)];
        let mut stats = Stats::default();
        stats.count_reply::<()>(&Reply::Values(values.into_iter().collect()), form);
        assert_eq!((stats.hits, stats.misses, stats.too_large), (1, 1, 1));
    }

    #[test]
    fn failures_are_counted_by_kind() {
        let mut counts = FailureCounts::default();
        for failure in Failure::ALL {
            counts[failure] += failure as u64;
        }
        assert_eq!(counts[Failure::Shutdown], 7);
        assert_eq!(counts.total(), 36);
    }
}
