//! The plugin itself: its two actions and what it keeps for each worker.

#![forbid(unsafe_code)]

mod lookup;
mod options;
mod store;

use std::ffi::CStr;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use memcached_core::protocol::Key;

use crate::client::{Client, LookupHandle};
use options::Environment;

use crate::host::{ActionEntry, Level, Plugin, Server, SockAddr, VRequest, Worker, action_entry};

/// `mod_memcached` as the host sees it.
pub struct Memcached;

/// What the plugin remembers of one request of a client: first for the lookup
/// that it waits for, then, if that was a hit, until the request ends.
pub struct RequestState {
    /// Where it was asked for.
    server: SockAddr,
    /// The key that was asked for; once remembered, the key whose item is being
    /// sent as the answer.
    key: Key,
    /// The lookup, while it is under way.
    lookup: Option<LookupHandle>,
}

impl Plugin for Memcached {
    const NAME: &'static CStr = c"mod_memcached";
    type Shared = ();
    type Worker = Client;
    type Request = RequestState;

    fn share(_server: Server<'_>) {}

    fn start_worker(_shared: &Arc<()>, worker: Worker) -> Client {
        Client::new(worker)
    }

    fn stop_worker(client: &Client) {
        client.shutdown();
    }

    fn actions() -> Vec<ActionEntry<Self>> {
        vec![
            action_entry::<lookup::LookupAction>(),
            action_entry::<store::StoreAction>(),
        ]
    }
}

/// Tells of a decision: in a variable of the request's environment, for access
/// logs, header actions and backends, unless the option `environment` is off;
/// and in the log if somebody asked for it.
fn tell(
    vr: &mut VRequest<'_, Memcached>,
    options: Environment,
    variable: &str,
    text: fmt::Arguments<'_>,
    line: fmt::Arguments<'_>,
) {
    if options == Environment::Set {
        match text.as_str() {
            Some(text) => vr.set_environment(variable, text),
            None => vr.set_environment(variable, &text.to_string()),
        }
    }
    if vr.debug_requests() {
        vr.log(Level::Debug, &line.to_string());
    }
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
