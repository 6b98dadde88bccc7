//! How long servers take to answer.

use core::time::Duration;

/// How many commands were answered within which time, and how long all of them took
/// together. A histogram as Prometheus has it, but each bucket counts its own alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// By the first bound that they kept, the last for those beyond all bounds.
    pub buckets: [u64; Latency::BUCKETS],
    /// The sum of their times, in microseconds.
    pub micros: u64,
}

impl Latency {
    /// The bounds of the buckets, in microseconds.
    pub const BOUNDS: [u64; 12] = [
        100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000,
    ];

    /// The number of buckets.
    pub const BUCKETS: usize = Self::BOUNDS.len() + 1;

    /// A command was answered after `wait`.
    pub fn record(&mut self, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(u64::MAX);
        self.micros = self.micros.wrapping_add(micros);
        let at = Self::BOUNDS.iter().position(|&bound| micros <= bound);
        self.buckets[at.unwrap_or(Self::BOUNDS.len())] += 1;
    }

    /// How many were answered.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_by_the_first_bound_that_it_keeps() {
        let mut latency = Latency::default();
        for micros in [0, 100, 101, 1_000_000, 1_000_001, 60_000_000] {
            latency.record(Duration::from_micros(micros));
        }
        let mut expected = [0; Latency::BUCKETS];
        expected[0] = 2;
        expected[1] = 1;
        expected[11] = 1;
        expected[12] = 2;
        assert_eq!(latency.buckets, expected);
        assert_eq!(latency.micros, 62_000_202);
        assert_eq!(latency.count(), 6);
    }
}
