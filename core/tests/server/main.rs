//! The life of a server's connections, stepped through without I/O.

mod attempts;
mod batch;
mod bounds;
mod faults;
mod greeting;
mod kills;
mod large;
mod life;
mod meta;
mod random;
mod replay;
mod scripts;
mod slow;
mod slowness;
