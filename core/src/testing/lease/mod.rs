//! A model of several workers that share one memcached: random events, and what must
//! hold whatever happens.

mod chance;
mod checks;
mod events;
mod network;
mod page;
mod plan;
mod purging;
mod shell;
mod worker;
mod world;

pub use chance::Chance;
pub use world::{Report, Scenario, run};
