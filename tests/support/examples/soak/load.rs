//! Clients that ask for pages and look at every response.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, random_bytes};

/// Pages of each folder.
pub(crate) const FILES: u64 = 200;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(1);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The pages are `/FOLDER/NUMBER`.
    pub folders: &'static [&'static str],
    /// What a page says.
    pub body_of: fn(&str) -> Vec<u8>,
    /// How many clients ask.
    pub clients: u64,
    /// Not more requests than this, however long it takes.
    pub most: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Figures {
    pub requests: u64,
    /// Requests and hits of each folder.
    pub by_folder: Vec<(u64, u64)>,
    pub wrong: u64,
    /// One of the wrong responses.
    pub example: Option<String>,
    pub longest: Duration,
}

impl Figures {
    fn new(asked: &Asked) -> Self {
        Self {
            requests: 0,
            by_folder: vec![(0, 0); asked.folders.len()],
            wrong: 0,
            example: None,
            longest: Duration::ZERO,
        }
    }

    /// Hits of all folders.
    pub(crate) fn hits(&self) -> u64 {
        self.by_folder.iter().map(|(_, hits)| hits).sum()
    }
}

/// The running clients.
pub(crate) struct Load {
    asked: Asked,
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
    clients: Vec<thread::JoinHandle<Figures>>,
}

impl Load {
    pub(crate) fn start(addr: SocketAddr, asked: Asked) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicU64::new(0));
        let clients = (0..asked.clients)
            .map(|number| {
                let (stop, requests) = (Arc::clone(&stop), Arc::clone(&requests));
                thread::spawn(move || ask(addr, &asked, number, &stop, &requests))
            })
            .collect();
        Self {
            asked,
            stop,
            requests,
            clients,
        }
    }

    /// Whether there were as many requests as there may be.
    pub(crate) fn is_used_up(&self) -> bool {
        self.requests.load(Ordering::Relaxed) >= self.asked.most
    }

    pub(crate) fn stop(self) -> Figures {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Figures::new(&self.asked);
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

fn ask(
    addr: SocketAddr,
    asked: &Asked,
    seed: u64,
    stop: &AtomicBool,
    requests: &AtomicU64,
) -> Figures {
    let mut figures = Figures::new(asked);
    let mut client = Client::connect(addr);
    let mut turn = seed << 32;
    while !stop.load(Ordering::Relaxed) && requests.fetch_add(1, Ordering::Relaxed) < asked.most {
        let dice = random_bytes(turn, 4);
        turn += 1;
        let kind = usize::from(dice[0]) % asked.folders.len();
        let path = format!("/{}/{}", asked.folders[kind], u64::from(dice[1]) % FILES);
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
        let (requests, hits) = &mut figures.by_folder[kind];
        *requests += 1;
        match response {
            Ok(response) if response.status == 200 && response.body == (asked.body_of)(&path) => {
                *hits += u64::from(response.cache() == "Hit");
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
