//! What a value that was found means for those who wait for it, keep it near, or get it when
//! memcached cannot be asked.

use core::borrow::Borrow;
use core::time::Duration;

use super::freshness::PageLife;
use super::options::Policy;
use super::windows::Servable;
use crate::lookup::lease;
use crate::protocol::{Marks, Value};
use crate::stored::{Head, Kind, Malformed};

impl Policy {
    /// What a value is for [leases](lease), by the clock of this machine where the server does
    /// not say how long it lives. `head` reads its head, or remembers it.
    ///
    /// # Errors
    /// `head` says so.
    pub fn lease_kind<'h, P, H: Borrow<Head<'h>>>(
        &self,
        value: &Value<P>,
        unix_now_secs: u64,
        head: impl FnOnce() -> Result<H, Malformed>,
    ) -> Result<lease::Kind, Malformed> {
        // The server says of a lock that it has made whose it is.
        let is_lock = |marks: &Marks| marks.won || marks.taken;
        let lock_possible = value.marks.as_deref().is_some_and(is_lock);
        match Kind::of(value.flags, value.len, lock_possible) {
            Kind::Lock => return Ok(lease::Kind::Lock),
            Kind::Marker => return Ok(lease::Kind::Marker),
            Kind::Page => {}
        }
        let head = head()?;
        let PageLife { line, windows } = self.page_life(head.borrow(), unix_now_secs);
        let left = line.map(|line| {
            let end = line.unix_secs.saturating_add(line.extra.into());
            u32::try_from(end.saturating_sub(unix_now_secs)).unwrap_or(u32::MAX)
        });
        Ok(lease::Kind::Page(lease::Page {
            extra: line.map_or(0, |line| line.extra),
            left,
            while_revalidate: windows.while_revalidate,
            if_error: windows.if_error,
            when_marked: windows.while_revalidate.max(windows.if_error) > 0,
        }))
    }

    /// How long an item is still fresh, or not yet to be made anew, which is `early` seconds
    /// before its end, by what the server and its head say of it; `None` if neither does.
    #[must_use]
    pub fn fresh_for<P>(
        &self,
        head: Option<&Head<'_>>,
        value: &Value<P>,
        since_1970: Duration,
        early: u32,
    ) -> Option<Duration> {
        let marks = value.marks.as_deref();
        let left = marks.and_then(|marks| marks.ttl_left);
        let Some(line) = head.and_then(Head::fresh_until) else {
            if marks.is_some_and(|marks| marks.stale) {
                return Some(Duration::ZERO);
            }
            let by_head = head.and_then(|head| self.fresh_secs(head, since_1970.as_secs()));
            // What is left of the present second is not known to be among them.
            let gone = Duration::from_nanos(since_1970.subsec_nanos().into());
            let by_head = by_head.map(|secs| Duration::from_secs(secs.into()).saturating_sub(gone));
            // The server's seconds begin at another time.
            let by_server = left.map(|secs| Duration::from_secs(secs.saturating_sub(1).into()));
            return [by_head, by_server].into_iter().flatten().min();
        };
        let by_clock = Duration::from_secs(line.unix_secs).saturating_sub(since_1970);
        let by_server = left.map(|left| left.saturating_sub(line.extra));
        let by_server = by_server.map_or(Duration::MAX, |secs| Duration::from_secs(secs.into()));
        let early = Duration::from_secs(early.into());
        Some(by_clock.min(by_server).saturating_sub(early))
    }

    /// Whether a page is out of date that is served because memcached cannot be asked; `None`
    /// if it must not be served.
    #[must_use]
    pub fn is_stale_on_error(&self, head: &Head<'_>, unix_now_secs: u64) -> Option<bool> {
        let life = self.page_life(head, unix_now_secs);
        match life.by_clock(unix_now_secs) {
            Servable::Fresh if life.line.is_none() => {
                let secs = self.fresh_secs(head, unix_now_secs);
                secs.is_none_or(|secs| secs > 0).then_some(false)
            }
            Servable::Fresh => Some(false),
            Servable::WhileRevalidate | Servable::IfError => Some(true),
            Servable::Gone => None,
        }
    }
}
