//! Commands as bytes, and replies as bytes, mean what the commands mean.

use memcached_core::protocol::{Command, Reply, ReplyParser};
use memcached_core::testing::memcached::{Items, Peer, random};
use proptest::collection::vec;
use proptest::prelude::*;

const START: u64 = 1_700_000_000;

/// A server that gets a command in parts, and its reply as it is read in parts.
fn ask(
    items: &mut Items,
    peer: &mut Peer,
    command: &Command<Vec<u8>>,
    step: usize,
) -> Reply<Vec<u8>> {
    let mut wire = Vec::new();
    command.encode_head(&mut wire);
    if let Some(data) = command.data() {
        wire.extend_from_slice(data);
        wire.extend_from_slice(b"\r\n");
    }
    for part in wire.chunks(step) {
        peer.received.extend_from_slice(part);
        peer.serve(items, START);
    }
    assert!(peer.received.is_empty());
    let mut parser = ReplyParser::new();
    let replies = std::mem::take(&mut peer.replies);
    let mut read = None;
    for part in replies.chunks(step) {
        assert!(read.is_none(), "more than a reply");
        let mut at = 0;
        read = parser.parse(command.reply_form(), &part, &mut at).unwrap();
        assert_eq!(at, part.len());
    }
    read.expect("a whole reply")
}

proptest! {
    #[test]
    fn both_ways_say_the_same(script in vec(any::<u8>(), 0..600), step in 1_usize..40) {
        let (mut items, mut peer) = (Items::default(), Peer::default());
        let ask = |command: &Command<Vec<u8>>| ask(&mut items, &mut peer, command, step);
        random::run(&script, "k", 0, || START, ask);
    }
}
