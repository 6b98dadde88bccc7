//! Whatever memcached does, a request is answered in time with the right body,
//! and afterwards all is well again.

mod bench;
mod connect;
mod crowds;
mod large;
mod mixup;
mod processes;
mod replies;
mod sharing;
mod silence;
mod splits;
mod stores;
mod unasked;
