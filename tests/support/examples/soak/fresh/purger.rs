//! Somebody who purges pages, hard, softly, or all of a namespace.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{random_bytes, request};

use super::ledger::Ledger;
use super::pages::Kind;

pub(crate) struct Purger {
    pub servers: [SocketAddr; 2],
    pub ledger: Arc<Ledger>,
    pub is_over: Arc<AtomicBool>,
}

#[derive(Default)]
pub(crate) struct Purged {
    /// There was a page, or there was none.
    pub done: u64,
    pub missing: u64,
    /// memcached could not be asked.
    pub failed: u64,
    pub bumps: u64,
    pub longest: Duration,
    /// What it was, and what came.
    pub longest_one: String,
    pub wrong: Option<String>,
}

impl Purger {
    pub(crate) fn run(&self) -> Purged {
        let mut purged = Purged::default();
        for turn in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let dice = random_bytes(turn, 6);
            let pages = self.ledger.pages();
            let choice = usize::from(dice[0]) << 8 | usize::from(dice[1]);
            let (kind, path) = &pages[choice % pages.len()];
            let method = match kind {
                Kind::Space if dice[2] < 40 => "BUMP",
                Kind::Soft => "SOFT",
                _ => "PURGE",
            };
            let server = self.servers[usize::from(dice[3] & 1)];
            self.purge(server, *kind, path, method, &mut purged);
            thread::sleep(Duration::from_millis(dice[4].into()));
        }
        purged
    }

    fn purge(&self, server: SocketAddr, kind: Kind, path: &str, method: &str, all: &mut Purged) {
        let paths = match method {
            "BUMP" => self.ledger.space().collect(),
            _ => vec![path],
        };
        for path in &paths {
            self.ledger.changes(path);
        }
        let sent = Instant::now();
        let status = request(server, method, path, &[("Content-Length", "0")]).status;
        let took = sent.elapsed();
        if took > all.longest {
            all.longest = took;
            all.longest_one = format!("{method} {path}: {status}");
        }
        match status {
            204 if method == "BUMP" => all.bumps += 1,
            204 => all.done += 1,
            404 => all.missing += 1,
            503 => {
                all.failed += 1;
                return;
            }
            _ => all.wrong = Some(format!("{method} {path}: {status}")),
        }
        for path in paths {
            self.ledger.purged(kind, path, sent);
        }
    }
}
