//! What is known of each page: when its versions were made, when it was purged; and so,
//! which version may be served when.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pages::{self, Kind};

/// Seconds, as the configuration has them.
pub(crate) const TTL: Duration = Duration::from_secs(3);
pub(crate) const STALE: Duration = Duration::from_secs(4);
pub(crate) const IF_ERROR: Duration = Duration::from_secs(8);
pub(crate) const SOFT: Duration = Duration::from_secs(2);

/// How long a memcached that stands still keeps its clock back at most.
pub(crate) const STANDSTILL: Duration = Duration::from_millis(1500);

/// A lookup that was under way when a page was purged shows it to those who join.
const JOINED: Duration = Duration::from_millis(400);

/// Workers remember the number of a namespace.
const REMEMBERED: Duration = Duration::from_secs(1);

/// A version of a page, or an answer that it is still right.
#[derive(Clone, Copy)]
struct Made {
    /// When the backend was last asked for it.
    asked: Instant,
    /// When it had last answered that.
    answered: Instant,
}

struct Purge {
    sent: Instant,
    confirmed: Instant,
    /// How long old versions may be seen after that.
    grace: Duration,
}

#[derive(Default)]
struct Page {
    versions: Vec<Made>,
    purges: Vec<Purge>,
    /// When somebody last began to change it.
    changed: Option<Instant>,
}

/// All pages.
pub(crate) struct Ledger {
    pages: Vec<(Kind, String)>,
    known: Vec<Mutex<Page>>,
    slack: Duration,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let pages = pages::all();
        let known = pages.iter().map(|_| Mutex::default()).collect();
        Self {
            pages,
            known,
            slack: crate::slack(),
        }
    }

    /// Kind and path of each page.
    pub(crate) fn pages(&self) -> &[(Kind, String)] {
        &self.pages
    }

    fn page(&self, path: &str) -> MutexGuard<'_, Page> {
        let index = self.pages.iter().position(|(_, known)| known == path);
        let page = &self.known[index.expect("a page")];
        page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The backend was asked for a page: the number of the new version.
    pub(crate) fn begin(&self, path: &str, asked: Instant) -> usize {
        let versions = &mut self.page(path).versions;
        let answered = asked;
        versions.push(Made { asked, answered });
        versions.len() - 1
    }

    /// Its answer has gone out.
    pub(crate) fn end(&self, path: &str, version: usize) {
        self.page(path).versions[version].answered = Instant::now();
    }

    /// Whether the backend may say that this version is still right, which is as good
    /// as making it: unless it was changed since.
    pub(crate) fn confirm(&self, path: &str, version: usize, asked: Instant) -> bool {
        let mut page = self.page(path);
        let (changed, is_last) = (page.changed, version + 1 == page.versions.len());
        let Some(made) = page.versions.get_mut(version) else {
            return false;
        };
        if !is_last || changed.is_some_and(|changed| made.asked <= changed) {
            return false;
        }
        made.asked = asked;
        made.answered = Instant::now();
        true
    }

    /// Somebody is about to change a page.
    pub(crate) fn changes(&self, path: &str) {
        self.page(path).changed = Some(Instant::now());
    }

    /// A purge was answered: whatever was made before it is out of date.
    pub(crate) fn purged(&self, kind: Kind, path: &str, sent: Instant) {
        let grace = match kind {
            // Its rules know of no version that one could lose.
            Kind::Classic => return,
            Kind::Hard | Kind::Pair => JOINED,
            Kind::Soft => JOINED + SOFT + Duration::from_secs(1) + STANDSTILL,
            Kind::Space => JOINED + REMEMBERED,
        };
        self.purge(path, sent, grace + self.slack);
    }

    /// The pages of the namespace.
    pub(crate) fn space(&self) -> impl Iterator<Item = &str> {
        let pages = self.pages.iter();
        let inside = pages.filter(|(kind, _)| *kind == Kind::Space);
        inside.map(|(_, path)| path.as_str())
    }

    fn purge(&self, path: &str, sent: Instant, grace: Duration) {
        let confirmed = Instant::now();
        let mut page = self.page(path);
        let old = Duration::from_secs(60);
        page.purges.retain(|it| it.confirmed.elapsed() < old);
        page.purges.push(Purge {
            sent,
            confirmed,
            grace,
        });
    }

    /// Whether this version may be served to who asked then; `fresh` if it is said to be.
    pub(crate) fn check(
        &self,
        path: &str,
        version: usize,
        sent: Instant,
        fresh: bool,
    ) -> Result<(), String> {
        let page = self.page(path);
        let Some(made) = page.versions.get(version) else {
            return Err("a version that was never made".into());
        };
        // A server counts whole seconds.
        let second = Duration::from_secs(1);
        let life = if fresh {
            TTL
        } else {
            TTL + STALE.max(IF_ERROR)
        };
        let life = life + second + STANDSTILL + self.slack;
        let age = sent.saturating_duration_since(made.answered);
        if age > life {
            return Err(format!("made {age:?} before it was asked for"));
        }
        let is_over =
            |purge: &&Purge| made.asked < purge.sent && purge.confirmed + purge.grace < sent;
        match page.purges.iter().find(is_over) {
            None => Ok(()),
            Some(purge) => Err(format!(
                "asked for {:?} before a purge was sent, which was answered {:?} before it was served",
                purge.sent - made.asked,
                sent - purge.confirmed
            )),
        }
    }
}
