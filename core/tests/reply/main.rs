//! The reply parser, by table and against a naive twin.

mod property;
mod replay;
mod table;
