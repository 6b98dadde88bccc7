//! Figures over time.

use super::client::How;

/// Bounds of waits grow by a fourth of an octave.
const BUCKETS: usize = 120;

/// What was counted in one span of time.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "see `served`, and the docs that show them")]
pub struct Span {
    pub requests: u64,
    pub fresh: u64,
    pub stale: u64,
    pub near: u64,
    pub made: u64,
    pub instead: u64,
    pub errors: u64,
    pub nothing: u64,
    /// Visitors who left.
    pub left: u64,
    /// Those who waited for another, and those among them who did so in vain.
    pub waited: u64,
    pub in_vain: u64,
    /// Lookups that failed.
    pub failures: u64,
    /// Requests to the backend.
    pub backend: u64,
    waits: Box<[u32; BUCKETS]>,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            requests: 0,
            fresh: 0,
            stale: 0,
            near: 0,
            made: 0,
            instead: 0,
            errors: 0,
            nothing: 0,
            left: 0,
            waited: 0,
            in_vain: 0,
            failures: 0,
            backend: 0,
            waits: Box::new([0; BUCKETS]),
        }
    }
}

impl Span {
    pub(super) fn served(&mut self, how: How, micros: u64) {
        let count = match how {
            How::Fresh => &mut self.fresh,
            How::Stale => &mut self.stale,
            How::Near | How::NearOnError => &mut self.near,
            How::Made => &mut self.made,
            How::Instead => &mut self.instead,
            How::Error => &mut self.errors,
            How::Nothing => &mut self.nothing,
        };
        *count += 1;
        let bucket = ((micros.max(1) as f64).log2() * 4.0) as usize;
        self.waits[bucket.min(BUCKETS - 1)] += 1;
    }

    /// Visitors who got something.
    #[must_use]
    pub fn answered(&self) -> u64 {
        let [a, b, c] = [self.fresh, self.stale, self.near];
        a + b + c + self.made + self.instead + self.errors + self.nothing
    }

    /// The part of those who did not wait for the backend.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let hits = self.fresh + self.stale + self.near;
        let all = self.answered();
        (all > 0).then(|| hits as f64 / all as f64)
    }

    /// The time, in milliseconds, that so many of 1000 waited at most.
    #[must_use]
    pub fn waited_at_most(&self, of_thousand: u64) -> Option<f64> {
        let all: u64 = self.waits.iter().map(|&count| u64::from(count)).sum();
        let mut left = (all * of_thousand).div_ceil(1000);
        for (bucket, &count) in self.waits.iter().enumerate() {
            left = left.saturating_sub(count.into());
            if left == 0 && all > 0 {
                return Some(((bucket + 1) as f64 / 4.0).exp2() / 1000.0);
            }
        }
        None
    }

    /// Adds what was counted in another span.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.fresh += other.fresh;
        self.stale += other.stale;
        self.near += other.near;
        self.made += other.made;
        self.instead += other.instead;
        self.errors += other.errors;
        self.nothing += other.nothing;
        self.left += other.left;
        self.waited += other.waited;
        self.in_vain += other.in_vain;
        self.failures += other.failures;
        self.backend += other.backend;
        for (to, from) in self.waits.iter_mut().zip(other.waits.iter()) {
            *to += from;
        }
    }
}

/// Figures over time, by seconds.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Each second's.
    pub spans: Vec<Span>,
}

impl Figures {
    pub(super) fn at(&mut self, micros: u64) -> &mut Span {
        let second = (micros / 1_000_000) as usize;
        while self.spans.len() <= second {
            self.spans.push(Span::default());
        }
        &mut self.spans[second]
    }

    /// Those of some seconds together.
    #[must_use]
    pub fn of(&self, seconds: core::ops::Range<usize>) -> Span {
        let mut sum = Span::default();
        for span in self.spans.iter().take(seconds.end).skip(seconds.start) {
            sum.add(span);
        }
        sum
    }
}
