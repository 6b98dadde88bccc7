//! The life of a server's connections, stepped through without I/O.

mod batch;
mod bounds;
mod faults;
mod life;
mod random;
mod replay;
mod scripts;
