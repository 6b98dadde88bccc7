//! Bytes of memcached's text protocol ("doc/protocol.txt" of memcached): keys
//! as a type that cannot hold a bad one, commands encoded, replies parsed as
//! they arrive.

#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod command;
mod error;
mod excerpt;
mod hex;
mod key;
pub mod limits;
mod reply;
mod token;
mod ttl;
mod value;
mod wire;

pub use command::{
    Authenticate, Command, Count, Data, Delete, Direction, Lane, MetaDelete, MetaNoop, MetaState,
    MetaStore, Retrieve, Store, StoreMode, Touch, Version,
};
pub use error::ProtocolError;
pub use excerpt::{excerpt, excerpt_of};
pub(crate) use hex::{SHA1_HEX_LEN, sha1_hex, upper_digits};
pub use key::{Key, KeyError};
pub use reply::{
    Found, FoundValues, ItemState, KeyList, Reply, ReplyForm, ReplyParser, Status, ValueLines,
};
pub use token::{TOKEN_MAX, Token, TokenError};
pub use ttl::{Ttl, exptime};
pub use value::{Input, Marks, Pieces, Pin, Value};
pub(crate) use wire::CRLF;
