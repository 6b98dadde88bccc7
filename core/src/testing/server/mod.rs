//! A server stepped through by tests, and a model that random scripts run
//! against.

mod counted;
mod memcached;
pub mod model;
mod script;
mod sim;

pub use sim::{SPEC, Sim, SimTypes, TIMEOUT, outcomes};
