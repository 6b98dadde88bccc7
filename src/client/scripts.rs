//! What scripts ask for.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use memcached_core::namespace::Name;
use memcached_core::pool::Pool;
use memcached_core::protocol::{Command, Delete, Key, Lane};
use memcached_core::purge::Purge;
use memcached_core::server::Failure;

use super::address::Address;
use super::both::both;
use super::driver::Driver;
use super::drivers::Drivers;
use super::namespaces::submit_bump;
use super::near::watched;
use super::{Client, Completion};

/// The servers that a script means.
#[derive(Clone)]
pub(crate) struct ScriptPool {
    pub(crate) pool: Arc<Pool<Address>>,
    /// Whether it is one of the configuration, whose servers are never forgotten.
    pub(crate) is_configured: bool,
    /// The longest wait for an answer.
    pub(crate) timeout: Duration,
    /// The most that an item may live where another server stands in, in seconds.
    pub(crate) failover_ttl: u32,
}

impl Drivers {
    /// The driver of one of the servers that a script means.
    fn of_scripts_server(&self, servers: &ScriptPool, at: usize) -> Rc<Driver> {
        if servers.is_configured {
            self.at(&servers.pool, at)
        } else {
            self.of_script(&servers.pool.servers()[at].address)
        }
    }

    /// The position of the server that a key is on now, and the driver of that.
    pub(super) fn of_scripts_key(&self, servers: &ScriptPool, key: &Key) -> (usize, Rc<Driver>) {
        let refuses = |at| self.of_scripts_server(servers, at).refuses();
        let at = servers.pool.place(key, refuses);
        (at, self.of_scripts_server(servers, at))
    }

    /// The drivers of all servers that may have an item of a key: its own, and the one
    /// that stands in for it.
    fn all_of_scripts_key(
        &self,
        servers: &ScriptPool,
        key: &Key,
    ) -> (Rc<Driver>, Option<Rc<Driver>>) {
        let driver = |at| self.of_scripts_server(servers, at);
        let other = servers.pool.stand_in(key, |at| driver(at).refuses());
        (driver(servers.pool.route(key)), other.map(driver))
    }
}

impl Client {
    /// A script is about to use these servers for the first time, or once more.
    pub(crate) fn script_begins(&self, servers: &ScriptPool) {
        if !servers.is_configured {
            self.0.drivers.tell_names(&servers.pool);
        }
    }

    /// Where a key is, and where it is now if another server stands in for that.
    pub(crate) fn script_whereabouts(
        &self,
        servers: &ScriptPool,
        key: &Key,
    ) -> (String, Option<String>) {
        let home = servers.pool.route(key);
        let (now, _) = self.0.drivers.of_scripts_key(servers, key);
        let show = |at: usize| servers.pool.servers()[at].address.to_string();
        (show(home), (now != home).then(|| show(now)))
    }

    /// The most that an item of a key may live, in seconds, if another server stands in
    /// for that of the key.
    pub(crate) fn script_longest(&self, servers: &ScriptPool, key: &Key) -> Option<u32> {
        if !servers.pool.spec().fails_over() {
            return None;
        }
        let (now, _) = self.0.drivers.of_scripts_key(servers, key);
        (now != servers.pool.route(key)).then_some(servers.failover_ttl)
    }

    /// Submits the request of a script, after all that scripts submitted to the
    /// same server before. The outcome always comes by way of `completion`, at
    /// once if the server cannot be asked now.
    pub(crate) fn script_request(
        &self,
        servers: &ScriptPool,
        key: &Key,
        command: Command<Vec<u8>>,
        completion: Completion,
    ) {
        let (_, driver) = self.0.drivers.of_scripts_key(servers, key);
        self.submit_of_script(&driver, command, servers.timeout, completion);
    }

    fn submit_of_script(
        &self,
        driver: &Driver,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) {
        self.0.before(driver, &command);
        let completion = watched(&self.0.lookups, driver, &command, completion);
        driver.submit_or_fail(Lane::Script, command, timeout, completion);
    }

    /// The same where nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub(crate) fn script_send_and_forget(
        &self,
        servers: &ScriptPool,
        key: &Key,
        command: Command<Vec<u8>>,
    ) -> Result<(), Failure> {
        let (_, driver) = self.0.drivers.of_scripts_key(servers, key);
        self.forget(&driver, command, servers.timeout)
    }

    fn forget(
        &self,
        driver: &Driver,
        command: Command<Vec<u8>>,
        timeout: Duration,
    ) -> Result<(), Failure> {
        self.0.before(driver, &command);
        let completion = watched(&self.0.lookups, driver, &command, driver.unattended());
        let submitted = driver.submit(Lane::Script, command, timeout, completion);
        submitted.map(drop).map_err(|refused| refused.failure)
    }

    /// Deletes an item for a script, also where another server stands in for its own.
    pub(crate) fn script_delete(&self, servers: &ScriptPool, key: &Key, completion: Completion) {
        let drivers = self.0.drivers.all_of_scripts_key(servers, key);
        both(drivers, completion, |driver, completion| {
            let command = delete(key.clone()).into();
            self.submit_of_script(&driver, command, servers.timeout, completion);
        });
    }

    /// The same where nobody waits for the outcome.
    ///
    /// # Errors
    /// A server cannot be asked now.
    pub(crate) fn script_delete_and_forget(
        &self,
        servers: &ScriptPool,
        key: &Key,
    ) -> Result<(), Failure> {
        let (home, other) = self.0.drivers.all_of_scripts_key(servers, key);
        let forget = |driver: &Driver| {
            let command = delete(key.clone()).into();
            self.forget(driver, command, servers.timeout)
        };
        let other = other.map_or(Ok(()), |other| forget(&other));
        forget(&home).and(other)
    }

    /// Purges an item for a script, as [`script_delete`](Self::script_delete).
    pub(crate) fn script_purge(&self, servers: &ScriptPool, purge: &Purge, completion: Completion) {
        let drivers = self.0.drivers.all_of_scripts_key(servers, purge.key());
        both(drivers, completion, |driver, completion| {
            let (purge, timeout) = (purge.clone(), servers.timeout);
            let purges = &self.0.purges;
            purges.purge(driver, Lane::Script, purge, timeout, completion);
        });
    }

    /// Gives up all items of a namespace for a script, as
    /// [`script_request`](Self::script_request).
    pub(crate) fn script_bump(&self, servers: &ScriptPool, name: &Name, completion: Completion) {
        // As for actions, no other server stands in.
        let home = servers.pool.route(&name.key());
        let driver = self.0.drivers.of_scripts_server(servers, home);
        let (namespaces, timeout) = (&self.0.namespaces, servers.timeout);
        submit_bump(namespaces, &driver, Lane::Script, name, timeout, completion);
        namespaces.hand_out();
    }
}

const fn delete(key: Key) -> Delete {
    let may_repeat = false;
    Delete { key, may_repeat }
}
