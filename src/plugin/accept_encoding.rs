//! `Accept-Encoding` while a backend runs: exactly the codings that the key names.
//!
//! What the backend makes suits everybody who shares the item, and no coding is
//! left out only because the first visitor did not accept it. Later actions see
//! the client's own header again.

use memcached_core::policy::identity::KeyCodings;

use super::memcached::{Memcached, Replaced, Request};
use crate::host::{BodyFilter, FilterIo, Flow, ResponseState};

const NAME: &[u8] = b"Accept-Encoding";

/// Overwrites the header, for the lookup that made the key.
pub(super) fn overwrite(vr: &mut Request<'_>, codings: &KeyCodings<'_>) {
    let value = codings.encodings.header_value(codings.set);
    let mut memory = vr.take_state().unwrap_or_default();
    if let Some(replaced) = &mut memory.accept_encoding {
        // By a lookup that this one is nested in.
        replaced.lookups += 1;
        vr.set_state(memory);
        set(vr, &value);
        return;
    }
    let mut own = vr.request_headers().filter(|(name, _)| is_own(name));
    let is_same = own.next().is_some_and(|(_, own)| own == value) && own.next().is_none();
    if !is_same && vr.add_filter_out(AtTheEnd) {
        let lines = vr.request_headers().filter(|(name, _)| is_own(name));
        memory.accept_encoding = Some(Replaced {
            lines: lines
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            lookups: 1,
        });
        set(vr, &value);
    }
    vr.set_state(memory);
}

/// The headers of a request as the client sent them, for keys: those of nested
/// lookups must not depend on what another one asks the backend for.
pub(super) fn client_headers<'v>(
    vr: &'v Request<'_>,
) -> impl Iterator<Item = (&'v [u8], &'v [u8])> + Clone {
    let replaced = vr
        .state()
        .and_then(|memory| memory.accept_encoding.as_ref());
    let lines = replaced
        .map(|replaced| &*replaced.lines)
        .unwrap_or_default();
    vr.request_headers()
        .filter(move |(name, _)| replaced.is_none() || !is_own(name))
        .chain(lines.iter().map(|(name, value)| (&**name, &**value)))
}

/// A store has run, for the lookup that led to it. Puts the header back if no
/// other lookup waits for its store.
pub(super) fn store_has_run(vr: &mut Request<'_>) {
    let Some(mut memory) = vr.take_state() else {
        return;
    };
    if let Some(replaced) = &mut memory.accept_encoding {
        replaced.lookups -= 1;
        if replaced.lookups == 0 {
            vr.set_state(memory);
            put_back(vr);
            return;
        }
    }
    vr.set_state(memory);
}

fn put_back(vr: &mut Request<'_>) {
    let Some(mut memory) = vr.take_state() else {
        return;
    };
    let replaced = memory.accept_encoding.take();
    vr.set_state(memory);
    let Some(replaced) = replaced else {
        return;
    };
    vr.remove_request_header(NAME);
    for (name, value) in &replaced.lines {
        vr.add_request_header(name, value);
    }
}

fn set(vr: &mut Request<'_>, value: &[u8]) {
    vr.remove_request_header(NAME);
    vr.add_request_header(NAME, value);
}

fn is_own(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(NAME)
}

/// Puts the header back when the body has come to its end, whether a store has
/// run or not: logs and scripts show what the client sent.
struct AtTheEnd;

impl BodyFilter for AtTheEnd {
    type Plugin = Memcached;

    fn handle(&mut self, vr: Option<&mut Request<'_>>, io: &mut FilterIo<'_>) -> Flow {
        let Some(vr) = vr else {
            return io.pass_through();
        };
        if vr.response_state() != ResponseState::Ready {
            // It was added before anything handled the request.
            return Flow::WaitForEvent;
        }
        if io.input_gone() || io.input_closed() {
            put_back(vr);
        }
        io.pass_through()
    }

    fn output_gone(&mut self, vr: Option<&mut Request<'_>>) {
        if let Some(vr) = vr {
            put_back(vr);
        }
    }
}
