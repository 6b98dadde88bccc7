//! Meta commands (protocol.txt, "Meta Commands"), but for the lookups among them,
//! which [`Retrieve`](super::Retrieve) makes.

mod delete;
mod noop;
mod state;
mod store;

pub use delete::MetaDelete;
pub use noop::MetaNoop;
pub use state::MetaState;
pub use store::MetaStore;
