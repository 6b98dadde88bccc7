//! Clients that ask at times which are planned, whatever the servers do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use testkit::{Client, Response};

/// So many connections ask in turn, each ten times a second.
const CLIENTS: u32 = 50;

/// Between two requests: 500 a second.
const PERIOD: Duration = Duration::from_millis(2);

/// What a client got.
#[derive(Debug)]
pub(crate) struct Page {
    pub number: usize,
    pub is_stale: bool,
}

/// One request, and what came of it.
pub(crate) struct Answer {
    /// Which of the servers was asked.
    pub server: usize,
    /// When it was to be sent. It is late where the one before it was slow, and that
    /// counts.
    pub planned: Instant,
    pub sent: Instant,
    pub received: Instant,
    pub page: Result<Page, String>,
}

impl Answer {
    /// As a visitor sees it who comes when it was planned.
    pub(crate) fn latency(&self) -> Duration {
        self.received - self.planned
    }

    /// Since it was sent.
    pub(crate) fn took(&self) -> Duration {
        self.received - self.sent
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.page.as_ref().is_ok_and(|page| page.is_stale)
    }
}

/// The running clients.
pub(crate) struct Load {
    begun: Instant,
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Answer>>>,
}

impl Load {
    /// Asks the servers in turn.
    pub(crate) fn start(servers: &[SocketAddr]) -> Self {
        let begun = Instant::now() + Duration::from_millis(200);
        let is_over = Arc::new(AtomicBool::new(false));
        let clients = (0..CLIENTS)
            .zip(servers.iter().copied().enumerate().cycle())
            .map(|(turn, server)| {
                let is_over = Arc::clone(&is_over);
                thread::spawn(move || ask(server, begun + PERIOD * turn, &is_over))
            })
            .collect();
        Self {
            begun,
            is_over,
            clients,
        }
    }

    /// For how long it has been going on.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// All answers, in the order in which they were planned.
    pub(crate) fn stop(self) -> Vec<Answer> {
        self.is_over.store(true, Ordering::Relaxed);
        let ends = self.clients.into_iter().map(JoinHandle::join);
        let mut all: Vec<_> = ends.flat_map(|end| end.expect("a client")).collect();
        all.sort_by_key(|answer| answer.planned);
        all
    }
}

fn ask(
    (server, addr): (usize, SocketAddr),
    mut planned: Instant,
    is_over: &AtomicBool,
) -> Vec<Answer> {
    let mut client = Client::connect(addr);
    let mut answers = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(planned.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        client.send_request("GET", "/page", &[]);
        let response = client.response("GET");
        let received = Instant::now();
        if response.is_err() {
            client = Client::connect(addr);
        }
        let page = response
            .map_err(|error| error.to_string())
            .and_then(|response| read(&response));
        answers.push(Answer {
            server,
            planned,
            sent,
            received,
            page,
        });
        planned += PERIOD * CLIENTS;
    }
    answers
}

fn read(response: &Response) -> Result<Page, String> {
    let text = response.text();
    let number = text.strip_prefix("page ").and_then(|it| it.parse().ok());
    let is_stale = match response.header("X-Status") {
        Some("hit") => false,
        Some("stale") => true,
        _ => return Err(format!("{response:?}")),
    };
    match number {
        Some(number) if response.status == 200 => Ok(Page { number, is_stale }),
        _ => Err(format!("{response:?}")),
    }
}
