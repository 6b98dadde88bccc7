//! Clients that ask for pages of all kinds and look at every response.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, random_bytes};

/// Pages of each kind.
pub(crate) const FILES: u64 = 200;

/// The kinds.
pub(crate) const FOLDERS: [&str; 4] = ["plain", "next", "once", "script"];

const CLIENTS: u64 = 12;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(1);

/// What a page says; it names its path. From one byte to more than one read.
pub(crate) fn body_of(path: &str) -> Vec<u8> {
    if path.starts_with("/script/") {
        return b"right".to_vec();
    }
    let repeat = [1, 20, 200, 3000][path.len() % 4];
    format!("<{path}>").repeat(repeat).into_bytes()
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub requests: u64,
    /// Requests and hits of each kind.
    pub by_folder: [(u64, u64); FOLDERS.len()],
    pub wrong: u64,
    /// One of the wrong responses.
    pub example: Option<String>,
    pub longest: Duration,
}

/// The running clients.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<Figures>>,
}

impl Load {
    pub(crate) fn start(addr: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let clients = (0..CLIENTS)
            .map(|number| {
                let stop = Arc::clone(&stop);
                thread::spawn(move || ask(addr, number, &stop))
            })
            .collect();
        Self { stop, clients }
    }

    pub(crate) fn stop(self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Figures::default();
        for client in self.clients {
            let one = client.join().expect("a client that can connect");
            all.requests += one.requests;
            for (sum, (asked, hits)) in all.by_folder.iter_mut().zip(one.by_folder) {
                *sum = (sum.0 + asked, sum.1 + hits);
            }
            all.wrong += one.wrong;
            all.example = all.example.or(one.example);
            all.longest = all.longest.max(one.longest);
        }
        all
    }
}

fn ask(addr: SocketAddr, seed: u64, stop: &AtomicBool) -> Figures {
    let mut figures = Figures::default();
    let mut client = Client::connect(addr);
    let mut turn = seed << 32;
    while !stop.load(Ordering::Relaxed) {
        let dice = random_bytes(turn, 4);
        turn += 1;
        let kind = usize::from(dice[0]) % FOLDERS.len();
        let path = format!("/{}/{}", FOLDERS[kind], u64::from(dice[1]) % FILES);
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
        let (asked, hits) = &mut figures.by_folder[kind];
        *asked += 1;
        match response {
            Ok(response) if response.status == 200 && response.body == body_of(&path) => {
                *hits += u64::from(response.header("X-Memcached") == Some("Hit"));
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
