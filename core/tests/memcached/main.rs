//! The imitation of memcached that other tests rely on.

mod bytes;
mod exchanges;
