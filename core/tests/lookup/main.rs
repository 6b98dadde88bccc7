//! Lookups that share requests.

mod flights;
mod random;
mod replay;
mod rights;
