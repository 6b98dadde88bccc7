//! What scripts ask for.

use std::time::Duration;

use memcached_core::namespace::Name;
use memcached_core::protocol::{Command, Lane};
use memcached_core::purge::Purge;
use memcached_core::server::Failure;

use super::namespaces::submit_bump;
use super::near::watched;
use super::{Client, Completion};
use crate::host::SockAddr;

impl Client {
    /// Submits the request of a script, after all that scripts submitted to the
    /// same server before. The outcome always comes by way of `completion`, at
    /// once if the server cannot be asked now.
    pub(crate) fn script_request(
        &self,
        server: &SockAddr,
        command: Command<Vec<u8>>,
        timeout: Duration,
        completion: Completion,
    ) {
        let driver = self.0.drivers.of_script(server);
        self.0.before(&driver, &command);
        let completion = watched(&self.0.lookups, &driver, &command, completion);
        driver.submit_or_fail(Lane::Script, command, timeout, completion);
    }

    /// The same where nobody waits for the outcome.
    ///
    /// # Errors
    /// The server cannot be asked now.
    pub(crate) fn script_send_and_forget(
        &self,
        server: &SockAddr,
        command: Command<Vec<u8>>,
        timeout: Duration,
    ) -> Result<(), Failure> {
        let driver = self.0.drivers.of_script(server);
        self.0.before(&driver, &command);
        let completion = watched(&self.0.lookups, &driver, &command, driver.unattended());
        let submitted = driver.submit(Lane::Script, command, timeout, completion);
        submitted.map(drop).map_err(|refused| refused.failure)
    }

    /// Purges an item for a script, as [`script_request`](Self::script_request).
    pub(crate) fn script_purge(
        &self,
        server: &SockAddr,
        purge: Purge,
        timeout: Duration,
        completion: Completion,
    ) {
        let driver = self.0.drivers.of_script(server);
        let purges = &self.0.purges;
        purges.purge(driver, Lane::Script, purge, timeout, completion);
    }

    /// Gives up all items of a namespace for a script, as
    /// [`script_request`](Self::script_request).
    pub(crate) fn script_bump(
        &self,
        server: &SockAddr,
        name: &Name,
        timeout: Duration,
        completion: Completion,
    ) {
        let driver = self.0.drivers.of_script(server);
        let namespaces = &self.0.namespaces;
        submit_bump(namespaces, &driver, Lane::Script, name, timeout, completion);
        namespaces.hand_out();
    }
}
