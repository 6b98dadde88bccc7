//! Whatever memcached does, a request is answered in time with the right body,
//! and afterwards all is well again.

mod bench;
mod connect;
mod crowds;
mod mixup;
mod processes;
mod replies;
mod silence;
mod splits;
mod stores;
mod unasked;
