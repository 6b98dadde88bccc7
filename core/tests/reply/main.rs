//! The reply parser, by table and against a naive twin.

mod meta;
mod meta_property;
mod property;
mod refusals;
mod replay;
mod table;
