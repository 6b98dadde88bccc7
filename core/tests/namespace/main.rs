//! Namespaces: what a worker asks for, remembers and forgets; and several workers
//! at one memcached.

mod model;
mod steps;
