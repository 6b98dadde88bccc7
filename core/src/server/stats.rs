//! What was counted, for whoever publishes it.

use core::ops::{Index, IndexMut};

use super::error::Failure;
use super::latency::Latency;
use crate::protocol::{Command, Found, Reply, ReplyForm, Status, ValueLines};

/// Counters of one server since it was made. Plain integers: the server belongs
/// to one thread, which copies them to where others can read.
///
/// Of the requests accepted, each is a reply, a failure, cancelled, or not
/// complete yet: `requests = replies + failed + cancelled + pending`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Values that the server has stored: pages, and what locks and markers leave.
    pub stored: u64,
    /// Those that it has not, since their items are others by now or are there already.
    pub overtaken: u64,
    /// Those that it refused for reasons of its own.
    pub stores_refused: u64,
    /// Items that the server has deleted or marked as out of date.
    pub deleted: u64,
    /// Those that were to be deleted and were not there, or were others by then.
    pub not_deleted: u64,
    /// Attempts to connect.
    pub connects: u64,
    /// Connections that were made.
    pub opened: u64,
    /// Those among them that have ended.
    pub closed: u64,
    /// Connections that ended badly, or could not be made.
    pub faults: u64,
    /// Bytes received.
    pub bytes_read: u64,
    /// Bytes that the operating system took.
    pub bytes_written: u64,
    /// How long commands took to be answered, once they were sent.
    pub latency: Latency,
}

/// Calls a macro with the names of all counters that stand alone.
macro_rules! single_counters {
    ($with:ident) => {
        $with!(
            requests,
            cancelled,
            replies,
            hits,
            misses,
            too_large,
            server_errors,
            commands,
            probes,
            stored,
            overtaken,
            stores_refused,
            deleted,
            not_deleted,
            connects,
            opened,
            closed,
            faults,
            bytes_read,
            bytes_written
        )
    };
}

impl Stats {
    /// How many numbers there are.
    pub const WORDS: usize = 20 + 2 * Failure::COUNT + Latency::BUCKETS + 1;

    /// All numbers, in a fixed order, for whoever keeps them where others can read.
    pub fn each_word(&self, mut show: impl FnMut(usize, u64)) {
        let mut at = 0;
        let mut next = |number| {
            show(at, number);
            at += 1;
        };
        macro_rules! show_all {
            ($($name:ident),+) => { $(next(self.$name);)+ };
        }
        single_counters!(show_all);
        for counts in [&self.refused.0, &self.failed.0] {
            for &count in counts {
                next(count);
            }
        }
        for count in self.latency.buckets {
            next(count);
        }
        next(self.latency.micros);
    }

    /// Adds numbers, in the order of [`each_word`](Self::each_word), to these.
    pub fn add_words(&mut self, mut word: impl FnMut(usize) -> u64) {
        let mut at = 0;
        let mut add = |to: &mut u64| {
            *to = to.wrapping_add(word(at));
            at += 1;
        };
        macro_rules! add_all {
            ($($name:ident),+) => { $(add(&mut self.$name);)+ };
        }
        single_counters!(add_all);
        for counts in [&mut self.refused.0, &mut self.failed.0] {
            counts.iter_mut().for_each(&mut add);
        }
        self.latency.buckets.iter_mut().for_each(&mut add);
        add(&mut self.latency.micros);
    }

    /// Requests that were accepted and are not complete.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let complete = self.replies + self.failed.total() + self.cancelled;
        self.requests.saturating_sub(complete)
    }

    /// Connections that are open.
    #[must_use]
    pub const fn connections(&self) -> u64 {
        self.opened.saturating_sub(self.closed)
    }

    /// A reply to a command came that stores or deletes.
    pub(super) fn count_change<D, P>(&mut self, command: &Command<D>, reply: &Reply<P>) {
        let (done, not_there, refused) = match command {
            Command::Store(_) | Command::MetaStore(_) => (
                &mut self.stored,
                &mut self.overtaken,
                Some(&mut self.stores_refused),
            ),
            Command::Delete(_) | Command::MetaDelete(_) => {
                (&mut self.deleted, &mut self.not_deleted, None)
            }
            Command::Retrieve(_)
            | Command::Touch(_)
            | Command::Count(_)
            | Command::Version(_)
            | Command::MetaState(_)
            | Command::MetaNoop(_)
            | Command::Authenticate(_) => return,
        };
        match reply {
            Reply::Status(Status::Stored | Status::Deleted) | Reply::StoredAs(_) => *done += 1,
            Reply::Status(Status::NotStored | Status::Exists | Status::NotFound) => *not_there += 1,
            _ => {
                if let Some(refused) = refused {
                    *refused += 1;
                }
            }
        }
    }

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureCounts([u64; Failure::COUNT]);

impl FailureCounts {
    /// Each with its kind.
    pub fn each(&self) -> impl Iterator<Item = (Failure, u64)> {
        Failure::ALL.into_iter().zip(self.0)
    }

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
    fn all_numbers_are_shown_and_added() {
        let mut stats = Stats::default();
        stats.add_words(|at| at as u64 + 1);
        let mut words = Vec::new();
        stats.each_word(|at, number| words.push((at, number)));
        let expected: Vec<_> = (0..Stats::WORDS).map(|at| (at, at as u64 + 1)).collect();
        assert_eq!(words, expected);
        assert_eq!((stats.requests, stats.cancelled), (1, 2));
        stats.add_words(|_| 10);
        assert_eq!((stats.requests, stats.latency.micros), (11, 62));
    }

    #[test]
    fn changes_are_counted_by_what_became_of_them() {
        use crate::protocol::{Delete, Store, StoreMode};
        let key = Key::new(b"k").unwrap();
        let store = Command::from(Store {
            mode: StoreMode::Set,
            key: key.clone(),
            flags: 0,
            exptime: 0,
            data: Vec::<u8>::new(),
        });
        let delete = Command::<Vec<u8>>::from(Delete {
            key,
            may_repeat: true,
        });
        let mut stats = Stats::default();
        for status in [Status::Stored, Status::NotStored, Status::Exists] {
            stats.count_change::<_, ()>(&store, &Reply::Status(status));
        }
        stats.count_change::<_, ()>(&store, &Reply::ServerError("x".into()));
        for status in [Status::Deleted, Status::Deleted, Status::NotFound] {
            stats.count_change::<_, ()>(&delete, &Reply::Status(status));
        }
        stats.count_change::<_, ()>(&delete, &Reply::ServerError("x".into()));
        let stores = (stats.stored, stats.overtaken, stats.stores_refused);
        assert_eq!(stores, (1, 2, 1));
        assert_eq!((stats.deleted, stats.not_deleted), (2, 1));
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
