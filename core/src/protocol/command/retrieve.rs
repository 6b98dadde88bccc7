//! `get` and `gets` (protocol.txt, "Retrieval command").

use smallvec::SmallVec;

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::limits::VALUE_MAX;
use crate::protocol::reply::{KeyList, ReplyForm};
use crate::protocol::wire::{CRLF, push_key};

/// Keys for which there is room once a second one was appended: to make it again
/// and again costs more than the keys.
const ROOM: usize = 15;

/// Looks up one item or several. One key takes no allocation.
#[derive(Clone, Debug)]
pub struct Retrieve {
    /// At least one.
    keys: SmallVec<[Key; 1]>,
    with_cas: bool,
    max_value: u64,
}

impl Retrieve {
    /// Looks up one item.
    #[must_use]
    pub fn one(key: Key) -> Self {
        Self::several(key, [])
    }

    /// Looks up several items by one command. The keys should differ: servers
    /// may answer a repeated key once or as often as it is named.
    #[must_use]
    pub fn several(first: Key, more: impl IntoIterator<Item = Key>) -> Self {
        let mut keys = SmallVec::from([first]);
        keys.extend(more);
        Self {
            keys,
            with_cas: false,
            max_value: VALUE_MAX,
        }
    }

    /// Asks for the items' versions too, to be used by `cas`.
    #[must_use]
    pub fn with_cas(mut self) -> Self {
        self.with_cas = true;
        self
    }

    /// Wants no value of more bytes than this; unless set, [`VALUE_MAX`].
    #[must_use]
    pub fn up_to(mut self, bytes: u64) -> Self {
        self.max_value = bytes;
        self
    }

    /// The length above which a value is skipped, in bytes.
    #[must_use]
    pub const fn max_value(&self) -> u64 {
        self.max_value
    }

    /// The keys, in the order in which the command names them; at least one.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Looks up what another command would have looked up too.
    pub(crate) fn append(&mut self, more: Self) {
        if !self.keys.spilled() {
            self.keys.reserve(ROOM);
        }
        self.keys.extend(more.keys);
    }

    /// A command for each key.
    pub(crate) fn split(self) -> impl Iterator<Item = Self> {
        let (with_cas, max_value) = (self.with_cas, self.max_value);
        self.keys.into_iter().map(move |key| Self {
            keys: SmallVec::from([key]),
            with_cas,
            max_value,
        })
    }
}

fn encode<'k>(out: &mut Vec<u8>, word: &[u8], keys: impl IntoIterator<Item = &'k Key>) {
    out.extend_from_slice(word);
    for key in keys {
        push_key(out, key);
    }
    out.extend_from_slice(CRLF);
}

impl KeyList for Retrieve {
    fn count(&self) -> usize {
        self.keys.len()
    }

    fn at(&self, position: usize) -> Option<&Key> {
        self.keys.get(position)
    }
}

impl<D: Data> Family<D> for Retrieve {
    fn encode_head(&self, out: &mut Vec<u8>) {
        encode(
            out,
            if self.with_cas { b"gets" } else { b"get" },
            &self.keys,
        );
    }

    fn data(&self) -> Option<&D> {
        None
    }

    fn lane(&self) -> Lane {
        Lane::Lookup
    }

    fn changes(&self) -> Option<&Key> {
        None
    }

    fn batch_key(&self) -> Option<&Key> {
        match &self.keys[..] {
            [key] if !self.with_cas => Some(key),
            _ => None,
        }
    }

    fn may_repeat(&self) -> bool {
        true
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Values {
            keys: self,
            with_cas: self.with_cas,
            max_value: self.max_value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    fn key(text: &str) -> Key {
        Key::new(text.as_bytes()).unwrap()
    }

    fn line(command: Retrieve) -> String {
        let mut out = Vec::new();
        Command::<Vec<u8>>::from(command).encode_head(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wire_form() {
        let several = || Retrieve::several(key("a/b"), [key("c")]);
        assert_eq!(line(Retrieve::one(key("a/b"))), "get a/b\r\n");
        assert_eq!(line(Retrieve::one(key("a/b")).with_cas()), "gets a/b\r\n");
        assert_eq!(line(several()), "get a/b c\r\n");
        assert_eq!(line(several().with_cas()), "gets a/b c\r\n");
    }

    #[test]
    fn commands_become_one_and_several_again() {
        let mut all = Retrieve::one(key("a"));
        all.append(Retrieve::several(key("b"), [key("a")]));
        assert_eq!(all.keys(), [key("a"), key("b"), key("a")]);
        let lines: Vec<_> = all.split().map(line).collect();
        assert_eq!(lines, ["get a\r\n", "get b\r\n", "get a\r\n"]);
    }

    #[test]
    fn only_a_plain_get_of_one_key_goes_with_others() {
        let batch_key = |command: Retrieve| Command::<Vec<u8>>::from(command).batch_key().cloned();
        assert_eq!(batch_key(Retrieve::one(key("a"))), Some(key("a")));
        assert_eq!(batch_key(Retrieve::one(key("a")).with_cas()), None);
        assert_eq!(batch_key(Retrieve::several(key("a"), [key("b")])), None);
    }

    #[test]
    fn one_key_takes_no_allocation() {
        assert!(!Retrieve::one(key("a")).keys.spilled());
    }
}
