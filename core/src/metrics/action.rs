//! What is counted of one action of the configuration.

use core::ops::Range;

use crate::policy::{Bypass, NotStored};

/// Something that an action has done. Each has a place among the [`Figures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionCount(usize);

/// The names of the places.
const RESULTS: [&str; 6] = ["hit", "stale", "miss", "uncacheable", "error", "near"];
const BYPASSES: [&str; 10] = [
    "method",
    "condition",
    "absolute-form",
    "fragment",
    "vary",
    "identity-refused",
    "cookie",
    "malformed-cookie",
    "namespace",
    "pattern",
];
const REASONS: [&str; 25] = [
    "method",
    "bypass",
    "head",
    "status",
    "same-item",
    "too-old",
    "unknown-age",
    "not-the-one",
    "content-encoding",
    "directive",
    "set-cookie",
    "vary",
    "authorization",
    "expired",
    "no-lifetime",
    "content-range",
    "unknown-length",
    "body-only",
    "larger-than-maxsize",
    "larger-than-max-value",
    "other-response",
    "cut",
    "unreadable",
    "headers",
    "memcached",
];
const OTHERS: [&str; 8] = [
    "queued",
    "refreshes",
    "won",
    "waited",
    "timed-out",
    "deleted",
    "not-found",
    "not-deleted",
];

const BYPASSES_AT: usize = RESULTS.len();
const REASONS_AT: usize = BYPASSES_AT + BYPASSES.len();
const OTHERS_AT: usize = REASONS_AT + REASONS.len();

impl ActionCount {
    /// How many there are.
    pub const COUNT: usize = OTHERS_AT + OTHERS.len();

    /// A request was answered by an item.
    pub const HIT: Self = Self(0);
    /// A request was answered by an item that is out of date.
    pub const STALE: Self = Self(1);
    /// There was no item of use.
    pub const MISS: Self = Self(2);
    /// There was a marker that the response may not be stored.
    pub const UNCACHEABLE: Self = Self(3);
    /// Memcached could not be asked.
    pub const ERROR: Self = Self(4);
    /// A request was answered from the worker's own memory.
    pub const NEAR: Self = Self(5);
    /// A request whose method has nothing to do with the cache.
    pub const METHOD: Self = Self(BYPASSES_AT);
    /// A request with a condition that is for the origin.
    pub const CONDITION: Self = Self(BYPASSES_AT + 1);
    /// A response was kept from memcached by the state of its connections.
    pub const NOT_TAKEN: Self = Self(OTHERS_AT - 1);
    /// A response was handed over to be stored.
    pub const QUEUED: Self = Self(OTHERS_AT);
    /// A page was made anew in the background.
    pub const REFRESH: Self = Self(OTHERS_AT + 1);
    /// The right to make a page was won.
    pub const WON: Self = Self(OTHERS_AT + 2);
    /// A request waited for another one to make its page.
    pub const WAITED: Self = Self(OTHERS_AT + 3);
    /// It waited in vain.
    pub const TIMED_OUT: Self = Self(OTHERS_AT + 4);
    /// A purge has deleted something.
    pub const DELETED: Self = Self(OTHERS_AT + 5);
    /// A purge has found nothing.
    pub const NOT_FOUND: Self = Self(OTHERS_AT + 6);
    /// A purge has failed.
    pub const NOT_DELETED: Self = Self(OTHERS_AT + 7);

    /// A request that has nothing to do with the cache.
    #[must_use]
    pub const fn bypass(why: &Bypass) -> Self {
        Self(
            BYPASSES_AT
                + match why {
                    Bypass::AbsoluteForm => 2,
                    Bypass::Fragment => 3,
                    Bypass::Vary => 4,
                    Bypass::IdentityRefused => 5,
                    Bypass::Cookie(_) => 6,
                    Bypass::MalformedCookie => 7,
                    Bypass::Namespace => 8,
                    Bypass::Asked => 9,
                },
        )
    }

    /// A response that is not stored.
    #[must_use]
    pub const fn not_stored(why: &NotStored) -> Self {
        Self(
            REASONS_AT
                + match why {
                    NotStored::Method => 0,
                    NotStored::Bypass(_) => 1,
                    NotStored::Head => 2,
                    NotStored::Status(_) => 3,
                    NotStored::SameItem => 4,
                    NotStored::TooOld => 5,
                    NotStored::UnknownAge => 6,
                    NotStored::NotTheOne => 7,
                    NotStored::ContentEncoding => 8,
                    NotStored::Directive { .. } => 9,
                    NotStored::SetCookie | NotStored::SetCookie2 => 10,
                    NotStored::Vary(_) => 11,
                    NotStored::Authorization => 12,
                    NotStored::Expired => 13,
                    NotStored::NoLifetime => 14,
                    NotStored::ContentRange => 15,
                    NotStored::UnknownLength => 16,
                    NotStored::BodyOnly { .. } => 17,
                    NotStored::TooLarge => 18,
                    NotStored::AboveMaxValue => 19,
                    NotStored::OtherResponse => 20,
                    NotStored::Cut => 21,
                    NotStored::Unreadable(_) | NotStored::TooLate => 22,
                    NotStored::Headers(_) => 23,
                },
        )
    }

    /// Its place among the figures.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// What was counted of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures([u64; ActionCount::COUNT]);

impl Default for Figures {
    fn default() -> Self {
        Self([0; ActionCount::COUNT])
    }
}

impl Figures {
    /// Adds what another worker has counted.
    pub fn add(&mut self, figure: impl Fn(usize) -> u64) {
        for (at, sum) in self.0.iter_mut().enumerate() {
            *sum = sum.wrapping_add(figure(at));
        }
    }

    /// How often something was done.
    #[must_use]
    pub const fn of(&self, count: ActionCount) -> u64 {
        self.0[count.0]
    }

    /// Lookups by their results. Without a near cache nothing is said of it.
    pub fn results(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = self.named(0..BYPASSES_AT, &RESULTS);
        all.filter(|&(name, count)| count > 0 || name != RESULTS[ActionCount::NEAR.0])
    }

    /// Requests that have nothing to do with the cache, by the reason.
    pub fn bypasses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.named(BYPASSES_AT..REASONS_AT, &BYPASSES)
    }

    /// Responses that were not stored, by the reason.
    pub fn not_stored(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.named(REASONS_AT..OTHERS_AT, &REASONS)
    }

    /// Lookups.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.results().map(|(_, count)| count).sum()
    }

    /// Requests that were answered by the cache.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.of(ActionCount::HIT) + self.of(ActionCount::STALE) + self.of(ActionCount::NEAR)
    }

    fn named(
        &self,
        range: Range<usize>,
        names: &'static [&'static str],
    ) -> impl Iterator<Item = (&'static str, u64)> {
        names.iter().copied().zip(self.0[range].iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_under_its_name() {
        let mut figures = Figures::default();
        let counted = [
            ActionCount::HIT,
            ActionCount::NEAR,
            ActionCount::METHOD,
            ActionCount::bypass(&Bypass::Cookie("a".into())),
            ActionCount::bypass(&Bypass::Asked),
            ActionCount::not_stored(&NotStored::Method),
            ActionCount::not_stored(&NotStored::SetCookie2),
            ActionCount::not_stored(&NotStored::Cut),
            ActionCount::NOT_TAKEN,
        ];
        for count in counted {
            figures.add(|at| u64::from(at == count.index()));
        }
        let counted = |named: &mut dyn Iterator<Item = (&'static str, u64)>| -> Vec<_> {
            named
                .filter(|(_, n)| *n > 0)
                .map(|(name, _)| name)
                .collect()
        };
        assert_eq!(counted(&mut figures.results()), ["hit", "near"]);
        assert_eq!(
            counted(&mut figures.bypasses()),
            ["method", "cookie", "pattern"]
        );
        assert_eq!(
            counted(&mut figures.not_stored()),
            ["method", "set-cookie", "cut", "memcached"]
        );
        assert_eq!((figures.lookups(), figures.answered()), (2, 2));
    }
}
