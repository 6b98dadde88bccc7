//! `get`, `gets` (protocol.txt, "Retrieval command"), and `mg` for lookups that may
//! win the right to make an item (protocol.txt, "Meta Get").

use smallvec::SmallVec;

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::limits::VALUE_MAX;
use crate::protocol::reply::{KeyList, ReplyForm, ValueLines};
use crate::protocol::wire::{CRLF, push_flag, push_key};

/// Keys for which there is room once a second one was appended: to make it again
/// and again costs more than the keys.
const ROOM: usize = 15;

/// Looks up one item or several. One key takes no allocation.
#[derive(Clone, Debug)]
pub struct Retrieve {
    /// At least one.
    keys: SmallVec<[Key; 1]>,
    asked: Asked,
    max_value: u64,
}

/// What is asked for beside the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// The items' versions.
    Versions,
    /// All that the server knows.
    All,
    /// All that the server knows; where there is no item, the server makes an empty
    /// one that lives for so many seconds, and says so to one who asks.
    Lock(u32),
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
            asked: Asked::Nothing,
            max_value: VALUE_MAX,
        }
    }

    /// Asks for the items' versions too, to be used by `cas`.
    #[must_use]
    pub fn with_cas(mut self) -> Self {
        self.asked = Asked::Versions;
        self
    }

    /// Asks who is to make what is missing: the server makes an empty item, which
    /// lives for so many seconds, and tells one of all who ask that it has won. It
    /// tells what else it knows too; see [`Marks`](crate::protocol::Marks).
    #[must_use]
    pub fn with_lock(mut self, secs: u32) -> Self {
        self.asked = Asked::Lock(secs);
        self
    }

    /// Asks for all that the server knows of the items, such as how long they live. One that was
    /// marked as out of date is then to be made by who asks, who may give that up.
    #[must_use]
    pub fn with_marks(mut self) -> Self {
        self.asked = Asked::All;
        self
    }

    /// Whether one command can ask for what both ask for.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.asked == other.asked && self.max_value == other.max_value
    }

    /// Whether whoever asks may win the right to make an item.
    #[must_use]
    pub const fn may_win(&self) -> bool {
        matches!(self.asked, Asked::Lock(_) | Asked::All)
    }

    /// For how many seconds an item that is made by this lookup lives.
    #[must_use]
    pub const fn lock_secs(&self) -> Option<u32> {
        match self.asked {
            Asked::Lock(secs) => Some(secs),
            Asked::Nothing | Asked::Versions | Asked::All => None,
        }
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
        let (asked, max_value) = (self.asked, self.max_value);
        self.keys.into_iter().map(move |key| Self {
            keys: SmallVec::from([key]),
            asked,
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

/// A quiet command for each key, so that a miss says nothing, and a no-op whose
/// reply ends them all.
fn encode_meta(out: &mut Vec<u8>, lock_secs: Option<u32>, keys: &[Key]) {
    for key in keys {
        out.extend_from_slice(b"mg");
        push_key(out, key);
        // The time to live before the flag that makes an item: it tells one that was
        // made just now from one that was there.
        out.extend_from_slice(b" k f c t v");
        if let Some(secs) = lock_secs {
            push_flag(out, b'N', secs);
        }
        out.extend_from_slice(b" q");
        out.extend_from_slice(CRLF);
    }
    out.extend_from_slice(b"mn");
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
        match self.asked {
            Asked::Nothing => encode(out, b"get", &self.keys),
            Asked::Versions => encode(out, b"gets", &self.keys),
            Asked::Lock(_) | Asked::All => encode_meta(out, self.lock_secs(), &self.keys),
        }
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
            [key] if self.asked != Asked::Versions => Some(key),
            _ => None,
        }
    }

    fn may_repeat(&self) -> bool {
        true
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Values {
            keys: self,
            lines: match self.asked {
                Asked::Nothing => ValueLines::Plain,
                Asked::Versions => ValueLines::WithVersion,
                Asked::Lock(_) | Asked::All => ValueLines::Meta,
            },
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
        assert_eq!(
            line(several().with_lock(10)),
            "mg a/b k f c t v N10 q\r\nmg c k f c t v N10 q\r\nmn\r\n"
        );
        assert_eq!(
            line(several().with_marks()),
            "mg a/b k f c t v q\r\nmg c k f c t v q\r\nmn\r\n"
        );
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
