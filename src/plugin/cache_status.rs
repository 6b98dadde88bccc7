//! The header `Cache-Status`: a lookup that misses leaves a note of what it will
//! say, and `memcached.store` adds it once the response's headers are there, so
//! that it stands after those of other caches. A hit has it at once.

use memcached_core::http::{CacheStatus, Forward, Source};
use memcached_core::policy::{NotStored, Storable};
use memcached_core::protocol::{Key, Ttl};

use super::memcached::{Request, RequestMemory};
use super::note::{Missed, Note, shown_key};
use super::options::Common;
use crate::client::unix_now;

const HEADER: &str = "Cache-Status";

/// Says that the response is a hit, with a word beside that.
pub(super) fn say_hit(
    vr: &mut Request<'_>,
    options: &Common,
    key: Option<&Key>,
    ttl: Option<u32>,
    detail: Option<&str>,
) -> Option<Note> {
    say_served(vr, options, key, Source::Hit, ttl, detail)
}

/// Says that the response is what another request got, for this reason.
pub(super) fn say_collapsed(
    vr: &mut Request<'_>,
    options: &Common,
    key: Option<&Key>,
    forward: Forward,
    ttl: Option<u32>,
) -> Option<Note> {
    say_served(vr, options, key, Source::Forwarded(forward), ttl, None)
}

fn say_served(
    vr: &mut Request<'_>,
    options: &Common,
    key: Option<&Key>,
    source: Source,
    ttl: Option<u32>,
    detail: Option<&str>,
) -> Option<Note> {
    let name = options.cache_status.as_ref()?;
    let key = key.and_then(|key| shown_key(options, key));
    let status = CacheStatus {
        name,
        source,
        stored: false,
        collapsed: matches!(source, Source::Forwarded(_)),
        ttl,
        key: key.as_deref(),
        detail,
    };
    Some(Note::Said(add(vr, &status)))
}

/// Says what became of a response that is no hit, unless that was said.
pub(super) fn say_missed(vr: &mut Request<'_>) {
    say(vr, None, None);
}

/// Likewise where `memcached.store` with these options decided about it. Where no
/// lookup left a note it speaks for itself.
pub(super) fn say_decision(
    vr: &mut Request<'_>,
    options: &Common,
    key: Option<&Key>,
    decision: Result<&Storable, &NotStored>,
) {
    let own = match vr.state() {
        Some(memory) if memory.is_hit() => None,
        _ => Missed::new(options, Forward::Miss, None, key),
    };
    say(vr, own, Some(decision));
}

fn say(
    vr: &mut Request<'_>,
    otherwise: Option<Missed>,
    decision: Option<Result<&Storable, &NotStored>>,
) {
    let due = vr.state().and_then(|memory| memory.cache_status.as_ref());
    if !matches!((due, &otherwise), (Some(Note::Due(_)), _) | (None, Some(_))) {
        return;
    }
    let mut memory = vr.take_state().unwrap_or_default();
    let missed = match memory.cache_status.take() {
        Some(Note::Due(missed)) => Some(*missed),
        _ => otherwise,
    };
    memory.cache_status = missed.map(|missed| Note::Said(add_missed(vr, &missed, decision)));
    vr.set_state(memory);
}

fn add_missed(
    vr: &mut Request<'_>,
    missed: &Missed,
    decision: Option<Result<&Storable, &NotStored>>,
) -> Box<str> {
    let is_miss = matches!(
        missed.forward,
        Forward::UriMiss | Forward::Miss | Forward::Stale
    );
    let (storable, refused) = match decision {
        Some(Ok(storable)) => (Some(storable), None),
        Some(Err(reason)) if is_miss => (None, Some(reason.to_string())),
        Some(Err(_)) | None => (None, None),
    };
    // That it is stored is said only where nothing but a broken body can be in
    // the way.
    let stored = storable.filter(|storable| storable.length.is_some());
    let ttl = stored.and_then(|storable| storable.lifetime.ttl(unix_now()));
    let status = CacheStatus {
        name: &missed.name,
        source: Source::Forwarded(missed.forward),
        stored: stored.is_some(),
        collapsed: false,
        ttl: match ttl {
            Some(Ttl::Secs(secs)) => Some(secs),
            Some(Ttl::Forever) | None => None,
        },
        key: missed.key.as_deref(),
        detail: missed.detail.as_deref().or(refused.as_deref()),
    };
    add(vr, &status)
}

/// Appends the header to those of caches before this one.
fn add(vr: &mut Request<'_>, status: &CacheStatus<'_>) -> Box<str> {
    let value = status.to_string();
    vr.add_response_header(HEADER.as_bytes(), value.as_bytes());
    value.into()
}

impl RequestMemory {
    /// Whether a header of the response is the one that was added here; what is
    /// said of one response must not be stored and said of others.
    pub(super) fn is_own_header(&self, name: &[u8], value: &[u8]) -> bool {
        let said = match &self.cache_status {
            Some(Note::Said(said)) => said,
            Some(Note::Due(_)) | None => return false,
        };
        name.eq_ignore_ascii_case(HEADER.as_bytes()) && value == said.as_bytes()
    }
}
