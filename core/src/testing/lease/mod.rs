//! A model of several workers that share one memcached: random events, and what must
//! hold whatever happens.

mod checks;
mod events;
mod network;
mod page;
mod plan;
mod purging;
mod shell;
mod worker;
mod world;

pub use world::{Report, Scenario, run};
