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

/// The commands that a batch was made of, in their order.
pub(super) fn split_command<D>(command: Command<D>, size: usize) -> SmallVec<[Command<D>; 1]> {
    match command {
        Command::Retrieve(lookups) if size > 1 => lookups.split().map(Command::from).collect(),
        other => smallvec![other],
    }
}

/// Splits the reply to a batch into those to its lookups, in their order.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Pieces, Retrieve, Status, Value};

    type TestCommand = Command<Vec<u8>>;

    fn key(text: &str) -> Key {
        Key::new(text.as_bytes()).unwrap()
    }

    fn get(text: &str) -> TestCommand {
        Retrieve::one(key(text)).into()
    }

    fn line(command: &TestCommand) -> String {
        let mut out = Vec::new();
        command.encode_head(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn value(len: u64) -> Value<()> {
        Value {
            flags: 0,
            cas: None,
            len,
            pieces: Pieces::default(),
        }
    }

    fn values(found: &[(usize, u64)]) -> Reply<()> {
        let found = found.iter().map(|&(at, len)| (at, value(len)));
        Reply::Values(found.collect())
    }

    #[test]
    fn batches_grow_with_small_replies_and_shrink_with_large_ones() {
        let mut size = BatchSize::default();
        let mut next = |reply: &Reply<()>| {
            size.learn_from(reply);
            size.get()
        };
        let small = values(&[(0, LARGE / 2), (1, LARGE / 2)]);
        let sizes = [(); 6].map(|()| next(&small));
        assert_eq!(sizes, [2, 4, 8, 16, 16, 16]);
        let large = values(&[(0, LARGE / 2), (1, LARGE / 2 + 1)]);
        assert_eq!([(); 3].map(|()| next(&large)), [4, 1, 1]);
        assert_eq!(next(&values(&[])), 2);
        assert_eq!(next(&Reply::Status(Status::Stored)), 4);
    }

    #[test]
    fn only_plain_lookups_go_together() {
        let several = || -> TestCommand { Retrieve::several(key("b"), [key("c")]).into() };
        let with_cas = || -> TestCommand { Retrieve::one(key("b")).with_cas().into() };
        assert!(Batch::new(get("a")).has_room_for(&get("b")));
        for other in [several, with_cas] {
            assert!(!Batch::new(get("a")).has_room_for(&other()));
            assert!(!Batch::new(other()).has_room_for(&get("a")));
        }
    }

    #[test]
    fn the_keys_of_a_batch_are_bounded() {
        let long = "k".repeat(250);
        let mut batch = Batch::new(get(&long));
        for _ in 0..2 {
            assert!(batch.has_room_for(&get(&long)));
            batch.push(get(&long));
        }
        assert!(!batch.has_room_for(&get(&long)));
        assert!(batch.has_room_for(&get(&long[..249])));
        let command = batch.into_command();
        assert_eq!(line(&command), format!("get {long} {long} {long}\r\n"));
    }

    #[test]
    fn a_batch_comes_apart_as_it_was_made() {
        let mut batch = Batch::new(get("a"));
        for text in ["b", "a"] {
            batch.push(get(text));
        }
        let parts = split_command(batch.into_command(), 3);
        let lines: Vec<_> = parts.iter().map(line).collect();
        assert_eq!(lines, ["get a\r\n", "get b\r\n", "get a\r\n"]);
        // One request for several keys is no batch.
        let several: TestCommand = Retrieve::several(key("a"), [key("b")]).into();
        let [whole] = &split_command(several, 1)[..] else {
            panic!("split")
        };
        assert_eq!(line(whole), "get a b\r\n");
    }

    #[test]
    fn each_lookup_gets_the_value_of_its_position() {
        let split = |reply| split_reply(reply, 3).collect::<Vec<_>>();
        assert_eq!(
            split(values(&[(2, 22), (0, 11)])),
            [values(&[(0, 11)]), values(&[]), values(&[(0, 22)])]
        );
        assert_eq!(split(values(&[])), [values(&[]), values(&[]), values(&[])]);
        let error = || Reply::ServerError("x".into());
        assert_eq!(split(error()), [error(), error(), error()]);
    }
}
