//! A slow backend that knows when it was asked.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use testkit::Backend;

use super::load::Answer;
use super::{BACKEND_TIME, LATE};

#[derive(Clone, Copy)]
struct Request {
    asked: Instant,
    answered: Option<Instant>,
}

/// The backend; its pages are numbered. Prints as `IP:PORT`.
pub(crate) struct Origin {
    backend: Backend,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.backend)
    }
}

fn lock(requests: &Mutex<Vec<Request>>) -> std::sync::MutexGuard<'_, Vec<Request>> {
    requests.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Origin {
    pub(crate) fn start() -> Self {
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let own = Arc::clone(&requests);
        let backend = Backend::start(move |_, stream| {
            let asked = Instant::now();
            let number = {
                let mut all = lock(&own);
                all.push(Request {
                    asked,
                    answered: None,
                });
                all.len() - 1
            };
            thread::sleep((asked + BACKEND_TIME).saturating_duration_since(Instant::now()));
            lock(&own)[number].answered = Some(Instant::now());
            let body = format!("page {number}");
            let len = body.len();
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).expect("somebody reads");
        });
        Self { backend, requests }
    }

    /// When it was asked.
    pub(crate) fn requests(&self) -> Vec<Instant> {
        lock(&self.requests).iter().map(|it| it.asked).collect()
    }

    /// Whether a client has waited for a page: when it asked, that was not to be there
    /// for a long time.
    pub(crate) fn made_while(&self, answer: &Answer) -> bool {
        let requests = lock(&self.requests);
        let page = answer.page.as_ref().ok();
        let request = page.and_then(|page| requests.get(page.number));
        let answered = request.and_then(|it| it.answered);
        answered.is_some_and(|at| answer.sent + LATE < at)
    }
}
