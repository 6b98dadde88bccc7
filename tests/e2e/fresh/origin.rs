//! A backend whose pages are numbered, and whose answers a test can hold back.

use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::net::TcpStream;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use testkit::{Backend, BackendRequest, eventually, eventually_some};

/// What it was asked.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    headers: Vec<String>,
    pub at: Instant,
}

impl Seen {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// What it does with requests, unless they say in `X-Fail` what head they want.
#[derive(Clone)]
enum Manner {
    /// Sends a page with this head: a status and header lines, separated by `|`.
    /// The body is `page N`, filled up to so many bytes.
    Page(String, usize),
    /// Closes the connection without a word.
    Close,
    /// The same, in the middle of a chunked body.
    Cut,
}

/// Which answers wait.
#[derive(Clone)]
enum Held {
    /// Those to these requests.
    Whole(Range<usize>),
    /// The same, in the middle of their bodies.
    Middle(Range<usize>),
}

/// One path of it.
struct Page {
    manner: Manner,
    /// Which answers wait.
    held: Held,
    seen: Vec<Seen>,
    /// When its last answer went out.
    answered: Option<Instant>,
}

#[derive(Default)]
struct State {
    pages: HashMap<String, Page>,
    is_over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The backend. Prints as `IP:PORT`.
pub(super) struct Origin {
    backend: Backend,
    shared: Arc<Shared>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.backend)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &BackendRequest, stream: &mut TcpStream) {
        let path = &*request.target;
        let at = Instant::now();
        let mut state = self.lock();
        let page = state.page(path);
        let number = page.seen.len();
        let headers = request.headers.clone();
        page.seen.push(Seen { headers, at });
        // Once a test has seen the request, it may change what is done with later ones.
        let manner = page.manner.clone();
        drop(state);
        self.wait_while(
            path,
            |held| matches!(held, Held::Whole(all) if all.contains(&number)),
        );
        let (head, len) = match manner {
            Manner::Page(head, len) => (head, len),
            Manner::Close => return,
            Manner::Cut => {
                let text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npage \r\n";
                drop(stream.write_all(text));
                return;
            }
        };
        let fails = |line: &String| line.strip_prefix("X-Fail: ").map(str::to_owned);
        let head = request.headers.iter().find_map(fails).unwrap_or(head);
        let mut text = format!("HTTP/1.1 {}\r\n", head.replace('|', "\r\n"));
        let mut body = format!("page {number}");
        body.extend(std::iter::repeat_n('.', len.saturating_sub(body.len())));
        if head.starts_with("304") {
            body.clear();
        } else {
            let len = body.len().to_string();
            text += &["Content-Length: ", &len, "\r\n"].concat();
        }
        text += "\r\n";
        text += &body;
        let (first, second) = text.split_at(text.len() - body.len() / 2);
        // The server may be gone before it has read all.
        drop(stream.write_all(first.as_bytes()));
        self.wait_while(
            path,
            |held| matches!(held, Held::Middle(all) if all.contains(&number)),
        );
        drop(stream.write_all(second.as_bytes()));
        self.lock().page(path).answered = Some(Instant::now());
    }

    fn wait_while(&self, path: &str, is_held: impl Fn(&Held) -> bool) {
        let mut state = self.lock();
        while is_held(&state.page(path).held) && !state.is_over {
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn page(&mut self, path: &str) -> &mut Page {
        self.pages.entry(path.to_owned()).or_insert_with(|| Page {
            manner: Manner::Page("200 OK".into(), 0),
            held: Held::Whole(0..0),
            seen: Vec::new(),
            answered: None,
        })
    }
}

impl Origin {
    pub(super) fn start() -> Self {
        let shared: Arc<Shared> = Arc::default();
        let own = Arc::clone(&shared);
        let backend = Backend::start(move |request, stream| own.answer(request, stream));
        Self { backend, shared }
    }

    /// Sends pages of a path with this head.
    pub(super) fn head(&self, path: &str, head: &str) {
        self.shared.lock().page(path).manner = Manner::Page(head.into(), 0);
    }

    /// Sends pages of so many bytes.
    pub(super) fn large(&self, path: &str, len: usize) {
        self.shared.lock().page(path).manner = Manner::Page("200 OK".into(), len);
    }

    /// Closes connections without a word.
    pub(super) fn close(&self, path: &str) {
        self.shared.lock().page(path).manner = Manner::Close;
    }

    /// Closes connections in the middle of bodies.
    pub(super) fn cut(&self, path: &str) {
        self.shared.lock().page(path).manner = Manner::Cut;
    }

    /// Answers of a path wait until they are let go.
    pub(super) fn hold(&self, path: &str) {
        self.set_held(path, Held::Whole(0..usize::MAX));
    }

    /// Answers to so many first requests of a path wait until they are let go.
    pub(super) fn hold_first(&self, path: &str, count: usize) {
        self.set_held(path, Held::Whole(0..count));
    }

    /// Answers to so many first requests wait in the middle of their bodies.
    pub(super) fn hold_in_the_middle(&self, path: &str, count: usize) {
        self.set_held(path, Held::Middle(0..count));
    }

    /// Answers that wait, and later ones, go out.
    pub(super) fn let_go(&self, path: &str) {
        self.set_held(path, Held::Whole(0..0));
    }

    /// Answers to so many first requests go out, and later ones wait.
    pub(super) fn let_go_first(&self, path: &str, count: usize) {
        self.set_held(path, Held::Whole(count..usize::MAX));
    }

    fn set_held(&self, path: &str, held: Held) {
        self.shared.lock().page(path).held = held;
        self.shared.changed.notify_all();
    }

    /// The requests for a path.
    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        self.shared.lock().page(path).seen.clone()
    }

    /// How many there were.
    pub(super) fn count(&self, path: &str) -> usize {
        self.shared.lock().page(path).seen.len()
    }

    /// Waits for so many of them.
    pub(super) fn await_count(&self, path: &str, count: usize) {
        eventually(&format!("request {count} of {path} at the backend"), || {
            self.count(path) >= count
        });
    }

    /// When the last answer for a path went out, once there was one.
    pub(super) fn answered(&self, path: &str) -> Instant {
        eventually_some("an answer of the backend", || {
            self.shared.lock().page(path).answered
        })
    }

    /// Answers a path's requests that wait, once the first of them is so old.
    pub(super) fn let_go_after(&self, path: &str, pause: Duration) {
        self.await_count(path, 1);
        let first = self.seen(path)[0].at;
        std::thread::sleep((first + pause).saturating_duration_since(Instant::now()));
        self.let_go(path);
    }
}
