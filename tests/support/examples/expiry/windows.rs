//! Seconds with an expiry, and seconds without.

use std::time::{Duration, Instant};

use super::load::Answer;

/// A window with an expiry begins so long before the backend is asked.
const LEAD: Duration = Duration::from_millis(100);

/// Within this time the backend must not be asked again. Where an expiry was noticed
/// late, as the machine stood still, the next one may come sooner than two seconds after it.
const QUIET: Duration = Duration::from_secs(1);

const LENGTH: Duration = Duration::from_secs(1);

/// What clients saw in one window.
struct Window {
    requests: usize,
    errors: usize,
    /// Percentiles of the time from when a request was planned.
    p50: Duration,
    p99: Duration,
}

impl Window {
    /// That begins `LEAD` before this time.
    fn new(answers: &[Answer], time: Instant) -> Self {
        let inside = |it: &&Answer| (time..time + LENGTH).contains(&(it.planned + LEAD));
        let inside: Vec<_> = answers.iter().filter(inside).collect();
        let mut times: Vec<_> = inside.iter().map(|it| it.latency()).collect();
        times.sort();
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).copied().unwrap_or_default()
        };
        Self {
            requests: inside.len(),
            errors: inside.iter().filter(|it| it.page.is_err()).count(),
            p50: percentile(50),
            p99: percentile(99),
        }
    }
}

/// An expiry: the window around it, and the next one, in which there is none.
pub(crate) struct Pair {
    with: Window,
    without: Window,
    /// How often the backend was asked for it.
    asked: usize,
    /// How long it was until it was asked again.
    gap: Duration,
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.with.p99.as_secs_f64() / self.without.p99.as_secs_f64().max(1e-9)
    }
}

/// As many pairs, from when the backend was asked.
pub(crate) fn pairs(asked: &[Instant], answers: &[Answer], count: usize) -> Vec<Pair> {
    let expiries = asked.windows(2).take(count);
    expiries
        .map(|two| {
            let begin = two[0];
            let quiet = begin..begin + QUIET;
            Pair {
                with: Window::new(answers, begin),
                without: Window::new(answers, begin + LENGTH),
                asked: asked
                    .iter()
                    .filter(|at| quiet.contains::<Instant>(at))
                    .count(),
                gap: two[1] - two[0],
            }
        })
        .collect()
}

/// Shows them; the median of the ratios may be `limit` at most.
pub(crate) fn report(pairs: &[Pair], limit: Option<f64>, complaints: &mut Vec<String>) {
    println!("              with an expiry               without");
    println!(
        "pair  requests  errors  p50 ms  p99 ms  requests  errors  p50 ms  p99 ms  ratio  backend  next after"
    );
    for (number, pair) in pairs.iter().enumerate() {
        let show = |it: &Window| {
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let (p50, p99) = (ms(it.p50), ms(it.p99));
            format!("{:8}  {:6}  {p50:6.2}  {p99:6.2}", it.requests, it.errors)
        };
        println!(
            "{:4}  {}  {}  {:5.2}  {:7}  {:.3} s",
            number + 1,
            show(&pair.with),
            show(&pair.without),
            pair.ratio(),
            pair.asked,
            pair.gap.as_secs_f64()
        );
    }
    let mut ratios: Vec<f64> = pairs.iter().map(Pair::ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let [least, median, most] = [0, ratios.len() / 2, ratios.len() - 1].map(|at| ratios[at]);
    println!("ratio of p99: median {median:.2}, from {least:.2} to {most:.2}");
    if pairs.iter().any(|pair| pair.asked != 1) {
        complaints.push("an expiry has asked the backend more than once".into());
    }
    // A server's clock ticks once a second.
    let most = Duration::from_millis(2500) + super::slack();
    if pairs.iter().any(|pair| pair.gap > most) {
        complaints.push("an expiry has not asked the backend in time".into());
    }
    if limit.is_some_and(|limit| median > limit) {
        complaints.push(format!("the ratio is {median:.2}"));
    }
}
