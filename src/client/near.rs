//! What was found lately: asked before memcached is, and filled with what that has answered.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use memcached_core::lookup::near::{Page, Reading};
use memcached_core::lookup::{Place, ServerId};
use memcached_core::pool::Pool;
use memcached_core::protocol::{
    Command, Found, FoundValues, Key, Lane, Pieces, Reply, Retrieve, Value,
};
use memcached_core::server::Outcome;
use memcached_core::stored::{Head, Kind};

use super::Client;
use super::address::Address;
use super::completion::{Complete, Completion};
use super::driver::Driver;
use super::lookups::Lookups;
use super::scripts::ScriptPool;
use crate::host::{Buffer, BufferSlice};

/// A value that was found lately.
pub(crate) type NearPage = Page<BufferSlice>;

impl Client {
    fn place(&self, pool: &Arc<Pool<Address>>, key: &Key) -> Place {
        Place {
            server: self.0.drivers.server_of(pool, key),
            key: key.clone(),
        }
    }

    /// The key of these bytes, if something was found for it lately.
    pub(crate) fn near_key(&self, pool: &Arc<Pool<Address>>, text: &[u8]) -> Option<Key> {
        let server = self.0.drivers.only_server(pool)?;
        let mut core = self.0.lookups.core.borrow_mut();
        core.near().key(server, text)
    }

    /// What was found for a key of a pool, if it is fresh and was asked for less than `most` ago.
    pub(crate) fn near(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        most: Duration,
    ) -> Option<Rc<NearPage>> {
        let place = self.place(pool, key);
        let lookups = &self.0.lookups;
        let now = lookups.now();
        let found = lookups.core.borrow_mut().near().find(now, &place, most)?;
        self.0.publish_later();
        Some(found)
    }

    /// The same for who could not ask memcached, fresh or not.
    pub(crate) fn near_on_error(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        most: Duration,
    ) -> Option<Rc<NearPage>> {
        let place = self.place(pool, key);
        let lookups = &self.0.lookups;
        let now = lookups.now();
        let mut core = lookups.core.borrow_mut();
        core.near().find_old(now, &place, most)
    }

    /// Keeps what a reading has found, a whole response with this head or a value as it is, for
    /// as long as it is fresh if that is known.
    pub(crate) fn keep_near(
        &self,
        pool: &Arc<Pool<Address>>,
        key: &Key,
        reading: &Reading,
        value: &Value<BufferSlice>,
        head: Option<&Head<'_>>,
        fresh_for: Option<Duration>,
    ) {
        let place = self.place(pool, key);
        self.0
            .lookups
            .keep_near(reading, place, value, head, fresh_for);
    }

    /// Memcached has said that there is nothing for a key.
    pub(crate) fn forget_near(&self, pool: &Arc<Pool<Address>>, key: &Key) {
        let place = self.place(pool, key);
        let mut core = self.0.lookups.core.borrow_mut();
        core.near().remove(&place);
    }
}

impl Lookups {
    pub(super) fn keep_near(
        &self,
        reading: &Reading,
        place: Place,
        value: &Value<BufferSlice>,
        head: Option<&Head<'_>>,
        fresh_for: Option<Duration>,
    ) {
        let page = || Page::new(copied(value), head.map(|head| head.clone().into_owned()));
        let now = self.now();
        let mut core = self.core.borrow_mut();
        core.keep_near(now, reading, place, fresh_for, value.len, page);
    }
}

/// The same value in a buffer of its own, which has no room for more: buffers that were read into
/// are large, and hold other values too.
fn copied(value: &Value<BufferSlice>) -> Value<BufferSlice> {
    let mut pieces = Pieces::default();
    if value.len > 0 {
        let parts = value.pieces.iter().map(AsRef::as_ref);
        pieces.push(Buffer::holding(parts));
    }
    Value {
        flags: value.flags,
        marks: None,
        len: value.len,
        pieces,
    }
}

impl Client {
    /// Finds the value of a key for a script: what was found less than `most` ago, else as
    /// [`script_request`](Self::script_request) does.
    pub(crate) fn script_get_near(
        &self,
        servers: &ScriptPool,
        key: Key,
        most: Duration,
        completion: Completion,
    ) {
        let (_, driver) = self.0.drivers.of_scripts_key(servers, &key);
        let lookups = &self.0.lookups;
        let (now, server) = (lookups.now(), driver.id());
        let place = Place { server, key };
        let mut core = lookups.core.borrow_mut();
        let near = core.near().find(now, &place, most);
        let reading = core.reading(now, &place);
        drop(core);
        if let Some(page) = near {
            self.0.publish_later();
            let found = Found::Value(page.value().clone());
            let values = [(0, found)].into_iter().collect();
            completion.complete(Outcome::Reply(Reply::Values(values)));
            return;
        }
        let command = Retrieve::one(place.key.clone()).into();
        let completion = Completion::new(Rc::new(Keeping {
            lookups: Rc::clone(lookups),
            reading,
            place,
            completion: Some(completion).into(),
        }));
        driver.submit_or_fail(Lane::Script, command, servers.timeout, completion);
    }
}

/// Completes a script's `get`, and keeps what it has found.
struct Keeping {
    lookups: Rc<Lookups>,
    reading: Reading,
    place: Place,
    completion: Cell<Option<Completion>>,
}

impl Complete for Keeping {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        if let Outcome::Reply(Reply::Values(values)) = &outcome {
            self.keep(values);
        }
        if let Some(completion) = self.completion.take() {
            completion.complete(outcome);
        }
    }
}

impl Keeping {
    fn keep(&self, values: &FoundValues<BufferSlice>) {
        // Locks and markers of pages are no values.
        let is_value = |value: &&Value<_>| Kind::of(value.flags, value.len, false) == Kind::Page;
        let value = values.iter().find_map(|(_, found)| match found {
            Found::Value(value) => Some(value).filter(is_value),
            Found::TooLarge { .. } => None,
        });
        let place = self.place.clone();
        match value {
            Some(value) => self
                .lookups
                .keep_near(&self.reading, place, value, None, None),
            None => self.lookups.core.borrow_mut().near().remove(&place),
        }
    }
}

/// An item that a command changes. Lookups that began after that was submitted may still have
/// found what was there before.
pub(super) struct Change {
    lookups: Rc<Lookups>,
    server: ServerId,
    key: Key,
}

impl Change {
    /// That of an item with this key, at the server of a driver.
    pub(super) fn new(lookups: &Rc<Lookups>, driver: &Driver, key: &Key) -> Self {
        Self {
            lookups: Rc::clone(lookups),
            server: driver.id(),
            key: key.clone(),
        }
    }

    /// The command was answered, or is lost.
    pub(super) fn answered(&self) {
        self.lookups.changed(self.server, &self.key);
    }
}

/// Completes a command that changes an item.
struct Changing {
    change: Change,
    completion: Cell<Option<Completion>>,
}

impl Complete for Changing {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        self.change.answered();
        if let Some(completion) = self.completion.take() {
            completion.complete(outcome);
        }
    }
}

/// The completion of a command, which is about to be submitted to a driver.
pub(super) fn watched(
    lookups: &Rc<Lookups>,
    driver: &Driver,
    command: &Command<Vec<u8>>,
    completion: Completion,
) -> Completion {
    let Some(key) = command.changes() else {
        return completion;
    };
    Completion::new(Rc::new(Changing {
        change: Change::new(lookups, driver, key),
        completion: Some(completion).into(),
    }))
}
