//! Commands: one file for each family, with its encoding, its properties and
//! the form of its reply, and one table of them all.
//!
//! Only a [`Key`] can be put into a command, and `noreply` is never sent: a
//! command without a reply cannot be told from a lost one.

mod authenticate;
mod count;
mod data;
mod delete;
mod family;
mod meta;
mod retrieve;
mod store;
mod touch;
mod version;

pub use authenticate::Authenticate;
pub use count::{Count, Direction};
pub use data::Data;
pub use delete::Delete;
pub use family::Lane;
pub use meta::{MetaDelete, MetaNoop, MetaState, MetaStore};
pub use retrieve::Retrieve;
pub use store::{Store, StoreMode};
pub use touch::Touch;
pub use version::Version;

use super::key::Key;
use super::reply::ReplyForm;
use family::Family;

/// Makes [`Command`] out of its families: a variant for each, which answers
/// every question by the family's own answer.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($family:ty),)+) => {
        /// One command. `D` is the value that it may carry.
        #[derive(Clone, Debug)]
        pub enum Command<D> {
            $($(#[$doc])* $name($family),)+
        }

        $(impl<D> From<$family> for Command<D> {
            fn from(command: $family) -> Self {
                Self::$name(command)
            }
        })+

        impl<D: Data> Command<D> {
            /// Appends everything up to the data block. Where there is
            /// [`data`](Self::data), it has to follow, and CR LF.
            pub fn encode_head(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$name(command) => Family::<D>::encode_head(command, out),)+
                }
            }

            /// The data block.
            #[must_use]
            pub fn data(&self) -> Option<&D> {
                match self {
                    $(Self::$name(command) => Family::<D>::data(command),)+
                }
            }

            /// The connection that this command takes unless its place among
            /// those of a script matters: one that carries a value must not
            /// hold lookups up, and one that changes an item must not overtake
            /// a store of it.
            #[must_use]
            pub fn lane(&self) -> Lane {
                match self {
                    $(Self::$name(command) => Family::<D>::lane(command),)+
                }
            }

            /// The key whose item may be another one when this is done.
            #[must_use]
            pub fn changes(&self) -> Option<&Key> {
                match self {
                    $(Self::$name(command) => Family::<D>::changes(command),)+
                }
            }

            /// The key, if one command may look it up together with others.
            #[must_use]
            pub fn batch_key(&self) -> Option<&Key> {
                match self {
                    $(Self::$name(command) => Family::<D>::batch_key(command),)+
                }
            }

            /// Whether it does the same, and has the same answer, when it is
            /// carried out twice, so that it may be sent again when it is not
            /// known whether the server has read it.
            #[must_use]
            pub fn may_repeat(&self) -> bool {
                match self {
                    $(Self::$name(command) => Family::<D>::may_repeat(command),)+
                }
            }

            /// The form of its reply.
            #[must_use]
            pub fn reply_form(&self) -> ReplyForm<'_> {
                match self {
                    $(Self::$name(command) => Family::<D>::reply_form(command),)+
                }
            }
        }
    };
}

commands! {
    /// Looks items up: `get`, `gets`, `mg`.
    Retrieve(Retrieve),
    /// Stores an item or adds to one: `set`, `add`, `replace`, `append`,
    /// `prepend`, `cas`.
    Store(Store<D>),
    /// Deletes an item: `delete`.
    Delete(Delete),
    /// Gives an item another time to live: `touch`.
    Touch(Touch),
    /// Counts the number that an item holds: `incr`, `decr`.
    Count(Count),
    /// Asks the server who it is: `version`.
    Version(Version),
    /// Stores in place of a version: `ms`.
    MetaStore(MetaStore<D>),
    /// Deletes, or marks as out of date: `md`.
    MetaDelete(MetaDelete),
    /// Asks what is known of an item: `mg` without its value.
    MetaState(MetaState),
    /// Asks whether there are meta commands: `mn`.
    MetaNoop(MetaNoop),
    /// Says who asks.
    Authenticate(Authenticate),
}

impl<D: Data> Command<D> {
    /// Bytes of the value that it carries.
    #[must_use]
    pub fn data_len(&self) -> usize {
        self.data().map_or(0, Data::len)
    }
}
