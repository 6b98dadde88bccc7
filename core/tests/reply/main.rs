//! The reply parser, by table and against a naive twin.

mod naive;
mod property;
mod replay;
mod script;
mod stream;
mod table;

use stream::Seen;

impl Seen {
    fn value(flags: u32, data: &[u8]) -> Self {
        Self::Value {
            flags,
            cas: None,
            data: data.to_vec(),
        }
    }
}
