//! Every value names its key. Whatever happens to connections meanwhile, no
//! response carries another key's value.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Faulty, FaultyRequest, Peer, value_reply, values_reply};

use super::bench::{Expect, Times, check, start_site};

const TIMES: Times = Times {
    answer: 100,
    connect: 100,
    retry: 10,
};

const CLIENTS: u64 = 12;
const REQUESTS: u64 = 500;
const KEYS: u64 = 300;

/// Numbers that look random (a linear congruential generator; the constants
/// are Knuth's).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// From empty to larger than one read.
fn value_of(key: &str) -> Vec<u8> {
    let number: usize = key.trim_start_matches("/k").parse().expect("a number");
    let repeat = [0, 1, 7, 300, 3000, 20_000][number % 6];
    format!("<{key}>").repeat(repeat).into_bytes()
}

fn misbehave(peer: &mut Peer, dice: &mut Dice, request: &FaultyRequest) -> bool {
    let good = values_reply(request.keys().map(|key| (key, value_of(key))));
    let part = usize::try_from(dice.roll(good.len() as u64)).expect("a length");
    match dice.roll(100) {
        0..=2 => {
            peer.send(&good[..part]);
            return false;
        }
        3..=5 => {
            peer.send(&good[..part]);
            peer.reset();
            return false;
        }
        6..=7 => peer.send(b"SERVER_ERROR busy\r\n"),
        8..=9 => peer.send(b"CLIENT_ERROR no\r\n"),
        10 => peer.send(b"ERROR\r\n"),
        11..=13 => {
            let other = format!("/k{}", dice.roll(KEYS));
            peer.send(&value_reply(&other, &value_of(&other)));
        }
        14 => {
            peer.send(&good);
            peer.send(&good);
        }
        15 => {
            thread::sleep(Duration::from_millis(dice.roll(150)));
            peer.send(&good);
        }
        16..=17 => peer.send(b"END\r\n"),
        18..=25 => {
            peer.send(&good[..part]);
            thread::sleep(Duration::from_millis(dice.roll(5)));
            peer.send(&good[part..]);
        }
        _ => peer.send(&good),
    }
    true
}

#[test]
fn no_response_carries_the_value_of_another_key() {
    let cache = Faulty::start();
    let seed = AtomicU64::new(0);
    cache.behave(move |peer| {
        let mut dice = Dice(seed.fetch_add(1, Ordering::Relaxed));
        while let Some(request) = peer.request() {
            if !misbehave(peer, &mut dice, &request) {
                return;
            }
        }
    });
    let site = start_site(&cache, TIMES, 2);
    let askers: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let addr = site.addr;
            thread::spawn(move || ask(addr, Dice(number + 1000)))
        })
        .collect();
    let hits: u64 = askers.into_iter().map(|it| it.join().expect("hits")).sum();
    // Else nothing was tried.
    assert!(hits > CLIENTS * REQUESTS / 10, "{hits} hits");
    assert!(hits < CLIENTS * REQUESTS, "{hits} hits");
    assert!(cache.connections() > 20);
    site.stop();
}

fn ask(addr: std::net::SocketAddr, mut dice: Dice) -> u64 {
    let mut hits = 0;
    let mut client = Client::connect(addr);
    for number in 0..REQUESTS {
        if number % 50 == 49 {
            // Goes away with a request under way.
            client.send_request("GET", &format!("/k{}", dice.roll(KEYS)), &[]);
            client = Client::connect(addr);
        }
        let path = format!("/k{}", dice.roll(KEYS));
        let begun = Instant::now();
        let response = client.get(&path);
        let took = begun.elapsed();
        assert!(took <= TIMES.limit(), "{path}: {took:?}");
        let value = value_of(&path);
        let is_hit = response.cache() == "Hit";
        let expect = if is_hit {
            Expect::Hit(&value)
        } else {
            Expect::Miss
        };
        check("mix-up", &path, &response, expect);
        hits += u64::from(is_hit);
    }
    hits
}
