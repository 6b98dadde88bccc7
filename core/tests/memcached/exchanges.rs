//! The imitation does what memcached was seen to do.

use std::cell::Cell;

use memcached_core::testing::memcached::{Dialect, Items, Peer, exchanges};

/// Any time at which versions and seconds cannot be taken for each other.
const START: u64 = 1_700_000_000;

#[test]
fn as_memcached_was_seen() {
    for (name, exchanges) in exchanges::ALL {
        let (mut items, mut peer) = (Items::default(), Peer::default());
        let now = Cell::new(START);
        let ask = |send: &str, _| {
            peer.received.extend_from_slice(send.as_bytes());
            peer.serve(&mut items, now.get());
            assert!(peer.received.is_empty());
            String::from_utf8(std::mem::take(&mut peer.replies)).unwrap()
        };
        let wait = |tenths: u64| now.set(now.get() + tenths.div_ceil(10));
        let seen = exchanges::replay(exchanges, 0, ask, wait);
        assert_eq!(seen, Ok(()), "{name}");
    }
}

#[test]
fn servers_without_meta_commands() {
    let (mut items, mut peer) = (Items::default(), Peer::new(Dialect::Classic));
    peer.received
        .extend_from_slice(b"mn\r\nms k 1 T60\r\nx\r\nget k\r\n");
    peer.serve(&mut items, START);
    assert_eq!(peer.replies, b"ERROR\r\nERROR\r\nERROR\r\nEND\r\n");
    let mut peer = Peer::new(Dialect::Closing);
    peer.received.extend_from_slice(b"get k\r\nmn\r\nget k\r\n");
    peer.serve(&mut items, START);
    assert_eq!((&peer.replies[..], peer.is_closed), (&b"END\r\n"[..], true));
}
