//! Pages, as the backend makes them and as they are stored.

use core::time::Duration;
use std::rc::Rc;

use super::settings::Options;
use crate::lookup::lease::NewItem;
use crate::policy::{Life, Lifetime, Windows};
use crate::protocol::{Input, Ttl, Value, exptime};
use crate::stored::{Extra, Head, HeadSpec, HeadWriter, PAGE_FLAGS};

/// The second at which a history begins, since 1970.
pub(super) const BEGIN: u64 = 1_700_000_000;

/// A part of a value that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece(Rc<[u8]>);

/// Bytes as if they had been read.
pub(super) fn piece(bytes: &[u8]) -> Piece {
    Piece(bytes.into())
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes that a worker reads.
pub(super) struct Read<'a>(pub(super) &'a [u8]);

impl Input for Read<'_> {
    type Piece = Piece;

    fn bytes(&self) -> &[u8] {
        self.0
    }

    fn piece(&self, range: core::ops::Range<usize>) -> Piece {
        Piece(self.0.get(range).unwrap_or_default().into())
    }
}

/// What a page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) key: u32,
    /// Which content it has; what is purged has a lower one.
    pub(super) version: u64,
    /// When that was the present one, in microseconds.
    pub(super) made: u64,
    /// Bytes that fill it.
    pub(super) filling: u32,
}

/// What pages are filled with, again and again.
static FILLING: [u8; 251] = {
    let mut bytes = [0; 251];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = at as u8;
        at += 1;
    }
    bytes
};

/// Words of a body before its filling.
const WORDS: usize = 4 * 8;

impl Page {
    fn write(&self, body: &mut Vec<u8>) {
        let words = [
            self.key.into(),
            self.version,
            self.made,
            self.filling.into(),
        ];
        for word in words {
            body.extend_from_slice(&u64::to_le_bytes(word));
        }
        for part in self.fillings() {
            body.extend_from_slice(part);
        }
    }

    /// What it is filled with: bytes that go up, another one first for each key and version.
    fn fillings(&self) -> impl Iterator<Item = &'static [u8]> + use<> {
        let period = FILLING.len();
        let first = self.key.wrapping_add(self.version as u32) as usize % period;
        let mut left = self.filling as usize;
        let mut at = first;
        core::iter::from_fn(move || {
            let len = left.min(period - at);
            let part = &FILLING[at..at + len];
            (left, at) = (left - len, 0);
            (len > 0).then_some(part)
        })
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (words, filling) = body.split_at_checked(WORDS)?;
        let mut words = words
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
        let page = Self {
            key: words.next()? as u32,
            version: words.next()?,
            made: words.next()?,
            filling: words.next()? as u32,
        };
        if filling.len() != page.filling as usize {
            return None;
        }
        let mut rest = filling;
        for part in page.fillings() {
            rest = rest.strip_prefix(part)?;
        }
        Some(page)
    }

    /// The page of a whole stored response; `None` if it is torn or none.
    pub(super) fn of(value: &Value<Piece>) -> Option<Self> {
        let head = Head::parse(value.pieces.iter(), value.flags).ok()?;
        let mut pieces = value.pieces.iter();
        let first = pieces.next()?.as_ref();
        let rest: Vec<&[u8]> = pieces.map(AsRef::as_ref).collect();
        if rest.is_empty() {
            return Self::read(first.get(head.size()..)?);
        }
        let all = [&[first], &rest[..]].concat().concat();
        Self::read(all.get(head.size()..)?)
    }

    /// The item that is stored of it, and for how long it is fresh. What is stored where
    /// another server stands in lives shortly.
    pub(super) fn item(
        &self,
        options: &Options,
        now: Duration,
        luck: u64,
        stands_in: bool,
    ) -> Option<NewItem> {
        let secs = now.as_secs();
        let lifetime = Lifetime::new(Ttl::from_secs(options.ttl), None, None)
            // All bits of it count there.
            .shortened(options.ttl_jitter, luck.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (lifetime, windows) = if stands_in {
            (lifetime.at_most(options.failover_ttl), Windows::NONE)
        } else {
            (lifetime, options.windows())
        };
        let ttl = lifetime.ttl(secs)?;
        let life = Life { ttl, windows };
        let is_fresh_on = options.is_fresh_on();
        let extra = is_fresh_on.then(|| Extra {
            secs: windows.longest(),
            is_served: true,
        });
        let spec = HeadSpec {
            extra,
            ..HeadSpec::new(200, secs)
        };
        let mut head = HeadWriter::default();
        head.push(b"Content-Type", b"text/html");
        let mut item = head.encode(&spec, |_| false).ok()?;
        if let Some(until) = life.fresh_until(secs) {
            item.set_fresh_until(until);
        }
        let mut body = Vec::with_capacity(WORDS + self.filling as usize);
        self.write(&mut body);
        item.push_body(&body);
        Some(NewItem {
            flags: if is_fresh_on { PAGE_FLAGS } else { 0 },
            exptime: exptime(life.of_item(), secs),
            data: item.finish(),
        })
    }
}
