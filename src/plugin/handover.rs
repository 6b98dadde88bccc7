//! A response that is not stored goes to the client that waits for the copy of its
//! request that got it: so the backend is not asked for it once more.
//!
//! Nobody but this client gets it, and only where it sent nothing that the copy had to
//! leave out.

use std::cell::RefCell;
use std::rc::Rc;

use memcached_core::policy::{Exchange, NotStored};
use memcached_core::protocol::{Pieces, Value};
use memcached_core::stored::{HeadSpec, HeadWriter, NewItem};

use super::memcached::{Memcached, Request};
use crate::client::unix_now;
use crate::host::{BodyFilter, Buffer, BufferSlice, FilterIo, Flow};

/// Where a copy leaves a response for the client that waits for it.
#[derive(Clone, Default)]
pub(super) struct Handover(Rc<RefCell<State>>);

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

impl Handover {
    /// Whether a copy is taking a response in.
    pub(super) fn is_coming(&self) -> bool {
        matches!(*self.0.borrow(), State::Coming)
    }

    /// The response, if all of it has come.
    pub(super) fn take(&self) -> Option<Unstored> {
        match self.0.take() {
            State::Whole(unstored) => Some(*unstored),
            State::Missing | State::Coming => None,
        }
    }
}

/// The response is not going to be stored. Where a client waits for it, and its body has
/// at most so many bytes, it is kept for the client.
pub(super) fn hand_over(vr: &mut Request<'_>, why: &NotStored, most: u64) {
    let making = vr.state().and_then(|memory| memory.making.as_ref());
    let Some(handover) = making.and_then(|making| making.handover.clone()) else {
        return;
    };
    let Some((item, length)) = begun(vr).filter(|(_, length)| *length <= most) else {
        return;
    };
    // Before, since adding a filter can run it.
    *handover.0.borrow_mut() = State::Coming;
    let taking = Taking {
        handover,
        item,
        length,
        status: vr.status(),
        why: why.clone(),
    };
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
            *self.handover.0.borrow_mut() = State::Missing;
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
        let mut buffer = Buffer::with_capacity(bytes.len());
        buffer.extend(&bytes);
        let mut pieces = Pieces::default();
        pieces.push(buffer.slice(0..bytes.len()));
        let response = Value {
            flags: 0,
            marks: None,
            len: bytes.len() as u64,
            pieces,
        };
        let why = self.why.clone();
        *self.handover.0.borrow_mut() = State::Whole(Box::new(Unstored { response, why }));
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        let mut state = self.handover.0.borrow_mut();
        if matches!(*state, State::Coming) {
            *state = State::Missing;
        }
    }
}
