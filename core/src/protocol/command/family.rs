//! What has to be known about every command.

use super::data::Data;
use crate::protocol::key::Key;
use crate::protocol::reply::ReplyForm;

/// Which of a server's connections a command travels on. A store may be large;
/// on a connection of its own it cannot hold up a lookup. The commands of
/// scripts have an order that they rely on, such as a `get` after a `set` of
/// the same key, so all of them take one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// For lookups that a client of ours waits for.
    Lookup = 0,
    /// For commands that change items.
    Store = 1,
    /// For all commands of scripts.
    Script = 2,
    /// To learn what the server knows, for what it may close the connection.
    Detect = 3,
}

impl Lane {
    /// How many lanes there are.
    pub const COUNT: usize = 4;

    /// All lanes, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [Self::Lookup, Self::Store, Self::Script, Self::Detect];
}

/// One family of commands, which differ in a word or a number. There are no
/// default answers, so that none is forgotten.
pub(super) trait Family<D: Data> {
    /// Appends everything up to the data block, if there is one; data and CR LF
    /// have to follow then.
    fn encode_head(&self, out: &mut Vec<u8>);

    /// The data block.
    fn data(&self) -> Option<&D>;

    /// The lane on which it keeps its place among the commands that matter to it.
    fn lane(&self) -> Lane;

    /// The key whose item it changes.
    fn changes(&self) -> Option<&Key>;

    /// The key, if it may be looked up by one command together with others.
    fn batch_key(&self) -> Option<&Key>;

    /// Whether it does the same, and has the same answer, when it is carried
    /// out twice.
    fn may_repeat(&self) -> bool;

    /// The form of its reply.
    fn reply_form(&self) -> ReplyForm<'_>;
}
