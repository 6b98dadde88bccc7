use super::*;
use crate::protocol::{Found, Pieces, Retrieve, Status, Value};

type TestCommand = Command<Vec<u8>>;

fn key(text: &str) -> Key {
    Key::new(text.as_bytes()).unwrap()
}

fn get(text: &str) -> TestCommand {
    Retrieve::one(key(text)).into()
}

fn line(command: &TestCommand) -> String {
    let mut out = Vec::new();
    command.encode_head(&mut out);
    String::from_utf8(out).unwrap()
}

fn value(len: u64) -> Found<()> {
    Found::Value(Value {
        flags: 0,
        marks: None,
        len,
        pieces: Pieces::default(),
    })
}

fn values(found: &[(usize, u64)]) -> Reply<()> {
    let found = found.iter().map(|&(at, len)| (at, value(len)));
    Reply::Values(found.collect())
}

#[test]
fn batches_grow_with_small_replies_and_shrink_with_large_ones() {
    let mut size = BatchSize::default();
    let mut next = |reply: &Reply<()>| {
        size.learn_from(reply);
        size.get()
    };
    let small = values(&[(0, LARGE / 2), (1, LARGE / 2)]);
    let sizes = [(); 6].map(|()| next(&small));
    assert_eq!(sizes, [2, 4, 8, 16, 16, 16]);
    let large = values(&[(0, LARGE / 2), (1, LARGE / 2 + 1)]);
    assert_eq!([(); 3].map(|()| next(&large)), [4, 1, 1]);
    assert_eq!(next(&values(&[])), 2);
    assert_eq!(next(&Reply::Status(Status::Stored)), 4);
}

#[test]
fn batches_begin_again_long_after_the_last_server_error() {
    let mut size = BatchSize::default();
    let mut next = |reply: &Reply<()>| {
        size.learn_from(reply);
        size.get()
    };
    let good = values(&[]);
    assert_eq!([(); 2].map(|()| next(&good)), [2, 4]);
    for _ in 0..2 {
        assert_eq!(next(&Reply::ServerError("x".into())), 1);
        for _ in 0..CALM - 1 {
            assert_eq!(next(&good), 1);
        }
    }
    assert_eq!([(); 3].map(|()| next(&good)), [1, 2, 4]);
    // A new connection makes no difference.
    size.learn_from(&Reply::<()>::ServerError("x".into()));
    size.reset();
    size.learn_from(&good);
    assert_eq!(size.get(), 1);
}

#[test]
fn only_plain_lookups_go_together() {
    let several = || -> TestCommand { Retrieve::several(key("b"), [key("c")]).into() };
    let with_cas = || -> TestCommand { Retrieve::one(key("b")).with_cas().into() };
    assert!(Batch::new(get("a")).has_room_for(&get("b")));
    let small = || -> TestCommand { Retrieve::one(key("b")).up_to(9).into() };
    assert!(Batch::new(small()).has_room_for(&small()));
    for other in [several, with_cas, small] {
        assert!(!Batch::new(get("a")).has_room_for(&other()));
        assert!(!Batch::new(other()).has_room_for(&get("a")));
    }
}

#[test]
fn the_keys_of_a_batch_are_bounded() {
    let long = "k".repeat(250);
    let mut batch = Batch::new(get(&long));
    for _ in 0..2 {
        assert!(batch.has_room_for(&get(&long)));
        batch.push(get(&long));
    }
    assert!(!batch.has_room_for(&get(&long)));
    assert!(batch.has_room_for(&get(&long[..249])));
    let command = batch.into_command();
    assert_eq!(line(&command), format!("get {long} {long} {long}\r\n"));
}

#[test]
fn a_batch_comes_apart_as_it_was_made() {
    let mut batch = Batch::new(get("a"));
    for text in ["b", "a"] {
        batch.push(get(text));
    }
    let parts = split_command(batch.into_command(), 3);
    let lines: Vec<_> = parts.iter().map(line).collect();
    assert_eq!(lines, ["get a\r\n", "get b\r\n", "get a\r\n"]);
    // One request for several keys is no batch.
    let several: TestCommand = Retrieve::several(key("a"), [key("b")]).into();
    let [whole] = &split_command(several, 1)[..] else {
        panic!("split")
    };
    assert_eq!(line(whole), "get a b\r\n");
}

#[test]
fn each_lookup_gets_the_value_of_its_position() {
    let split = |mut reply| {
        let values = match &mut reply {
            Reply::Values(values) => &mut values[..],
            _ => &mut [],
        };
        split_reply(values, None, 3).collect::<Vec<_>>()
    };
    assert_eq!(
        split(values(&[(2, 22), (0, 11)])),
        [values(&[(0, 11)]), values(&[]), values(&[(0, 22)])]
    );
    assert_eq!(split(values(&[])), [values(&[]), values(&[]), values(&[])]);
}
