//! Lookups that are sent as one command: how many, which, and their replies.

use core::mem;

use smallvec::{SmallVec, smallvec};

use crate::protocol::{Command, Data, Found, Key, Reply};

/// Lookups in one command at most: memcached then looks up and answers each at
/// a fifth of the cost. More would make the first wait for the last without
/// being much cheaper.
const SIZE_MAX: usize = 16;

/// Bytes of the keys in one command: memcached scans longer lines twice.
const KEY_BYTES_MAX: usize = 1000;

/// Values of one command that are larger than this in all are not worth it: the
/// time that they take hides what is saved, and one that is slow to come holds
/// all the others.
const LARGE: u64 = 64 * 1024;

/// Replies in a row without `SERVER_ERROR` before lookups are sent together
/// again. A proxy that has lost one of its servers answers many keys so; each
/// would cost the others of its batch a connection.
const CALM: u32 = 256;

/// How many lookups may be sent as one command now: more after each good and
/// small reply, few after large ones, one on a new connection and for a while
/// after `SERVER_ERROR`.
#[derive(Debug)]
pub(super) struct BatchSize {
    size: usize,
    most: usize,
    /// Good replies to come before it grows.
    calm_in: u32,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self {
            size: 1,
            most: SIZE_MAX,
            calm_in: 0,
        }
    }
}

impl BatchSize {
    /// One at a time, whatever the replies.
    pub(super) fn always_one() -> Self {
        Self {
            most: 1,
            ..Self::default()
        }
    }

    pub(super) const fn get(&self) -> usize {
        self.size
    }

    /// A new connection begins.
    pub(super) const fn reset(&mut self) {
        self.size = 1;
    }

    pub(super) fn learn_from<P>(&mut self, reply: &Reply<P>) {
        let bytes: u64 = match reply {
            Reply::ServerError(_) => {
                self.size = 1;
                self.calm_in = CALM;
                return;
            }
            Reply::Values(values) => values.iter().map(|(_, found)| found.len()).sum(),
            Reply::Version(_) => return,
            Reply::Status(_)
            | Reply::Number(_)
            | Reply::NotCountable(_)
            | Reply::StoredAs(_)
            | Reply::State(_)
            | Reply::MetaNoop => 0,
        };
        if self.calm_in > 0 {
            self.calm_in -= 1;
        } else if bytes > LARGE {
            self.size = (self.size / 4).max(1);
        } else {
            self.size = (self.size * 2).min(self.most);
        }
    }
}

/// A command that may become one of several lookups.
#[derive(Debug)]
pub(super) struct Batch<D> {
    command: Command<D>,
    /// Bytes of keys that may be added.
    room: usize,
}

impl<D: Data> Batch<D> {
    pub(super) fn new(command: Command<D>) -> Self {
        let room = command
            .batch_key()
            .map_or(0, |key| KEY_BYTES_MAX.saturating_sub(len(key)));
        Self { command, room }
    }

    /// Whether a command can become a part of this one.
    pub(super) fn has_room_for(&self, next: &Command<D>) -> bool {
        let (Command::Retrieve(all), Command::Retrieve(more)) = (&self.command, next) else {
            return false;
        };
        next.batch_key().is_some_and(|key| len(key) < self.room) && all.goes_with(more)
    }

    /// Adds a command that there [is room for](Self::has_room_for).
    pub(super) fn push(&mut self, next: Command<D>) {
        self.room -= next.batch_key().map_or(0, len);
        if let (Command::Retrieve(all), Command::Retrieve(next)) = (&mut self.command, next) {
            all.append(next);
        }
    }

    pub(super) fn into_command(self) -> Command<D> {
        self.command
    }
}

fn len(key: &Key) -> usize {
    key.as_bytes().len()
}

/// The commands that a batch was made of, in their order.
pub(super) fn split_command<D>(command: Command<D>, size: usize) -> SmallVec<[Command<D>; 1]> {
    match command {
        Command::Retrieve(lookups) if size > 1 => lookups.split().map(Command::from).collect(),
        other => smallvec![other],
    }
}

/// The lookups that a command was made of, once more; nothing if it is none.
pub(super) fn copy_lookups<D>(command: &Command<D>, size: usize) -> SmallVec<[Command<D>; 1]> {
    match command {
        Command::Retrieve(lookups) => split_command(lookups.clone().into(), size),
        Command::Store(_)
        | Command::Delete(_)
        | Command::Touch(_)
        | Command::Count(_)
        | Command::Version(_)
        | Command::MetaStore(_)
        | Command::MetaDelete(_)
        | Command::MetaState(_)
        | Command::MetaNoop(_)
        | Command::Authenticate(_) => SmallVec::new(),
    }
}

/// Splits the values of the reply to a batch into those to its lookups, in their order; where
/// something was refused, that is the reply to those that have no other.
pub(super) fn split_reply<P>(
    values: &mut [(usize, Found<P>)],
    refusal: Option<&str>,
    size: usize,
) -> impl Iterator<Item = Reply<P>> {
    // Values come in the order of their keys, as a rule.
    let mut next = 0;
    (0..size).map(move |at| {
        let is_next = values.get(next).is_some_and(|(of, _)| *of == at);
        let found = if is_next {
            Some(next)
        } else {
            values.iter().position(|(of, _)| *of == at)
        };
        match (found, refusal) {
            (None, Some(text)) => Reply::ServerError(text.into()),
            (None, None) => Reply::Values(SmallVec::new()),
            (Some(found), _) => {
                next = found + 1;
                one_value(take_found(&mut values[found].1))
            }
        }
    })
}

/// Moves a value out of a reply that nobody will look at again.
fn take_found<P>(found: &mut Found<P>) -> Found<P> {
    let nothing = Found::TooLarge {
        len: 0,
        marks: None,
    };
    mem::replace(found, nothing)
}

/// The reply to a lookup of one key that was found.
pub(super) fn one_value<P>(found: Found<P>) -> Reply<P> {
    Reply::Values(SmallVec::from_buf([(0, found)]))
}

#[cfg(test)]
mod tests;
