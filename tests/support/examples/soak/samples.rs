//! What a server's process takes, over time.

use std::time::Instant;

use testkit::Site;

/// Shorter runs show memory, but do not judge it: it still settles.
const JUDGED_FROM: u64 = 300;

#[derive(Clone, Copy)]
struct Sample {
    secs: f64,
    kib: f64,
    descriptors: usize,
}

/// Of one process.
pub(crate) struct Samples {
    begun: Instant,
    all: Vec<Sample>,
}

/// What became of its memory.
struct Trend {
    first: f64,
    last: f64,
    most: f64,
    mean: f64,
    /// By how much it grew over the last two thirds, on the line that fits best.
    growth: f64,
    most_descriptors: usize,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            all: Vec::new(),
        }
    }

    pub(crate) fn take(&mut self, site: &Site) {
        #[allow(clippy::cast_precision_loss)]
        let kib = site.resident_kib() as f64;
        self.all.push(Sample {
            secs: self.begun.elapsed().as_secs_f64(),
            kib,
            descriptors: site.descriptors(),
        });
    }

    fn trend(&self) -> Trend {
        let late = &self.all[self.all.len() / 3..];
        let mean_of = |figure: fn(&Sample) -> f64| -> f64 {
            let count = u32::try_from(late.len()).expect("not so many");
            late.iter().map(figure).sum::<f64>() / f64::from(count)
        };
        let (secs, mean) = (mean_of(|it| it.secs), mean_of(|it| it.kib));
        let both = late.iter().map(|it| (it.secs - secs) * (it.kib - mean));
        let square = late.iter().map(|it| (it.secs - secs).powi(2));
        let slope = both.sum::<f64>() / square.sum::<f64>().max(1e-9);
        let (first, last) = (self.all[0], self.all[self.all.len() - 1]);
        Trend {
            first: first.kib,
            last: last.kib,
            most: self.all.iter().map(|it| it.kib).fold(0.0, f64::max),
            mean,
            growth: slope * (last.secs - late[0].secs),
            most_descriptors: self.all.iter().map(|it| it.descriptors).max().unwrap_or(0),
        }
    }
    /// Shows it, and complains if it has grown over the last two thirds of so many seconds.
    pub(crate) fn check(&self, seconds: u64, complaints: &mut Vec<String>) {
        let trend = self.trend();
        let limit = (trend.mean / 100.0).max(1024.0);
        println!(
            "resident memory        {:.0} KiB, at the end {:.0}, {:.0} at most; over the last two \
             thirds {:+.0} (limit {limit:.0}); at most {} descriptors",
            trend.first, trend.last, trend.most, trend.growth, trend.most_descriptors
        );
        if trend.growth > limit && seconds >= JUDGED_FROM {
            complaints.push("memory grows".into());
        }
    }
}
