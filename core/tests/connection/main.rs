//! The life of a server's connections, stepped through without I/O.

mod bounds;
mod faults;
mod life;
mod model;
mod random;
mod replay;
mod scripts;
mod sim;
mod together;
