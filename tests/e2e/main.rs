//! The plugin in a running server with a real memcached: on lighttpd2 itself
//! where `LIGHTTPD2_WORKER` names it, else on the stand-in.

mod sample;
