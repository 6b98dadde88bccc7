//! What tests believe of memcached, held against a real one.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use memcached_core::protocol::{Command, Reply, ReplyParser};
use memcached_core::testing::memcached::{exchanges, random, wire};
use testkit::{Memcached, PATIENCE, eventually, random_bytes};

fn connect(memcached: &Memcached) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(memcached.addr()).expect("memcached listens");
    stream.set_nodelay(true).expect("a socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    BufReader::new(stream)
}

/// So many lines that come for a command.
fn lines(stream: &mut BufReader<TcpStream>, send: &str, count: usize) -> String {
    stream
        .get_mut()
        .write_all(send.as_bytes())
        .expect("memcached reads");
    let mut text = String::new();
    for _ in 0..count {
        stream.read_line(&mut text).expect("a line");
    }
    text
}

#[test]
fn it_says_what_it_was_seen_to_say() {
    let mut memcached = Memcached::start();
    for (name, exchanges) in exchanges::ALL {
        // On a machine that is slow items expire in between.
        let is_so = (0..20).any(|_| {
            memcached.restart();
            match replay(&memcached, exchanges) {
                (Ok(()), _) => true,
                (Err(difference), busy) => {
                    assert!(busy >= Duration::from_secs(1), "{name}: {difference}");
                    false
                }
            }
        });
        assert!(is_so, "{name}: too slow a machine");
    }
}

/// Whether it does as it was seen to do, and the time that it took, without what was
/// waited for.
fn replay(
    memcached: &Memcached,
    exchanges: &[exchanges::Exchange],
) -> (Result<(), String>, Duration) {
    let mut stream = connect(memcached);
    let start = Instant::now();
    let mut waited = Duration::ZERO;
    let ask = |send: &str, count| lines(&mut stream, send, count);
    let wait = |_| {
        let start = Instant::now();
        eventually("the item expires", || memcached.get("k").is_none());
        waited += start.elapsed();
    };
    let seen = exchanges::replay(exchanges, 1, ask, wait);
    (seen, start.elapsed().saturating_sub(waited))
}

/// The reply to a command, as this project reads it.
fn reply(stream: &mut BufReader<TcpStream>, command: &Command<Vec<u8>>) -> Reply<Vec<u8>> {
    let mut wire = Vec::new();
    command.encode_head(&mut wire);
    if let Some(data) = command.data() {
        wire.extend_from_slice(data);
        wire.extend_from_slice(b"\r\n");
    }
    stream.get_mut().write_all(&wire).expect("memcached reads");
    let mut parser = ReplyParser::new();
    loop {
        let bytes = stream.fill_buf().expect("a reply");
        assert!(
            !bytes.is_empty(),
            "memcached ends the connection after {command:?}"
        );
        let mut at = 0;
        let read = parser.parse(command.reply_form(), &bytes, &mut at);
        let read = read.unwrap_or_else(|error| panic!("{error}: {command:?}"));
        let len = bytes.len();
        stream.consume(at);
        if let Some(reply) = read {
            assert_eq!(at, len, "more than a reply to {command:?}");
            return reply;
        }
    }
}

/// What comes for bytes, up to the reply to a command that ends them.
fn bytes(stream: &mut BufReader<TcpStream>, send: &[u8]) -> Vec<u8> {
    let wire = [send, b"version\r\n"].concat();
    stream.get_mut().write_all(&wire).expect("memcached reads");
    let mut replies = Vec::new();
    loop {
        let start = replies.len();
        let count = stream.read_until(b'\n', &mut replies).expect("a line");
        assert!(count > 0, "memcached ends the connection after {send:?}");
        if replies[start..].starts_with(b"VERSION ") {
            replies.truncate(start);
            return replies;
        }
    }
}

fn unix_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("a clock").as_secs()
}

/// The seeds of this run, the last of which is another one each time. They are shown
/// if the test fails.
fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let new = u64::from(since.expect("a clock").subsec_nanos()) + count;
    (0..count)
        .chain([new])
        .inspect(|seed| println!("seed {seed}"))
}

/// Random commands: the imitation says what memcached says.
#[test]
fn the_imitation_does_as_it_does() {
    let memcached = Memcached::start();
    let mut stream = connect(&memcached);
    for seed in seeds(400) {
        let script = random_bytes(seed, random::STEP * 50);
        let ask = |command: &Command<Vec<u8>>| reply(&mut stream, command);
        random::run(&script, &format!("k{seed}-"), 2, unix_secs, ask);
    }
}

/// The same, several commands together, byte by byte.
#[test]
fn the_imitation_says_the_same_bytes() {
    let memcached = Memcached::start();
    let mut stream = connect(&memcached);
    for seed in seeds(400) {
        let script = random_bytes(seed, random::STEP * 100);
        let ask = |send: &[u8]| bytes(&mut stream, send);
        wire::run(&script, &format!("k{seed}-"), 2, unix_secs, ask);
    }
}
