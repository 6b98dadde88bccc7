//! A server stepped through by tests, and a model that random scripts run
//! against.

mod counted;
pub mod load;
mod memcached;
pub mod model;
pub mod rights;
mod script;
mod sim;
mod sockets;

pub use sim::{SPEC, Sim, SimTypes, TIMEOUT, outcomes};
