//! Disturbs memcacheds at random, and sees how soon hits are back.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Cutter, Memcached, eventually, random_bytes};

pub(crate) struct Killer {
    site: SocketAddr,
    direct: Memcached,
    relayed: Memcached,
    cutter: Cutter,
    strikes: u64,
    recoveries: Vec<Duration>,
}

impl Killer {
    /// `relayed` is what the cutter leads to.
    pub(crate) fn new(
        site: SocketAddr,
        direct: Memcached,
        relayed: Memcached,
        cutter: Cutter,
    ) -> Self {
        Self {
            site,
            direct,
            relayed,
            cutter,
            strikes: 0,
            recoveries: Vec::new(),
        }
    }

    /// Disturbs one of them in some way for some time, then waits for a hit.
    pub(crate) fn strike(&mut self) {
        let dice = random_bytes(self.strikes, 3);
        self.strikes += 1;
        // From a moment to long enough for it to count as down.
        let time = Duration::from_millis(u64::from(dice[1]) * 8);
        let path = match dice[0] % 5 {
            0 => {
                self.direct.suspend();
                thread::sleep(time);
                self.direct.resume();
                "/a/0"
            }
            1 => {
                self.direct.kill();
                thread::sleep(time);
                self.direct.restart();
                "/a/0"
            }
            2 => {
                self.relayed.suspend();
                thread::sleep(time / 4);
                self.cutter.cut();
                thread::sleep(time / 4);
                self.relayed.resume();
                "/b/0"
            }
            _ => {
                for _ in 0..=dice[2] % 4 {
                    self.cutter.cut();
                    thread::sleep(time / 16);
                }
                "/b/0"
            }
        };
        let begun = Instant::now();
        // Two workers share the connections of clients, so ask a few times.
        for _ in 0..4 {
            eventually("hits are back", || {
                Client::connect(self.site).get(path).cache() == "Hit"
            });
        }
        self.recoveries.push(begun.elapsed());
        thread::sleep(Duration::from_millis(200 + u64::from(dice[2]) * 4));
    }

    /// The times until hits were back, shortest first.
    pub(crate) fn recoveries(mut self) -> Vec<Duration> {
        self.recoveries.sort();
        self.recoveries
    }
}
