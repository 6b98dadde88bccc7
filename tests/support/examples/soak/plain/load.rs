//! Clients that ask for pages and look at every response.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, random_bytes};

/// Pages for each memcached.
pub(crate) const FILES: u64 = 200;

const CLIENTS: u64 = 8;

/// Not more than this, however long it takes.
const REQUESTS_MAX: u64 = 5_000_000;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(1);

/// What a page says; it names its path. From one byte to more than one read.
pub(crate) fn body_of(path: &str) -> Vec<u8> {
    let repeat = [1, 20, 200, 5000][path.len() % 4];
    format!("<{path}>").repeat(repeat).into_bytes()
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub requests: u64,
    pub hits: u64,
    pub wrong: u64,
    /// One of the wrong responses.
    pub example: Option<String>,
    pub longest: Duration,
}

/// The running clients.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    clients: Vec<thread::JoinHandle<Figures>>,
}

impl Load {
    pub(crate) fn start(addr: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicU64::new(0));
        let clients = (0..CLIENTS)
            .map(|number| {
                let (stop, requests) = (Arc::clone(&stop), Arc::clone(&requests));
                thread::spawn(move || ask(addr, number, &stop, &requests))
            })
            .collect();
        Self {
            stop,
            requests,
            clients,
        }
    }

    /// Whether there were as many requests as there may be.
    pub(crate) fn is_used_up(&self) -> bool {
        self.requests.load(Ordering::Relaxed) >= REQUESTS_MAX
    }

    pub(crate) fn stop(self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Figures::default();
        for client in self.clients {
            let one = client.join().expect("a client that can connect");
            all.requests += one.requests;
            all.hits += one.hits;
            all.wrong += one.wrong;
            all.example = all.example.or(one.example);
            all.longest = all.longest.max(one.longest);
        }
        all
    }
}

fn ask(addr: SocketAddr, seed: u64, stop: &AtomicBool, requests: &AtomicU64) -> Figures {
    let mut figures = Figures::default();
    let mut client = Client::connect(addr);
    let mut turn = seed * REQUESTS_MAX;
    while !stop.load(Ordering::Relaxed) && requests.fetch_add(1, Ordering::Relaxed) < REQUESTS_MAX {
        let dice = random_bytes(turn, 4);
        turn += 1;
        let folder = if dice[0] & 1 == 0 { "a" } else { "b" };
        let path = format!("/{folder}/{}", u64::from(dice[1]) % FILES);
        let begun = Instant::now();
        client.send_request("GET", &path, &[]);
        if dice[2] == 0 && dice[3] < 128 {
            // Does not wait for it.
            client.reset();
            client = Client::connect(addr);
            continue;
        }
        let response = client.response("GET");
        figures.longest = figures.longest.max(begun.elapsed());
        figures.requests += 1;
        match response {
            Ok(response) if response.status == 200 && response.body == body_of(&path) => {
                figures.hits += u64::from(response.cache() == "Hit");
            }
            other => {
                figures.wrong += 1;
                let text = format!("{path}: {other:?}");
                figures.example = Some(text.chars().take(500).collect());
                client = Client::connect(addr);
            }
        }
        thread::sleep(PAUSE);
    }
    figures
}
