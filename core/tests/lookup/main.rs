//! Lookups that share requests.

mod flights;
mod near;
mod random;
mod replay;
mod rights;
