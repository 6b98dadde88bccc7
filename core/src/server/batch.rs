//! Lookups that are sent as one command: how many, which, and their replies.

use smallvec::{SmallVec, smallvec};

use crate::protocol::{Command, Data, Key, Reply};

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

/// How many lookups may be sent as one command now: more after each good and
/// small reply, few after large ones, one on a new connection.
#[derive(Debug)]
pub(super) struct BatchSize(usize);

impl Default for BatchSize {
    fn default() -> Self {
        Self(1)
    }
}

impl BatchSize {
    pub(super) const fn get(&self) -> usize {
        self.0
    }

    pub(super) fn learn_from<P>(&mut self, reply: &Reply<P>) {
        let bytes: u64 = match reply {
            Reply::Values(values) => values.iter().map(|(_, value)| value.len).sum(),
            Reply::Status(_)
            | Reply::Number(_)
            | Reply::NotCountable(_)
            | Reply::ServerError(_) => 0,
        };
        self.0 = if bytes > LARGE {
            (self.0 / 4).max(1)
        } else {
            (self.0 * 2).min(SIZE_MAX)
        };
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
        next.batch_key().is_some_and(|key| len(key) < self.room)
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

/// The commands of which a batch was made, in their order.
pub(super) fn split_command<D>(command: Command<D>, size: usize) -> SmallVec<[Command<D>; 1]> {
    match command {
        Command::Retrieve(lookups) if size > 1 => lookups.split().map(Command::from).collect(),
        other => smallvec![other],
    }
}

/// The replies to the lookups of a batch, in their order, of the reply to all.
pub(super) fn split_reply<P>(reply: Reply<P>, size: usize) -> impl Iterator<Item = Reply<P>> {
    let (mut values, error) = match reply {
        Reply::Values(values) => (values, None),
        Reply::ServerError(text) => (SmallVec::new(), Some(text)),
        // The parser gives no other reply to a lookup.
        Reply::Status(_) | Reply::Number(_) | Reply::NotCountable(_) => (SmallVec::new(), None),
    };
    (0..size).map(move |at| {
        if let Some(text) = &error {
            return Reply::ServerError(text.clone());
        }
        let found = values.iter().position(|(of, _)| *of == at);
        let value = found.map(|found| (0, values.swap_remove(found).1));
        Reply::Values(value.into_iter().collect())
    })
}
