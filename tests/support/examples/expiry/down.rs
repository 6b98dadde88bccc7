//! The backend takes no connections for a time.

use std::thread;
use std::time::{Duration, Instant};

use testkit::{Door, Opened, Site};

use super::load::Answer;
use super::origin::Origin;
use super::{BACKEND_TIME, slack};

/// How often the servers' logs are looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What a try may be late by: it begins with a request, and then is to be seen.
const TOLERANCE: Duration = Duration::from_millis(500);

/// What was seen of it.
pub(crate) struct Outage {
    closed: Instant,
    opened: Instant,
    over: Instant,
    /// When a server found the backend closed, and which one.
    refused: Vec<(Instant, usize)>,
    /// When the backend was asked after that.
    asked: Vec<Instant>,
    /// The number of the first page that was made after it.
    new: usize,
}

/// The backend is down for so long, and then there again.
pub(crate) fn watch(
    door: &Door,
    opened: Opened,
    origin: &Origin,
    sites: &[Site],
    time: Duration,
) -> Outage {
    // So that none of its answers is cut off.
    thread::sleep(BACKEND_TIME * 2);
    drop(opened);
    let closed = Instant::now();
    let new = origin.requests().len();
    let mut refused = Vec::new();
    let mut look = |end: &dyn Fn() -> bool| {
        while !end() {
            for (number, site) in sites.iter().enumerate() {
                let found = site.log().matches("refused").count();
                let known = refused.iter().filter(|(_, at)| *at == number).count();
                refused.extend((known..found).map(|_| (Instant::now(), number)));
            }
            thread::sleep(LOOK);
        }
    };
    look(&|| closed.elapsed() >= time);
    let reopened = door.open(origin);
    let opened = Instant::now();
    // Back-offs are a minute long at most.
    let is_asked = || origin.requests().len() > new + 2;
    look(&|| is_asked() || opened.elapsed() > Duration::from_secs(70));
    // The last of its answers.
    thread::sleep(BACKEND_TIME * 2);
    let over = Instant::now();
    drop(reopened);
    Outage {
        closed,
        opened,
        over,
        refused,
        asked: origin.requests().split_off(new),
        new,
    }
}

impl Outage {
    pub(crate) fn report(&self, answers: &[Answer], complaints: &mut Vec<String>) {
        let inside = |it: &&Answer| (self.closed..self.opened).contains(&it.sent);
        let inside: Vec<_> = answers.iter().filter(inside).collect();
        let pages = inside.iter().filter(|it| it.page.is_ok()).count();
        let stale = inside.iter().filter(|it| it.is_stale()).count();
        let secs = |at: Instant| at.duration_since(self.closed).as_secs_f64();
        let tries = self.refused.iter().map(|(at, site)| {
            let at = secs(*at);
            format!("{at:.2} (server {site})")
        });
        let back: Vec<_> = self
            .asked
            .iter()
            .map(|at| format!("{:.2}", secs(*at)))
            .collect();
        println!("the backend is down for {:.1} s", secs(self.opened));
        println!("  requests             {}", inside.len());
        println!("  got the page         {pages}, {stale} of them the old one");
        println!(
            "  refused, after s     {}",
            tries.collect::<Vec<_>>().join(", ")
        );
        println!("  asked again, after s {}", back.join(", "));
        if pages < inside.len() {
            complaints.push("somebody got no page while the backend was down".into());
        }
        self.check_pauses(complaints);
        self.check_return(answers, complaints);
    }

    /// One after the other, after 1, 2, 4... seconds.
    fn check_pauses(&self, complaints: &mut Vec<String>) {
        let tries = self.refused.iter().map(|(at, _)| *at);
        let tries: Vec<Instant> = tries.chain(self.asked.first().copied()).collect();
        for (two, doublings) in tries.windows(2).zip(0..) {
            let (gap, pause) = (two[1] - two[0], pause(doublings));
            // One may have been seen later than the next.
            if gap + TOLERANCE / 10 + slack() < pause || gap > pause + TOLERANCE + slack() {
                complaints.push(format!("a try after {gap:?}, not {pause:?}"));
            }
        }
        if self.refused.is_empty() {
            complaints.push("the backend that is down was not asked".into());
        }
    }

    fn check_return(&self, answers: &[Answer], complaints: &mut Vec<String>) {
        let is_new = |it: &&Answer| it.page.as_ref().is_ok_and(|page| page.number >= self.new);
        let first = answers.iter().filter(is_new).map(|it| it.received).min();
        let last_pause = pause(self.refused.len().saturating_sub(1));
        let limit = last_pause + BACKEND_TIME + TOLERANCE + slack();
        match first {
            Some(at) => {
                let took = at - self.opened;
                println!("  fresh again          {took:.2?} after it is back (limit {limit:.2?})");
                if took > limit {
                    complaints.push("the page is not fresh in time".into());
                }
            }
            None => complaints.push("the page is not fresh again".into()),
        }
        let old = |it: &&Answer| (self.opened..self.over).contains(&it.sent) && it.is_stale();
        println!(
            "  the old page, later  {}",
            answers.iter().filter(old).count()
        );
    }
}

/// After so many failures more than one.
fn pause(doublings: usize) -> Duration {
    let doublings = u32::try_from(doublings.min(6)).expect("a few");
    Duration::from_secs(1 << doublings).min(Duration::from_secs(60))
}
