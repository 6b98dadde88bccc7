//! Items that are purged.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use memcached_core::namespace::{Name, Visit};
use memcached_core::pool::Pool;
use memcached_core::protocol::{Key, Lane, Reply, Status};
use memcached_core::purge::{Mode, Purge, Purged, Route};
use memcached_core::server::Outcome;

use super::address::Address;
use super::completion::{Complete, Completion};
use super::counters::{DeleteCounts, increment};
use super::driver::Driver;
use super::drivers::Drivers;
use super::leases::Leases;
use super::namespaces::{Namespaces, submit_bump};
use super::together::{Expected, PurgeHandle, Together};
use crate::host::{BufferSlice, Waker, Worker};

/// Items that are to be purged.
pub(crate) struct Items {
    /// The texts of their keys, without the count of a namespace.
    pub(crate) texts: Vec<Vec<u8>>,
    pub(crate) namespace: Option<Name>,
    pub(crate) mode: Mode,
    /// What the log says if it fails, before the reason.
    pub(crate) label: &'static str,
}

/// Where the purges of one worker are carried out.
pub(super) struct Purges {
    worker: Worker,
    drivers: Rc<Drivers>,
    leases: Rc<Leases>,
    namespaces: Rc<Namespaces>,
    counts: Rc<DeleteCounts>,
    /// Whose next command is due.
    due: RefCell<VecDeque<Rc<PurgeOfItem>>>,
}

impl Purges {
    pub(super) fn new(
        worker: Worker,
        drivers: Rc<Drivers>,
        leases: Rc<Leases>,
        namespaces: Rc<Namespaces>,
    ) -> Self {
        Self {
            worker,
            drivers,
            leases,
            namespaces,
            counts: Rc::default(),
            due: RefCell::default(),
        }
    }

    pub(super) fn counts(&self) -> &DeleteCounts {
        &self.counts
    }

    /// Purges items of a pool, after all that was to be stored there before. `waker`
    /// wakes the request once it is done, or `timeout` is over.
    pub(super) fn begin(
        self: &Rc<Self>,
        pool: &Arc<Pool<Address>>,
        items: Items,
        timeout: Duration,
        waker: Waker,
    ) -> PurgeHandle {
        let together = Together::new(items.label);
        let batch = Batch {
            purges: Rc::clone(self),
            pool: Arc::clone(pool),
            mode: items.mode,
            timeout,
            together: Rc::clone(&together),
        };
        match items.namespace {
            None => batch.begin(&items.texts),
            Some(name) => Counting::begin(batch, items.texts, &name),
        }
        self.hand_out();
        PurgeHandle::new(&self.worker, together, timeout, waker)
    }

    /// Gives up all items of a namespace. `waker` wakes the request once it is done, or
    /// `timeout` is over.
    pub(super) fn begin_bump(
        &self,
        pool: &Arc<Pool<Address>>,
        name: &Name,
        timeout: Duration,
        waker: Waker,
    ) -> PurgeHandle {
        let together = Together::new("namespace not bumped");
        let driver = self.drivers.home_of_key(pool, &name.key());
        let completion = together.expect(driver.log()).completion(|_| {});
        let namespaces = &self.namespaces;
        submit_bump(namespaces, &driver, Lane::Store, name, timeout, completion);
        namespaces.hand_out();
        PurgeHandle::new(&self.worker, together, timeout, waker)
    }

    /// Purges one item, on a lane of its own order.
    pub(super) fn purge(
        self: &Rc<Self>,
        driver: Rc<Driver>,
        lane: Lane,
        purge: Purge,
        timeout: Duration,
        completion: Completion,
    ) {
        // A lookup that begins later must not be answered by one from before.
        self.leases.changed(driver.id(), purge.key());
        let item = Rc::new(PurgeOfItem {
            purges: Rc::clone(self),
            driver,
            lane,
            timeout,
            purge: RefCell::new(purge),
            completion: Cell::new(Some(completion)),
        });
        item.send();
        self.hand_out();
    }

    /// Sends what is due.
    pub(super) fn hand_out(&self) {
        loop {
            let next = self.due.borrow_mut().pop_front();
            match next {
                Some(item) => item.send(),
                None => return,
            }
        }
    }
}

/// Items of one pool that are purged together.
struct Batch {
    purges: Rc<Purges>,
    pool: Arc<Pool<Address>>,
    mode: Mode,
    timeout: Duration,
    together: Rc<Together>,
}

impl Batch {
    fn begin(&self, texts: &[Vec<u8>]) {
        let purges = &self.purges;
        let keys = texts.iter().map(|text| Key::hashing(text));
        let mut items = Vec::new();
        for key in keys {
            let (home, stand_in) = purges.drivers.all_of_key(&self.pool, &key);
            for driver in stand_in.into_iter().chain([home]) {
                let expected = self.together.expect(driver.log());
                items.push((key.clone(), driver, expected));
            }
        }
        for (key, driver, expected) in items {
            increment(&purges.counts.deletes);
            let counts = Rc::clone(&purges.counts);
            let completion = expected.completion(move |is_done| {
                if !is_done {
                    increment(&counts.failed);
                }
            });
            let purge = Purge::new(key, self.mode);
            purges.purge(driver, Lane::Store, purge, self.timeout, completion);
        }
    }
}

/// Items whose keys wait for the count of their namespace. They are purged even if the
/// request that asked for it has gone.
struct Counting {
    batch: Batch,
    texts: RefCell<Vec<Vec<u8>>>,
    visit: RefCell<Visit>,
    expected: Expected,
}

impl Counting {
    fn begin(batch: Batch, texts: Vec<Vec<u8>>, name: &Name) {
        let purges = &batch.purges;
        let driver = purges.drivers.home_of_key(&batch.pool, &name.key());
        let visit = purges
            .namespaces
            .visit_anew(&batch.pool, name, batch.timeout);
        let counting = Rc::new(Self {
            expected: batch.together.expect(driver.log()),
            batch,
            texts: RefCell::new(texts),
            visit: RefCell::new(visit),
        });
        counting.proceed();
    }

    fn proceed(self: &Rc<Self>) {
        let again = || {
            let counting = Rc::clone(self);
            Box::new(move || counting.proceed()) as Box<dyn FnOnce()>
        };
        let namespaces = &self.batch.purges.namespaces;
        let found = namespaces.poll(&mut self.visit.borrow_mut(), again);
        match found {
            Poll::Pending => {}
            Poll::Ready(Ok(count)) => {
                let mut texts = self.texts.take();
                for text in &mut texts {
                    count.prefix(text);
                }
                self.batch.begin(&texts);
                self.expected.finish(Ok(0));
            }
            Poll::Ready(Err(why)) => self.expected.finish(Err(why.into())),
        }
    }
}

/// The purge of one item.
struct PurgeOfItem {
    purges: Rc<Purges>,
    driver: Rc<Driver>,
    lane: Lane,
    timeout: Duration,
    purge: RefCell<Purge>,
    completion: Cell<Option<Completion>>,
}

impl PurgeOfItem {
    fn send(self: &Rc<Self>) {
        let (route, command) = self.purge.borrow().command();
        let (driver, timeout) = (&self.driver, self.timeout);
        let completion = Completion::new(Rc::<Self>::clone(self));
        let lane = match route {
            Route::Ordered => self.lane,
            Route::Detect => Lane::Detect,
            Route::Pinned(pin) => {
                driver.submit_pinned_or_fail(pin, command, timeout, completion);
                return;
            }
        };
        driver.submit_or_fail(lane, command, timeout, completion);
    }
}

impl Complete for PurgeOfItem {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let result = self.purge.borrow_mut().handle(outcome);
        let Some(result) = result else {
            let purges = Rc::clone(&self.purges);
            purges.due.borrow_mut().push_back(self);
            return;
        };
        // A lookup that began while it was under way may have found the item; who asks
        // from now on must not.
        self.purges
            .leases
            .changed(self.driver.id(), self.purge.borrow().key());
        if let Some(completion) = self.completion.take() {
            completion.complete(match result {
                Purged::Found => Outcome::Reply(Reply::Status(Status::Deleted)),
                Purged::NotFound => Outcome::Reply(Reply::Status(Status::NotFound)),
                Purged::Refused(text) => Outcome::Reply(Reply::ServerError(text)),
                Purged::Failed(failure) => Outcome::Failed(failure),
            });
        }
    }
}
