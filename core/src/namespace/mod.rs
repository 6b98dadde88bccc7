//! Namespaces: items that can be given up all at once.
//!
//! The keys of a namespace begin with a number, its count. Memcached keeps the count
//! in an item of its own, so that all servers see the same; who changes it makes all
//! keys name other items. The old ones are never named again, since no count is used
//! twice: it is made of the time and of chance.
//!
//! [`Namespaces`] decides, for one worker, when a count is read and for how long it
//! counts. It does no I/O: it gives out [`Op`]s and takes in what came of them.

mod count;
mod counter;
mod name;
mod namespaces;
mod visit;

pub use count::Count;
pub use counter::{Answer, Unreadable};
pub use name::{Name, NameError};
pub use namespaces::{Bump, Namespaces, Op, OpKind, ReadingId};
pub use visit::{Asker, Source, Visit};
