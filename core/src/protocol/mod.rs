//! Bytes of memcached's text protocol ("doc/protocol.txt" of memcached): keys
//! as a type that cannot hold a bad one, requests encoded, replies parsed
//! piece by piece.

mod error;
mod key;
pub mod limits;
mod lines;
mod reply;
mod request;
mod ttl;
mod value;

pub use error::ProtocolError;
pub use key::{Key, KeyError};
pub(crate) use key::{SHA1_HEX_LEN, sha1_hex};
pub use reply::{Expect, KeyList, Reply, ReplyParser};
pub use request::{
    CRLF, Change, Count, encode_change_header, encode_count, encode_delete, encode_get,
    encode_gets, encode_set_header, encode_touch,
};
pub use ttl::{Ttl, exptime};
pub use value::{Input, Pieces, Value};
