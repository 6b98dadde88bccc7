//! What it costs to read replies, whole and in pieces, and to write commands.

use std::ops::Range;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use memcached_core::protocol::{
    Command, Data, Input, Key, Reply, ReplyForm, ReplyParser, Retrieve, Store, StoreMode,
    ValueLines,
};

fn main() {
    divan::main();
}

/// Bytes of a value.
const SIZES: [usize; 6] = [1, 100, 1024, 16 * 1024, 64 * 1024, 1 << 20];

const KEY: &[u8] = b"https://www.example.org/some/page.html";

/// Input whose pieces cost nothing, as those of a driver that passes references
/// on.
struct Slice<'a>(&'a [u8]);

impl Input for Slice<'_> {
    type Piece = Range<usize>;

    fn bytes(&self) -> &[u8] {
        self.0
    }

    fn piece(&self, range: Range<usize>) -> Range<usize> {
        range
    }
}

fn key() -> Key {
    Key::new(KEY).expect("a valid key")
}

fn reply(size: usize) -> Vec<u8> {
    let mut wire = format!("VALUE {} 0 {size}\r\n", KEY.escape_ascii()).into_bytes();
    wire.resize(wire.len() + size, b'x');
    wire.extend_from_slice(b"\r\nEND\r\n");
    wire
}

/// Reads one reply that comes in inputs of at most `piece` bytes.
fn parse(wire: &[u8], piece: usize, keys: &[Key; 1]) -> Reply<Range<usize>> {
    let form = ReplyForm::Values {
        keys,
        lines: ValueLines::Plain,
        max_value: u64::MAX,
    };
    let mut parser = ReplyParser::new();
    for part in wire.chunks(piece) {
        let parsed = parser.parse(form, &Slice(part), &mut 0);
        if let Some(reply) = parsed.expect("a good reply") {
            return reply;
        }
    }
    panic!("the reply has no end");
}

#[divan::bench(args = SIZES)]
fn parse_whole(bencher: Bencher<'_, '_>, size: usize) {
    let (wire, keys) = (reply(size), [key()]);
    bencher
        .counter(BytesCount::new(wire.len()))
        .bench_local(|| parse(black_box(&wire), usize::MAX, &keys));
}

#[divan::bench(args = SIZES)]
fn parse_in_64_byte_pieces(bencher: Bencher<'_, '_>, size: usize) {
    let (wire, keys) = (reply(size), [key()]);
    bencher
        .counter(BytesCount::new(wire.len()))
        .bench_local(|| parse(black_box(&wire), 64, &keys));
}

#[divan::bench]
fn parse_miss() -> Reply<Range<usize>> {
    parse(black_box(b"END\r\n"), usize::MAX, &[key()])
}

/// A key as it comes from a request: looked at and copied.
#[divan::bench]
fn make_key() -> Key {
    Key::hashing(black_box(KEY))
}

/// A key that has to be hashed.
#[divan::bench]
fn hash_key() -> Key {
    Key::hashing(black_box(b"not a valid key"))
}

#[divan::bench]
fn write_get(bencher: Bencher<'_, '_>) {
    let get = Command::<Vec<u8>>::from(Retrieve::one(key()));
    let mut out = Vec::with_capacity(512);
    bencher.bench_local(|| {
        out.clear();
        black_box(&get).encode_head(&mut out);
        out.len()
    });
}

#[divan::bench(args = SIZES)]
fn write_set(bencher: Bencher<'_, '_>, size: usize) {
    let set = Command::from(Store {
        mode: StoreMode::Set,
        key: key(),
        flags: 0,
        exptime: 30,
        data: vec![b'x'; size],
    });
    let mut out = Vec::with_capacity(size + 512);
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        out.clear();
        black_box(&set).encode_head(&mut out);
        out.extend_from_slice(set.data().map_or(&[], |data| data.part(0)));
        out.extend_from_slice(b"\r\n");
        out.len()
    });
}
