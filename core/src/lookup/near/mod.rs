//! The near cache: values that were found lately, kept where they are asked for.
//!
//! [`Near`] serves one worker. It holds a value together with its [`Reading`], which says when
//! it was asked for, and gives it out to who wants one that is not older than so long. The
//! caller keeps what it has found; nothing here asks anybody.
//!
//! Invariants:
//! - A value that is given out was asked for no longer ago than whoever asks allows, and is
//!   fresh, unless its caller judges that itself ([`Near::find_old`]).
//! - A value that was asked for before a change of its key by this worker is not given out
//!   after the change ([`Lookups::changed`](super::Lookups::changed)), whether it came before or comes later.
//! - What is kept, with all that it takes to keep it, is not larger than the capacity.

mod memory;
mod page;
mod stamps;

pub use memory::{Near, Stats};
pub use page::Page;
pub use stamps::Reading;
pub(super) use stamps::Stamps;
