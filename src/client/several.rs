//! Keys that a script asks for together, each on a server of its own.
//!
//! Those of one server are one command. If the server refuses that, as a proxy does that
//! has lost one of its own, they are asked for one by one, and for some time after that
//! so from the beginning: a refusal costs the connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use memcached_core::protocol::{Key, Lane, Reply, Retrieve};
use memcached_core::server::Outcome;

use super::Client;
use super::completion::{Complete, Completion};
use super::driver::Driver;
use super::scripts::ScriptPool;
use crate::host::BufferSlice;

/// What came of some of the keys.
pub(crate) struct Part {
    /// Which keys these are, in the order in which the outcome counts them.
    pub(crate) positions: Vec<usize>,
    pub(crate) outcome: Outcome<BufferSlice>,
}

/// Whoever wants to know what came of all keys. As with [`Complete`], nothing may be
/// submitted from within.
pub(crate) type Parts = Box<dyn FnOnce(Vec<Part>)>;

/// Keys that have to be asked for one by one.
#[derive(Default)]
pub(super) struct Severals {
    due: RefCell<VecDeque<Rc<OfServer>>>,
}

impl Severals {
    /// Sends what is due.
    pub(super) fn hand_out(&self) {
        loop {
            let next = self.due.borrow_mut().pop_front();
            match next {
                Some(of_server) => of_server.ask_one_by_one(),
                None => return,
            }
        }
    }
}

impl Client {
    /// Finds several keys for a script, each where it is.
    pub(crate) fn script_get_several(&self, servers: &ScriptPool, keys: Vec<Key>, parts: Parts) {
        let mut by_server: Vec<OfServer> = Vec::new();
        let all = Rc::new(Gathering {
            missing: Cell::new(keys.len()),
            found: RefCell::default(),
            parts: Cell::new(Some(parts)),
        });
        for (position, key) in keys.into_iter().enumerate() {
            let (_, driver) = self.0.drivers.of_scripts_key(servers, &key);
            let mut known = by_server.iter_mut();
            match known.find(|known| Rc::ptr_eq(&known.driver, &driver)) {
                Some(known) => {
                    known.keys.push(key);
                    known.positions.push(position);
                }
                None => by_server.push(OfServer {
                    severals: Rc::clone(&self.0.severals),
                    all: Rc::clone(&all),
                    driver,
                    timeout: servers.timeout,
                    keys: vec![key],
                    positions: vec![position],
                }),
            }
        }
        for of_server in by_server {
            let of_server = Rc::new(of_server);
            if of_server.driver.refuses_several() {
                of_server.ask_one_by_one();
            } else {
                of_server.ask();
            }
        }
        self.0.severals.hand_out();
    }
}

/// What came of the keys so far.
struct Gathering {
    /// How many keys have no outcome yet.
    missing: Cell<usize>,
    found: RefCell<Vec<Part>>,
    parts: Cell<Option<Parts>>,
}

impl Gathering {
    fn add(&self, part: Part) {
        let missing = self.missing.get().saturating_sub(part.positions.len());
        self.missing.set(missing);
        self.found.borrow_mut().push(part);
        if missing == 0 {
            if let Some(parts) = self.parts.take() {
                parts(self.found.take());
            }
        }
    }
}

/// The keys that are on one server.
struct OfServer {
    severals: Rc<Severals>,
    all: Rc<Gathering>,
    driver: Rc<Driver>,
    timeout: Duration,
    keys: Vec<Key>,
    positions: Vec<usize>,
}

impl OfServer {
    fn ask(self: &Rc<Self>) {
        let Some((first, more)) = self.keys.split_first() else {
            return;
        };
        let command = Retrieve::several(first.clone(), more.iter().cloned()).with_cas();
        let completion = Completion::new(Rc::<Self>::clone(self));
        self.driver
            .submit_or_fail(Lane::Script, command.into(), self.timeout, completion);
    }

    fn ask_one_by_one(&self) {
        for (key, &position) in self.keys.iter().zip(&self.positions) {
            let one = Rc::new(Self {
                severals: Rc::clone(&self.severals),
                all: Rc::clone(&self.all),
                driver: Rc::clone(&self.driver),
                timeout: self.timeout,
                keys: vec![key.clone()],
                positions: vec![position],
            });
            one.ask();
        }
    }
}

impl Complete for OfServer {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        if self.keys.len() > 1 && matches!(outcome, Outcome::Reply(Reply::ServerError(_))) {
            self.driver.has_refused_several();
            let severals = Rc::clone(&self.severals);
            severals.due.borrow_mut().push_back(self);
            return;
        }
        self.all.add(Part {
            positions: self.positions.clone(),
            outcome,
        });
    }
}
