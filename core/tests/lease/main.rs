//! Leases: who makes a page, who waits, who is served what is out of date.

mod desk;
mod dialects;
mod fates;
mod kept;
mod locks;
mod random;
mod stale;
