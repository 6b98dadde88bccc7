//! The plugin itself: its actions, and what it keeps for workers and requests.

#![forbid(unsafe_code)]

mod agreed;
mod backend_headers;
mod cache;
mod cache_status;
mod counting;
mod delete;
mod handover;
mod keys;
mod lookup;
mod memcached;
mod near_memory;
mod note;
mod options;
mod pools;
mod publish;
mod seldom;
mod status;
mod store;

use std::ffi::CStr;
use std::sync::Arc;

use crate::client::{Address, Client, Counters, NamedPool, forget_papers};
use crate::host::{ActionEntry, Plugin, Server, SetupEntry, Worker, action_entry, setup_entry};
use near_memory::NearMemory;

pub(crate) use memcached::{Memcached, RequestMemory};

impl Plugin for Memcached {
    const NAME: &'static CStr = c"mod_memcached";
    type Shared = Counters;
    type Worker = Client;
    type Request = RequestMemory;

    fn share(_server: Server<'_>) -> Counters {
        forget_papers();
        Counters::new()
    }

    fn start_worker(counters: &Arc<Counters>, worker: Worker) -> Client {
        Client::new(worker, Arc::clone(counters), NearMemory::bytes())
    }

    fn stop_worker(client: &Client) {
        client.shutdown();
    }

    fn renew(memory: &mut RequestMemory) -> bool {
        *memory = RequestMemory::default();
        true
    }

    fn actions() -> Vec<ActionEntry<Self>> {
        vec![
            action_entry::<cache::CacheAction>(),
            action_entry::<lookup::LookupAction>(),
            action_entry::<store::StoreAction>(),
            action_entry::<delete::DeleteAction>(),
            action_entry::<status::StatusAction>(),
        ]
    }

    fn setups() -> Vec<SetupEntry<Self>> {
        NearMemory::reset();
        NamedPool::forget_all();
        Address::forget_names();
        forget_papers();
        vec![
            setup_entry::<pools::PoolSetup>(),
            setup_entry::<NearMemory>(),
        ]
    }
}
