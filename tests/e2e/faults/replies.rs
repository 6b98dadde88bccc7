//! Replies of every kind, good and bad, to get and to set.

use testkit::{Peer, value_reply};

use super::bench::{Bench, Expect, Times};

/// A line that never ends, or so it seems.
static ENDLESS: [u8; 100_000] = [b'x'; 100_000];

/// Answers requests for one key with this, others well.
fn replies(bytes: Vec<u8>) -> impl Fn(&mut Peer) {
    move |peer| {
        while let Some(request) = peer.request() {
            if request.key == "/k" {
                peer.send(&bytes);
            } else {
                peer.answer(&request);
            }
        }
    }
}

#[test]
fn values_of_every_form() {
    let mut bench = Bench::start(Times::PATIENT);
    let big = vec![b'x'; 1_000_000];
    let values: [&[u8]; 7] = [
        b"",
        b"x",
        b"\0",
        b"\r\n",
        b"END\r\n",
        b"\r\nEND\r\nVALUE /k 0 1\r\n",
        &big,
    ];
    for value in values {
        let reply = value_reply("/k", value);
        bench.case("a value", "/k", Expect::Hit(value), replies(reply));
    }
    for (flags, len) in [("4294967295", "1"), ("007", "0001")] {
        let reply = format!("VALUE /k {flags} {len}\r\nx\r\nEND\r\n").into_bytes();
        bench.case(flags, "/k", Expect::Hit(b"x"), replies(reply));
    }
    // A value that has come whole is given out, whatever follows.
    let reply = b"VALUE /k 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n";
    bench.case("error", "/k", Expect::Hit(b"x"), replies(reply.to_vec()));
    bench.case("a miss", "/k", Expect::Miss, replies(b"END\r\n".to_vec()));
    bench.finish();
}

#[test]
fn bad_replies_to_get_are_misses() {
    let mut bench = Bench::start(Times::PATIENT);
    let long_line = [b"VALUE /k 0 1".as_slice(), &[b' '; 4000]].concat();
    let cases: &[&[u8]] = &[
        b"ERROR\r\n",
        b"CLIENT_ERROR bad command line format\r\n",
        b"SERVER_ERROR out of memory writing get response\r\n",
        b"SERVER_ERROR object too large for cache\r\n",
        b"SERVER_ERROR\r\n",
        b"STORED\r\n",
        b"NOT_STORED\r\n",
        b"EXISTS\r\n",
        b"DELETED\r\n",
        b"VERSION 1.6.18\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        b"\x15\x03\x01\x00\x02\x02\x0a\r\n",
        b"\r\n",
        b"\n",
        b"\0\r\n",
        b"END\n",
        b"END \r\n",
        b"END\r\r\n",
        b"END\0\r\n",
        // Another key.
        b"VALUE /j 0 2\r\nno\r\nEND\r\n",
        b"VALUE /kk 0 2\r\nno\r\nEND\r\n",
        b"VALUE / 0 2\r\nno\r\nEND\r\n",
        b"VALUE /K 0 2\r\nno\r\nEND\r\n",
        b"VALUE  0 2\r\nno\r\nEND\r\n",
        // Lengths.
        b"VALUE /k 0 -1\r\nno\r\nEND\r\n",
        b"VALUE /k 0 +2\r\nno\r\nEND\r\n",
        b"VALUE /k 0 0x2\r\nno\r\nEND\r\n",
        b"VALUE /k 0 two\r\nno\r\nEND\r\n",
        b"VALUE /k 0 \r\nno\r\nEND\r\n",
        b"VALUE /k 0\r\nno\r\nEND\r\n",
        b"VALUE /k 0 2.0\r\nno\r\nEND\r\n",
        b"VALUE /k 0 1073741825\r\nno\r\nEND\r\n",
        b"VALUE /k 0 4294967298\r\nno\r\nEND\r\n",
        b"VALUE /k 0 18446744073709551618\r\nno\r\nEND\r\n",
        b"VALUE /k 0 99999999999999999999999999999999\r\nno\r\nEND\r\n",
        b"VALUE /k 0 1\r\nno\r\nEND\r\n",
        b"VALUE /k 0 0\r\nno\r\nEND\r\n",
        // Flags.
        b"VALUE /k -1 2\r\nno\r\nEND\r\n",
        b"VALUE /k 4294967296 2\r\nno\r\nEND\r\n",
        b"VALUE /k x 2\r\nno\r\nEND\r\n",
        // More than was asked for.
        b"VALUE /k 0 2 1\r\nno\r\nEND\r\n",
        b"VALUE /k 0 2 \r\nno\r\nEND\r\n",
        b"VALUE  /k 0 2\r\nno\r\nEND\r\n",
        // Line ends.
        b"VALUE /k 0 2\nno\r\nEND\r\n",
        b"VALUE /k 0 2\r\r\nno\r\nEND\r\n",
        b"VALUE /k 0 2\r\nno\nEND\r\n",
        b"VALUE /k 0 2\r\nno\r\r\nEND\r\n",
        b"VALUE /k 0 2\r\nno\r\nEND\n",
        b"VALUE /k 0 2\r\nno\r\nEND\r\r\n",
        b"VALUE /k 0 2\r\nno\r\n\r\nEND\r\n",
        b"VALUE /k 0 2\0\r\nno\r\nEND\r\n",
        // The end.
        b"VALUE /k 0 2\r\nno\r\nVALUE /k 0 2\r\nno\r\nEND\r\n",
        b"VALUE /k 0 2\r\nno\r\nSTORED\r\n",
        b"VALUE /k 0 2\r\nno\r\nERROR\r\n",
        b"VALUE /k 0 2\r\nno\r\nCLIENT_ERROR x\r\n",
        &long_line,
        &ENDLESS,
    ];
    for &reply in cases {
        let shown = reply[..reply.len().min(60)].escape_ascii().to_string();
        bench.case(&shown, "/k", Expect::Miss, replies(reply.to_vec()));
        // Others are answered well, on a new connection if need be.
        bench.cache.set("/next", b"next");
        bench.await_hit(&shown, "/next", b"next");
    }
    bench.finish();
}

/// The response does not depend on what memcached says to a store, and the
/// next store is carried out.
#[test]
fn bad_replies_to_set_harm_nobody() {
    let mut bench = Bench::start(Times::PATIENT);
    let cases: &[&[u8]] = &[
        b"STORED\r\n",
        b"NOT_STORED\r\n",
        b"ERROR\r\n",
        b"CLIENT_ERROR bad data chunk\r\n",
        b"CLIENT_ERROR line too long\r\n",
        b"SERVER_ERROR object too large for cache\r\n",
        b"SERVER_ERROR out of memory storing object\r\n",
        b"EXISTS\r\n",
        b"END\r\n",
        b"VALUE /page/x 0 1\r\nx\r\nEND\r\n",
        b"STORED\n",
        b"STORED\r\r\n",
        b"STORED \r\n",
        b"STORED\0\r\n",
        b"stored\r\n",
        b"\r\n",
        b"\x80\x81\r\n",
        &ENDLESS,
    ];
    for (at, &reply) in cases.iter().enumerate() {
        let shown = reply[..reply.len().min(60)].escape_ascii().to_string();
        bench.cache.behave(move |peer| {
            while let Some(request) = peer.request() {
                if request.verb == "set" && request.key.starts_with("/page/bad") {
                    peer.send(reply);
                } else {
                    peer.answer(&request);
                }
            }
        });
        bench.ask(&shown, &format!("/page/bad{at}"), Expect::Miss);
        bench.cache.await_requests(2);
        bench.await_hit(&shown, &format!("/page/good{at}"), b"page");
    }
    bench.finish();
}
