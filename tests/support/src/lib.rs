//! What the end-to-end tests run: a server with the plugin in it, a real
//! memcached, backends that behave and that don't, and clients.
//!
//! Everything listens on loopback, on ports of its own, and ends with the test
//! that started it. Nothing here sleeps to be on the safe side: what has to
//! come about is awaited with [`eventually`], whose patience is far longer
//! than any machine needs.

#![forbid(unsafe_code)]
// All of it panics when something is not as a test needs it: that is how a
// test fails.
#![allow(clippy::missing_panics_doc)]

mod backend;
mod bytes;
mod certificates;
mod classic;
mod cutter;
mod door;
mod fastcgi;
mod faulty;
mod host_layer;
mod http;
mod listen;
mod make_run;
mod memcached;
mod memcached_proxy;
mod nginx;
mod paths;
mod peer;
mod ports;
mod process;
mod server;
mod socket_memcached;
mod tap;
mod twemproxy;
mod wait;

pub use backend::{Backend, BackendRequest};
pub use bytes::{random_bytes, sha1_hex};
pub use certificates::{Authority, CertificateFolder, Certified, Years, self_signed};
pub use classic::Classic;
pub use cutter::Cutter;
pub use door::{Door, Opened};
pub use fastcgi::{FastCgi, FastCgiRequest};
pub use faulty::{Faulty, FaultyRequest};
pub use host_layer::host_layer_package;
pub use http::{Client, Response, get, request};
pub use make_run::MakeRun;
pub use memcached::{Item, Memcached};
pub use memcached_proxy::MemcachedProxy;
pub use nginx::Nginx;
pub use paths::{Host, panicking_library, plugin_library, project_root, small_library};
pub use peer::{Peer, value_reply, values_reply};
pub use ports::free_port;
pub use server::{Checked, Site, SiteBuilder, check_config, check_config_with};
pub use socket_memcached::SocketMemcached;
pub use tap::Tap;
pub use twemproxy::Twemproxy;
pub use wait::{PATIENCE, eventually, eventually_some, slack};
