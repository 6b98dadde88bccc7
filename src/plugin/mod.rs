//! The plugin itself: its two actions and what it keeps for each worker.

#![forbid(unsafe_code)]

mod lookup;
mod options;
mod store;

use std::ffi::CStr;

use memcached_core::protocol::Key;

use crate::client::Client;
use crate::host::{ActionEntry, PluginKind, Worker, action_entry};

/// `mod_memcached` as the host sees it.
pub struct Memcached;

/// What the plugin remembers of one request of a client.
pub struct RequestState {
    /// The key whose item is being sent as the answer.
    hit: Key,
}

impl PluginKind for Memcached {
    const NAME: &'static CStr = c"mod_memcached";
    type WorkerState = Client;
    type RequestState = RequestState;

    fn start_worker(worker: Worker) -> Client {
        Client::new(worker)
    }

    fn stop_worker(client: &Client) {
        client.shutdown();
    }

    fn actions() -> Vec<ActionEntry> {
        vec![
            action_entry::<lookup::LookupAction>(),
            action_entry::<store::StoreAction>(),
        ]
    }
}
