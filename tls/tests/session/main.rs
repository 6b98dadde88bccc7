//! Sessions with a server in memory.

mod certificates;
mod files;
mod hostile;
mod identity;
mod life;
mod pair;
mod random;
