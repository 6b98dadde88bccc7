//! A response that is not stored goes to the client that waits for the copy of its
//! request that got it: so the backend is not asked for it once more.
//!
//! Nobody but this client gets it, and only where it sent nothing that the copy had to
//! leave out.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use memcached_core::policy::{Exchange, NotStored};
use memcached_core::protocol::{Pieces, Value};
use memcached_core::stored::{HeadSpec, HeadWriter, NewItem};

use super::memcached::{Memcached, Request};
use crate::client::{Client, unix_now};
use crate::host::{BodyFilter, Buffer, BufferSlice, FilterIo, Flow, RunningCopy, Timer};

/// Where a copy leaves a response for the client that waits for it.
#[derive(Clone)]
pub(super) struct Handover(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    /// Errors of the backend are wanted too: there is nothing else to be served.
    wants_errors: bool,
    /// How long the client waits for a body whose head has come: its own request would
    /// pass that on as it comes.
    limit: Duration,
    client: Client,
    timer: RefCell<Option<Timer>>,
}

#[derive(Default)]
enum State {
    /// There is none, or not all of it has come.
    #[default]
    Missing,
    /// Its body is coming.
    Coming,
    Whole(Box<Unstored>),
}

/// A whole response that is not stored.
pub(super) struct Unstored {
    /// In the form of an item.
    pub(super) response: Value<BufferSlice>,
    pub(super) why: NotStored,
}

/// Headers that are for one client, or that an item does not have.
const NOT_IN_ITEMS: [&[u8]; 2] = [b"Set-Cookie", b"Set-Cookie2"];

/// Errors of a backend (RFC 5861, section 4).
pub(super) const fn is_error(status: i32) -> bool {
    matches!(status, 500 | 502..=504)
}

impl Handover {
    pub(super) fn new(client: Client, limit: Duration, wants_errors: bool) -> Self {
        Self(Rc::new(Inner {
            state: RefCell::default(),
            wants_errors,
            limit,
            client,
            timer: RefCell::default(),
        }))
    }

    /// Whether a copy is taking a response in.
    pub(super) fn is_coming(&self) -> bool {
        matches!(*self.0.state.borrow(), State::Coming)
    }

    /// Ends the copy, unless it is taking a response in: then, if that takes too long.
    pub(super) fn end(&self, copy: &RunningCopy) {
        if !self.is_coming() {
            copy.cancel();
            return;
        }
        let copy = copy.clone();
        let timer = self.0.client.timer(self.0.limit, move || copy.cancel());
        self.0.timer.replace(Some(timer));
    }

    /// The response, if all of it has come.
    pub(super) fn take(&self) -> Option<Unstored> {
        match self.0.state.take() {
            State::Whole(unstored) => Some(*unstored),
            State::Missing | State::Coming => None,
        }
    }

    fn set(&self, state: State) {
        self.0.state.replace(state);
    }
}

/// The response is not going to be stored. Where a client waits for it, and its body has
/// at most so many bytes, it is kept for the client.
pub(super) fn hand_over(vr: &mut Request<'_>, why: &NotStored, most: u64) {
    let making = vr.state().and_then(|memory| memory.making.as_ref());
    let Some(handover) = making.and_then(|making| making.handover.clone()) else {
        return;
    };
    if is_error(vr.status()) && !handover.0.wants_errors {
        return;
    }
    let Some((item, length)) = begun(vr).filter(|(_, length)| *length <= most) else {
        return;
    };
    // Before, since adding a filter can run it.
    handover.set(State::Coming);
    let mut taking = Taking {
        handover,
        item,
        length,
        status: vr.status(),
        why: why.clone(),
    };
    if length == 0 {
        // Its end may be a long time off.
        taking.finish();
        return;
    }
    // One that cannot be added is dropped.
    let _ = vr.add_filter_out(taking);
}

/// The item, and how long its body is going to be. An end that nobody announced may be a
/// long time off.
fn begun(vr: &Request<'_>) -> Option<(NewItem, u64)> {
    let mut exchange = Exchange::new(vr.method(), vr.status());
    let mut head = HeadWriter::default();
    let memory = vr.state();
    for (name, value) in vr.response_headers() {
        if NOT_IN_ITEMS.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            return None;
        }
        exchange.observe_response(name, value);
        if !memory.is_some_and(|memory| memory.is_own_header(name, value)) {
            head.push(name, value);
        }
    }
    let now = unix_now();
    let spec = HeadSpec {
        age_secs: exchange.age(now),
        ..HeadSpec::new(u16::try_from(vr.status()).ok()?, now)
    };
    let item = head.encode(&spec, |_| false).ok()?;
    Some((item, exchange.length()?))
}

/// Takes a body in as it passes.
struct Taking {
    handover: Handover,
    item: NewItem,
    length: u64,
    status: i32,
    why: NotStored,
}

impl BodyFilter for Taking {
    type Plugin = Memcached;

    fn handle(&mut self, vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) -> Flow {
        if !self.handover.is_coming() {
            return io.pass_through();
        }
        let is_more = self.item.body_len() + io.input_len() > self.length;
        let item = &mut self.item;
        if is_more || io.read_all(|bytes| item.push_body(bytes)).is_err() {
            self.handover.set(State::Missing);
            return io.pass_through();
        }
        let is_whole = io.input_closed() && self.item.body_len() == self.length;
        if let Some(vr) = vr.filter(|_| is_whole) {
            let is_cut = vr.state().is_some_and(|memory| memory.is_cut);
            if vr.status() == self.status && !is_cut {
                self.finish();
            }
        }
        io.pass_through()
    }
}

impl Taking {
    fn finish(&mut self) {
        let bytes = std::mem::take(&mut self.item).finish();
        let mut pieces = Pieces::default();
        pieces.push(Buffer::holding([&bytes[..]].into_iter()));
        let response = Value {
            flags: 0,
            marks: None,
            len: bytes.len() as u64,
            pieces,
        };
        let why = self.why.clone();
        self.handover
            .set(State::Whole(Box::new(Unstored { response, why })));
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if self.handover.is_coming() {
            self.handover.set(State::Missing);
        }
    }
}
