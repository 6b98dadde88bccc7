//! What a server's process takes, over time.

use std::time::Instant;

use testkit::Site;

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
pub(crate) struct Trend {
    pub first: f64,
    pub last: f64,
    pub most: f64,
    pub mean: f64,
    /// By how much it grew over the last two thirds, on the line that fits best.
    pub growth: f64,
    pub most_descriptors: usize,
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

    pub(crate) fn trend(&self) -> Trend {
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
}
