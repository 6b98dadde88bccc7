//! The plugin itself: its actions, and what it keeps for workers and requests.

#![forbid(unsafe_code)]

mod lookup;
mod memcached;
mod options;
mod publish;
mod store;

use std::ffi::CStr;
use std::sync::Arc;

use crate::client::Client;
use crate::host::{ActionEntry, PluginKind, Worker, action_entry};

pub(crate) use memcached::{Memcached, RequestMemory};

impl PluginKind for Memcached {
    const NAME: &'static CStr = c"mod_memcached";
    type WorkerState = Client;
    type RequestState = RequestMemory;

    fn start_worker(worker: Worker) -> Client {
        Client::new(worker, Arc::default())
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
