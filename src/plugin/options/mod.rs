//! The options of the actions: one table, whose rows are read, refused, listed
//! in errors and compared with the documentation.
//!
//! A new option is one row in [`table`] and one field of the struct that its
//! group names. Every action reads and checks the whole list, so that one list
//! can be given to all of them; each uses its own part.

#[macro_use]
mod row;

mod arguments;
mod common;
mod error;
mod file;
mod freshness;
mod given;
mod identity;
mod list;
mod near;
mod parse;
mod policy;
mod purge;
mod secret;
mod servers;
mod store;
#[expect(
    clippy::unreadable_literal,
    reason = "defaults are written as the configuration would give them"
)]
mod table;
mod tls;
mod value;

pub(super) use arguments::{WithBlocks, one_list, with_blocks};
pub(super) use common::{Common, Environment};
pub(super) use table::Options;
