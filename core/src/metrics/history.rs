//! What was counted in the last minutes, for plots.

use core::time::Duration;
use std::collections::VecDeque;

use super::snapshot::Snapshot;

/// The time from one sample to the next.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// Samples that are kept: ten minutes.
const KEPT: usize = 121;

/// Sums at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// In seconds since 1970.
    pub at: u64,
    /// Lookups of all actions.
    pub lookups: u64,
    /// Those that the cache has answered.
    pub answered: u64,
    /// Commands that servers have answered.
    pub commands: u64,
    /// The time that this took them all together, in microseconds.
    pub micros: u64,
}

impl Sample {
    /// The sums of a moment.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let (lookups, answered) = snapshot.lookups();
        let latencies = snapshot.servers.iter().map(|row| row.stats.latency);
        let (commands, micros) = latencies.fold((0, 0), |(commands, micros), latency| {
            (commands + latency.count(), micros + latency.micros)
        });
        Self {
            at: snapshot.now,
            lookups,
            answered,
            commands,
            micros,
        }
    }
}

/// The samples of the last minutes.
#[derive(Clone, Debug, Default)]
pub struct History(VecDeque<Sample>);

/// What is plotted: one value for each time between two samples, none where nothing
/// happened that it could be made of.
pub(super) struct Series {
    /// The percentage of lookups that the cache has answered.
    pub(super) hit_rate: Vec<Option<f64>>,
    /// Lookups a second.
    pub(super) rate: Vec<Option<f64>>,
    /// The mean time of an answer of memcached, in milliseconds.
    pub(super) latency: Vec<Option<f64>>,
    /// The time that they are about, in seconds.
    pub(super) secs: u64,
}

impl History {
    /// Adds a sample, and forgets the oldest one. One that is no later than the last is
    /// left out.
    pub fn push(&mut self, sample: Sample) {
        if self.0.back().is_some_and(|last| last.at >= sample.at) {
            // The clock was set back, perhaps by much.
            if self.0.back().is_some_and(|last| last.at > sample.at + 60) {
                self.0.clear();
            }
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    pub(super) fn series(&self) -> Series {
        let pairs = || self.0.iter().zip(self.0.iter().skip(1));
        let between = |of: fn(&Sample) -> u64, by: fn(&Sample) -> u64, times: f64| {
            let quotient = |(before, after): (&Sample, &Sample)| {
                let parts = by(after).saturating_sub(by(before));
                let whole = of(after).saturating_sub(of(before));
                (parts > 0).then(|| times * float(whole) / float(parts))
            };
            pairs().map(quotient).collect()
        };
        let ends = self.0.front().zip(self.0.back());
        Series {
            hit_rate: between(|it| it.answered, |it| it.lookups, 100.0),
            rate: between(|it| it.lookups, |it| it.at, 1.0),
            latency: between(|it| it.micros, |it| it.commands, 1e-3),
            secs: ends.map_or(0, |(first, last)| last.at - first.at),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "more digits than a plot shows")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, lookups: u64, answered: u64) -> Sample {
        Sample {
            at,
            lookups,
            answered,
            commands: lookups,
            micros: lookups * 500,
        }
    }

    #[test]
    fn values_are_of_the_time_between_two_samples() {
        let mut history = History::default();
        assert!(history.series().rate.is_empty());
        history.push(sample(100, 10, 5));
        history.push(sample(100, 11, 5));
        assert!(history.series().rate.is_empty());
        history.push(sample(105, 20, 10));
        history.push(sample(110, 20, 10));
        history.push(sample(120, 24, 14));
        let series = history.series();
        assert_eq!(series.hit_rate, [Some(50.0), None, Some(100.0)]);
        assert_eq!(series.rate, [Some(2.0), Some(0.0), Some(0.4)]);
        assert_eq!(series.latency, [Some(0.5), None, Some(0.5)]);
        assert_eq!(series.secs, 20);
    }

    #[test]
    fn the_oldest_sample_is_forgotten() {
        let mut history = History::default();
        for at in 0..1000 {
            history.push(sample(at, 0, 0));
        }
        assert_eq!(history.series().rate.len(), KEPT - 1);
        assert_eq!(history.series().secs, KEPT as u64 - 1);
        // The clock is set back by an hour.
        history.push(sample(10, 0, 0));
        history.push(sample(11, 0, 0));
        history.push(sample(12, 0, 0));
        assert_eq!(history.series().rate.len(), 1);
    }
}
