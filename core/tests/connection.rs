//! The life of a server's connections, stepped through without I/O.

use std::time::Duration;

use memcached_core::connection::{
    Action, Driver, Event, Failure, Lane, Limits, Outcome, Request, Server, Time, Timing,
};
use memcached_core::protocol::{Key, Reply};
use proptest::prelude::*;

struct Types;

impl Driver for Types {
    type Token = u32;
    type Piece = Vec<u8>;
    type Data = Vec<u8>;
}

const TIMING: Timing = Timing {
    timeout: Duration::from_millis(500),
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
};

/// A server and all that has come out of it.
struct Sim {
    server: Server<Types>,
    now_ms: u64,
    done: Vec<(u32, String)>,
    connects: usize,
    closes: usize,
}

impl Sim {
    fn new() -> Self {
        Self {
            server: Server::new(Limits::default()),
            now_ms: 0,
            done: Vec::new(),
            connects: 0,
            closes: 0,
        }
    }

    fn now(&self) -> Time {
        Time::from_micros(self.now_ms * 1000)
    }

    fn get(&mut self, token: u32, key: &str) -> Result<(), Failure> {
        let key = Key::new(key.as_bytes()).unwrap();
        let submitted = self
            .server
            .submit(self.now(), Request::Get { key }, TIMING, token);
        self.settle();
        submitted.map(drop).map_err(|refused| refused.failure)
    }

    fn connected(&mut self) {
        let now = self.now();
        self.server.handle_connected(Lane::Lookup, now);
        self.settle();
    }

    fn written(&mut self, at_most: usize) -> Vec<u8> {
        let parts = self.server.transmit(Lane::Lookup).parts().concat();
        let count = parts.len().min(at_most);
        let now = self.now();
        self.server.handle_written(Lane::Lookup, now, count);
        self.settle();
        parts[..count].to_vec()
    }

    fn data(&mut self, bytes: &[u8]) {
        let now = self.now();
        self.server.handle_data(Lane::Lookup, now, &bytes);
        self.settle();
    }

    fn eof(&mut self) {
        let now = self.now();
        self.server.handle_eof(Lane::Lookup, now);
        self.settle();
    }

    fn at(&mut self, ms: u64) {
        self.now_ms = ms;
        let now = self.now();
        self.server.handle_timeout(now);
        self.settle();
    }

    fn settle(&mut self) {
        while let Some(action) = self.server.poll_action(Lane::Lookup) {
            match action {
                Action::Connect => self.connects += 1,
                Action::Close => self.closes += 1,
            }
        }
        while let Some(event) = self.server.poll_event() {
            if let Event::Done { token, outcome } = event {
                let text = match outcome {
                    Outcome::Reply(Reply::Value(value)) => {
                        let bytes: Vec<u8> = value.pieces.iter().flatten().copied().collect();
                        String::from_utf8_lossy(&bytes).into_owned()
                    }
                    Outcome::Reply(Reply::Miss) => "miss".into(),
                    Outcome::Reply(other) => format!("{other:?}"),
                    Outcome::Failed(failure) => failure.to_string(),
                };
                self.done.push((token, text));
            }
        }
    }

    fn done(&self) -> Vec<(u32, &str)> {
        self.done.iter().map(|(t, s)| (*t, s.as_str())).collect()
    }
}

#[test]
fn requests_wait_for_the_connection_and_are_pipelined() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.get(2, "b").unwrap();
    assert_eq!((sim.connects, sim.written(99)), (1, vec![]));
    sim.connected();
    assert_eq!(sim.written(99), b"get a\r\nget b\r\n");
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\nEND\r\n");
    assert_eq!(sim.done(), [(1, "AA"), (2, "miss")]);
}

#[test]
fn nothing_late_reaches_another_request() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.connected();
    sim.written(99);
    sim.at(500);
    assert_eq!((sim.done(), sim.closes), (vec![(1, "timed out")], 1));
    // The old socket is closed; even if its bytes were still handed in:
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\n");
    sim.get(2, "b").unwrap_err();
    sim.at(1000);
    sim.get(3, "b").unwrap();
    sim.connected();
    sim.written(99);
    sim.data(b"VALUE a 0 2\r\nAA\r\nEND\r\n");
    assert_eq!(sim.done()[1..], [(3, "protocol error")]);
}

#[test]
fn a_request_on_a_stale_connection_is_sent_once_more_and_not_twice() {
    let mut sim = Sim::new();
    sim.get(1, "a").unwrap();
    sim.connected();
    sim.written(99);
    sim.data(b"END\r\n");
    sim.get(2, "b").unwrap();
    sim.written(99);
    sim.eof();
    assert_eq!((sim.connects, sim.done().len()), (2, 1));
    sim.connected();
    assert_eq!(sim.written(99), b"get b\r\n");
    sim.eof();
    assert_eq!(sim.done()[1..], [(2, "connection lost")]);
}

#[test]
fn down_after_three_failures_then_one_probe_per_interval() {
    let mut sim = Sim::new();
    for attempt in 0..3 {
        sim.now_ms = attempt * 1000;
        sim.get(0, "a").unwrap();
        let now = sim.now();
        sim.server.handle_error(Lane::Lookup, now, "refused");
        sim.settle();
    }
    assert!(sim.server.is_down());
    sim.now_ms = 2999;
    assert_eq!(sim.get(1, "a"), Err(Failure::Down));
    sim.now_ms = 3000;
    sim.get(2, "a").unwrap();
    assert_eq!(sim.get(3, "a"), Err(Failure::Down));
    sim.connected();
    sim.written(99);
    sim.data(b"END\r\n");
    assert!(!sim.server.is_down());
    sim.get(4, "a").unwrap();
}

#[test]
fn a_short_write_goes_on_where_it_stopped() {
    let mut sim = Sim::new();
    sim.get(1, "abc").unwrap();
    sim.connected();
    let mut sent = Vec::new();
    while sim.server.wants_write(Lane::Lookup) {
        sent.extend(sim.written(1));
    }
    assert_eq!(sent, b"get abc\r\n");
}

proptest! {
    /// Whatever happens in whatever order: every accepted request has exactly
    /// one outcome, and a value is never another key's.
    #[test]
    fn each_request_is_done_with_once(steps in proptest::collection::vec(0..9_u8, 0..120)) {
        let mut sim = Sim::new();
        let mut accepted = Vec::new();
        let mut next = 0_u32;
        let mut wire: Vec<u8> = Vec::new();
        for step in steps {
            match step {
                0..=2 => {
                    next += 1;
                    if sim.get(next, &format!("k{next}")).is_ok() {
                        accepted.push(next);
                    }
                }
                3 => sim.connected(),
                4 => { let sent = sim.written(7); wire.extend(sent); }
                5 => { let sent = sim.written(999); wire.extend(sent); }
                6 => {
                    // An honest server answers what it has read.
                    while let Some(end) = wire.iter().position(|&b| b == b'\n') {
                        let line: Vec<u8> = wire.drain(..=end).collect();
                        let key = String::from_utf8_lossy(&line[4..line.len() - 2]).into_owned();
                        let reply = format!("VALUE {key} 0 {}\r\n{key}\r\nEND\r\n", key.len());
                        sim.data(reply.as_bytes());
                    }
                }
                7 => { sim.eof(); wire.clear(); }
                _ => { let ms = sim.now_ms + 200; sim.at(ms); }
            }
            if sim.closes > 0 {
                // What an old connection carried is gone with it.
                sim.closes = 0;
                wire.clear();
            }
        }
        let now = sim.now();
        sim.server.shutdown(now);
        sim.settle();
        let mut tokens: Vec<u32> = sim.done.iter().map(|(token, _)| *token).collect();
        tokens.sort_unstable();
        prop_assert_eq!(tokens, accepted);
        for (token, text) in &sim.done {
            if text.starts_with('k') {
                prop_assert_eq!(text, &format!("k{token}"));
            }
        }
    }
}
