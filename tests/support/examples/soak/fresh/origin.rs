//! A backend that makes versions of pages, and often fails, is slow or says that a
//! page is for one visitor.

use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Backend, BackendRequest, random_bytes};

use super::ledger::Ledger;
use super::pages;

/// The longest time that it takes.
pub(crate) const SLOWEST: Duration = Duration::from_millis(2200);

/// How often it did what.
#[derive(Default)]
pub(crate) struct Done {
    pub requests: AtomicU64,
    pub failures: AtomicU64,
    /// Those in the middle of a body.
    pub torn: AtomicU64,
    pub private: AtomicU64,
    pub slow: AtomicU64,
    pub unchanged: AtomicU64,
}

/// The backend. Prints as `IP:PORT`.
pub(crate) struct Origin {
    backend: Backend,
    pub done: Arc<Done>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.backend)
    }
}

/// What it does with one request.
enum Manner {
    Page,
    /// The page after a pause.
    Slow(Duration),
    /// Half of it, a pause, and the rest.
    Halting(Duration),
    /// An error.
    Fails,
    /// Ends the connection at once.
    Closes,
    /// Ends it in the middle of the body.
    Tears,
    /// A page for one visitor.
    Private,
}

impl Manner {
    fn of(dice: &[u8]) -> Self {
        let pause = SLOWEST * u32::from(dice[1]) / 256;
        match dice[0] {
            0..=7 => Self::Fails,
            8..=12 => Self::Closes,
            13..=17 => Self::Tears,
            18..=25 => Self::Private,
            26..=37 => Self::Slow(pause),
            38..=43 => Self::Halting(pause),
            _ => Self::Page,
        }
    }
}

impl Origin {
    pub(crate) fn start(ledger: Arc<Ledger>) -> Self {
        let done: Arc<Done> = Arc::default();
        let own = Arc::clone(&done);
        let answer = move |request: &BackendRequest, stream: &mut TcpStream| {
            let number = own.requests.fetch_add(1, Ordering::Relaxed);
            let mut one = Answering {
                request,
                stream,
                ledger: &ledger,
                done: &own,
                asked: Instant::now(),
            };
            one.answer(&random_bytes(number, 4));
        };
        Self {
            backend: Backend::start(answer),
            done,
        }
    }
}

struct Answering<'a> {
    request: &'a BackendRequest,
    stream: &'a mut TcpStream,
    ledger: &'a Ledger,
    done: &'a Done,
    asked: Instant,
}

impl Answering<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.request.headers.iter().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn answer(&mut self, dice: &[u8]) {
        let manner = Manner::of(dice);
        let count = |counter: &AtomicU64| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        match manner {
            Manner::Slow(pause) => {
                count(&self.done.slow);
                thread::sleep(pause);
            }
            Manner::Halting(_) => count(&self.done.slow),
            Manner::Closes => return count(&self.done.failures),
            Manner::Fails => {
                count(&self.done.failures);
                return self.send("503 Down", b"failed", &manner);
            }
            Manner::Private => {
                count(&self.done.private);
                let visitor = self.header("X-Visitor").unwrap_or("nobody").to_owned();
                let body = format!("for {visitor}");
                let head = "200 OK\r\nCache-Control: private";
                return self.send(head, body.as_bytes(), &manner);
            }
            Manner::Tears => {
                count(&self.done.failures);
                count(&self.done.torn);
            }
            Manner::Page => {}
        }
        if self.request.method == "POST" {
            return self.send("200 OK", b"changed", &manner);
        }
        let path = &*self.request.target;
        let seen = self
            .header("If-None-Match")
            .and_then(|tag| pages::version(path, tag));
        let confirm =
            |version: &usize| dice[2] < 128 && self.ledger.confirm(path, *version, self.asked);
        if let Some(version) = seen.filter(confirm) {
            count(&self.done.unchanged);
            let tag = pages::tag(path, version);
            let text = format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
            return drop(self.stream.write_all(text.as_bytes()));
        }
        let version = self.ledger.begin(path, self.asked);
        let body = pages::body(path, version);
        let head = format!("200 OK\r\nETag: {}", pages::tag(path, version));
        self.send(&head, &body, &manner);
        self.ledger.end(path, version);
    }

    /// In the middle of the body it may pause, or end.
    fn send(&mut self, head: &str, body: &[u8], manner: &Manner) {
        let len = body.len();
        let text = format!("HTTP/1.1 {head}\r\nContent-Length: {len}\r\n\r\n");
        let body = if self.request.method == "HEAD" {
            &[]
        } else {
            body
        };
        let (first, second) = body.split_at(body.len() / 2);
        // The server may be gone before it has read all.
        drop(self.stream.write_all(&[text.as_bytes(), first].concat()));
        match manner {
            Manner::Tears => return,
            Manner::Halting(pause) => thread::sleep(*pause),
            _ => {}
        }
        drop(self.stream.write_all(second));
    }
}
