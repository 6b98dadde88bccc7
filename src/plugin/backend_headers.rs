//! Headers of the request while a backend runs: what it makes must suit everybody
//! who shares the item.
//!
//! `Accept-Encoding` has exactly the codings that the key names, so that no coding
//! is left out only because the first visitor did not accept it. `Cookie` is taken
//! off where its cookies make no difference. `Surrogate-Capability` names this cache
//! alone, where it is one that responses can speak to: for another one, which a visitor has
//! made up, a backend might make a page that nobody can read. Later actions see the
//! client's own headers again.
//!
//! A header whose name a backend may take for one of these counts as that.

use memcached_core::http::SURROGATE_CAPABILITY;
use memcached_core::policy::identity::is_same_variable;

use super::keys::{Keyed, Keys};
use super::memcached::{HeaderLine, LastLookup, Memcached, Replaced, ReplacedHeader, Request};
use crate::host::{BodyFilter, FilterIo, Flow, ResponseState};

/// A header as a backend gets it.
struct Wanted {
    name: &'static [u8],
    /// Missing if it does not get it.
    value: Option<Vec<u8>>,
}

/// What a backend gets in place of the client's own headers.
fn wanted(lookup: &LastLookup) -> Vec<Wanted> {
    let LastLookup { keys, key, .. } = lookup;
    let Ok(key) = key else {
        return Vec::new();
    };
    let codings = keys.codings(key).map(|codings| Wanted {
        name: b"Accept-Encoding",
        value: Some(codings.encodings.header_value(codings.set)),
    });
    let cookies = keys.takes_cookies_off().then_some(Wanted {
        name: b"Cookie",
        value: None,
    });
    let surrogate = keys.is_surrogate().then(|| Wanted {
        name: b"Surrogate-Capability",
        value: Some(SURROGATE_CAPABILITY.into()),
    });
    codings
        .into_iter()
        .chain(cookies)
        .chain(surrogate)
        .collect()
}

/// Whether [`replace`] has anything to do for a key, so that [`store_has_run`] must
/// follow.
pub(super) fn replaces(keys: &Keys, key: &Keyed) -> bool {
    key.accepted.is_some() || keys.takes_cookies_off() || keys.is_surrogate()
}

/// Replaces headers, for the last lookup of the request.
pub(super) fn replace(vr: &mut Request<'_>) {
    let lookup = vr.state().and_then(|memory| memory.lookup.as_ref());
    let wanted = lookup.map_or_else(Vec::new, wanted);
    if wanted.is_empty() {
        return;
    }
    let Some(mut memory) = vr.take_state() else {
        return;
    };
    let all_same = wanted.iter().all(|wanted| wanted.is_in(vr));
    // If some are replaced, it is for a lookup that this one is nested in.
    let is_nested = memory.replaced.is_some();
    if !is_nested && (all_same || !vr.add_filter_out(AtTheEnd)) {
        vr.set_state(memory);
        return;
    }
    let replaced = memory.replaced.get_or_insert_with(|| Replaced {
        headers: Vec::new(),
        lookups: 0,
    });
    replaced.lookups += 1;
    for &Wanted { name, .. } in wanted.iter().filter(|wanted| !wanted.is_in(vr)) {
        if !replaced.headers.iter().any(|header| header.name == name) {
            let lines = lines(vr, name).collect();
            replaced.headers.push(ReplacedHeader { name, lines });
        }
    }
    vr.set_state(memory);
    for wanted in &wanted {
        let own: Vec<_> = lines(vr, wanted.name).map(|(name, _)| name).collect();
        for name in &own {
            vr.remove_request_header(name);
        }
        if let Some(value) = &wanted.value {
            vr.add_request_header(wanted.name, value);
        }
    }
}

impl Wanted {
    /// Whether the request has it like that.
    fn is_in(&self, vr: &Request<'_>) -> bool {
        let mut own = vr
            .request_headers()
            .filter(|(name, _)| is_same_variable(self.name, name));
        let is_like_that = match (own.next(), &self.value) {
            (Some((name, value)), Some(wanted)) => {
                name.eq_ignore_ascii_case(self.name) && value == wanted
            }
            (None, None) => true,
            _ => false,
        };
        is_like_that && own.next().is_none()
    }
}

fn lines(vr: &Request<'_>, wanted: &'static [u8]) -> impl Iterator<Item = HeaderLine> {
    vr.request_headers()
        .filter(move |(name, _)| is_same_variable(wanted, name))
        .map(|(name, value)| (name.into(), value.into()))
}

/// The headers of a request as the client sent them, for keys: those of nested
/// lookups must not depend on what another one asks the backend for.
pub(super) fn client_headers<'v>(
    vr: &'v Request<'_>,
) -> impl Iterator<Item = (&'v [u8], &'v [u8])> + Clone {
    let replaced = vr.state().and_then(|memory| memory.replaced.as_ref());
    let headers = replaced.map_or(&[][..], |replaced| &replaced.headers);
    let is_replaced = |name: &[u8]| {
        headers
            .iter()
            .any(|header| is_same_variable(header.name, name))
    };
    vr.request_headers()
        .filter(move |(name, _)| !is_replaced(name))
        .chain(
            headers
                .iter()
                .flat_map(|header| &header.lines)
                .map(|(name, value)| (&**name, &**value)),
        )
}

/// A store has run, for the lookup that led to it. Puts the headers back if no
/// other lookup waits for its store.
pub(super) fn store_has_run(vr: &mut Request<'_>) {
    let Some(mut memory) = vr.take_state() else {
        return;
    };
    if let Some(replaced) = &mut memory.replaced {
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
    let replaced = memory.replaced.take();
    vr.set_state(memory);
    for header in replaced.into_iter().flat_map(|replaced| replaced.headers) {
        vr.remove_request_header(header.name);
        for (name, value) in &header.lines {
            vr.add_request_header(name, value);
        }
    }
}

/// Puts the headers back when the body has come to its end, whether a store has
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
        if io.input_gone() {
            // A store behind it sees a regular end.
            vr.remember_cut();
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
