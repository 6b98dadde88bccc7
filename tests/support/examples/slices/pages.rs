//! Which page is asked for next.

/// Requests, one after the other.
pub(crate) enum Pages {
    /// Always the same.
    One(Vec<u8>),
    /// The numbers of pages below the last one.
    Numbered { prefix: String, next: u64, end: u64 },
    /// Pages by chance.
    Zipf {
        requests: Vec<Vec<u8>>,
        /// How often a page of this or a smaller number is asked for.
        up_to: Vec<f64>,
        random: u64,
    },
}

impl Pages {
    pub(crate) fn one(path: &str) -> Self {
        Self::One(request(path))
    }

    pub(crate) fn numbered(prefix: &str, next: u64, end: u64) -> Self {
        let prefix = prefix.to_owned();
        Self::Numbered { prefix, next, end }
    }

    pub(crate) fn zipf(prefix: &str, count: u32, seed: u64) -> Self {
        let mut sum = 0.0;
        let up_to = (1..=count).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Self::Zipf {
            up_to: up_to.collect(),
            requests: (0..count)
                .map(|number| request(&format!("{prefix}{number}")))
                .collect(),
            random: seed | 1,
        }
    }

    /// Writes the next request in place of what is there; false after the last one.
    pub(crate) fn next(&mut self, into: &mut Vec<u8>) -> bool {
        into.clear();
        match self {
            Self::One(request) => into.extend_from_slice(request),
            Self::Numbered { next, end, .. } if *next >= *end => return false,
            Self::Numbered { prefix, next, .. } => {
                into.extend_from_slice(&request(&format!("{prefix}{next}")));
                *next += 1;
            }
            Self::Zipf {
                requests,
                up_to,
                random,
            } => {
                let all = up_to.last().copied().unwrap_or_default();
                let wanted = all * fraction(random);
                let rank = up_to.partition_point(|sum| *sum < wanted);
                into.extend_from_slice(&requests[rank.min(requests.len() - 1)]);
            }
        }
        true
    }
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench.test\r\n\r\n").into_bytes()
}

/// A number from 0 to 1, by xorshift.
fn fraction(random: &mut u64) -> f64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    let high = u32::try_from(*random >> 32).unwrap_or_default();
    f64::from(high) / f64::from(u32::MAX)
}
