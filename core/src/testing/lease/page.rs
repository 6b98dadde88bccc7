//! Pages of the model, as they are stored.

use crate::lookup::lease::{Kind, LOCK_FLAGS, MARKER_FLAGS, NewItem, Page};
use crate::protocol::Value;
use crate::time::Time;

/// Flags of a page.
const PAGE_FLAGS: u32 = 65536;

/// A page of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// Which content it has.
    pub content: u64,
    /// When it was given to be stored.
    pub at: Time,
    /// Its life, in seconds, as in [`Page`].
    pub ttl: u32,
    pub while_revalidate: u32,
    pub if_error: u32,
}

impl Stored {
    pub(super) fn extra(&self) -> u32 {
        self.while_revalidate.max(self.if_error)
    }

    pub(super) fn item(&self) -> NewItem {
        let secs = [self.ttl, self.while_revalidate, self.if_error].map(u64::from);
        let words = [self.content, self.at.as_micros(), secs[0], secs[1], secs[2]];
        NewItem {
            flags: PAGE_FLAGS,
            exptime: (self.ttl + self.extra()).into(),
            data: words.into_iter().flat_map(u64::to_le_bytes).collect(),
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let words: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
            .collect();
        let [content, at, ttl, while_revalidate, if_error] = words[..] else {
            return None;
        };
        Some(Self {
            content,
            at: Time::from_micros(at),
            ttl: u32::try_from(ttl).unwrap(),
            while_revalidate: u32::try_from(while_revalidate).unwrap(),
            if_error: u32::try_from(if_error).unwrap(),
        })
    }

    /// The page that a value has.
    pub(super) fn of(value: &Value<Vec<u8>>) -> Option<Self> {
        Self::read(value.pieces.iter().next()?)
    }
}

/// What a value is, by a clock.
pub(super) fn kind(now: Time, value: &Value<Vec<u8>>) -> Kind {
    if let Some(stored) = Stored::of(value) {
        let age = u32::try_from(now.since(stored.at).as_secs()).unwrap();
        return Kind::Page(Page {
            extra: stored.extra(),
            left: Some((stored.ttl + stored.extra()).saturating_sub(age)),
            while_revalidate: stored.while_revalidate,
            if_error: stored.if_error,
            when_marked: stored.extra() > 0,
        });
    }
    let marks = value.marks.as_deref().copied().unwrap_or_default();
    match value.flags {
        MARKER_FLAGS => Kind::Marker,
        LOCK_FLAGS => Kind::Lock,
        0 if marks.won || marks.taken => Kind::Lock,
        _ => Kind::Marker,
    }
}
