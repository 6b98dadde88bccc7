//! Lookups that share requests.

mod flights;
mod near;
mod neighbours;
mod random;
mod replay;
mod rights;
