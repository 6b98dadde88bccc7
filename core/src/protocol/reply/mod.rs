//! What a server may reply, and the parser that reads it.

mod classic;
mod line;
mod meta;
mod parser;
mod vocabulary;

pub use parser::ReplyParser;
pub use vocabulary::{
    Found, FoundValues, ItemState, KeyList, Reply, ReplyForm, Status, ValueLines,
};
