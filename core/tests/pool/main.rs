//! Which server of a pool a key is on.

mod failover;
mod forms;
mod naive;
mod random;
mod servers;
mod steps;
mod vectors;
