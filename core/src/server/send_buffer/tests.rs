use super::*;
use crate::protocol::{Key, Retrieve, Store, StoreMode};

/// A value in parts of up to seven bytes.
#[derive(Clone, Debug)]
struct InParts(Vec<u8>);

impl Data for InParts {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn part(&self, offset: usize) -> &[u8] {
        let rest = &self.0[offset..];
        &rest[..rest.len().min(7)]
    }
}

fn key() -> Key {
    Key::new(b"k").unwrap()
}

fn get<D>() -> Command<D> {
    Retrieve::one(key()).into()
}

fn set<D>(data: D) -> Command<D> {
    let store = Store {
        mode: StoreMode::Set,
        key: key(),
        flags: 0,
        exptime: 0,
        data,
    };
    store.into()
}

fn bytes(count: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(count).collect()
}

fn encode_all<D: Data>(buffer: &mut SendBuffer, commands: &[Command<D>]) -> Vec<Range<u64>> {
    (0..)
        .zip(commands)
        .map(|(id, command)| buffer.encode(id, command))
        .collect()
}

fn value<'a, D: Data>(commands: &'a [Command<D>]) -> impl Fn(u64) -> Option<&'a D> {
    move |id| commands[usize::try_from(id).unwrap()].data()
}

#[test]
fn the_stream_is_the_same_however_it_is_written() {
    let commands = [
        get(),
        set(InParts(bytes(100))),
        set(InParts(bytes(INLINE_MAX + 30))),
        get(),
        set(InParts(vec![])),
    ];
    let mut expected = Vec::new();
    let mut ranges = Vec::new();
    for command in &commands {
        let start = expected.len() as u64;
        command.encode_head(&mut expected);
        if let Some(InParts(data)) = command.data() {
            expected.extend_from_slice(data);
            expected.extend_from_slice(CRLF);
        }
        ranges.push(start..expected.len() as u64);
    }
    for step in [1, 2, 3, 7, 50, 99, 4096] {
        let mut buffer = SendBuffer::default();
        assert_eq!(encode_all(&mut buffer, &commands), ranges);
        let mut stream = Vec::new();
        while !buffer.is_empty() {
            let offered = buffer.transmit(value(&commands)).slices().concat();
            assert!(!offered.is_empty(), "at {}", stream.len());
            let count = offered.len().min(step);
            stream.extend_from_slice(&offered[..count]);
            buffer.advance(count, value(&commands));
            assert_eq!(buffer.written(), stream.len() as u64);
        }
        assert!(stream == expected, "in steps of {step}");
        assert!(buffer.transmit(value(&commands)).slices().is_empty());
    }
}

#[test]
fn large_values_are_offered_where_they_are_and_small_ones_copied() {
    let commands = [set(bytes(INLINE_MAX + 1)), set(bytes(INLINE_MAX))];
    let mut buffer = SendBuffer::default();
    encode_all(&mut buffer, &commands);
    let transmit = buffer.transmit(value(&commands));
    let [_, large, small] = transmit.slices() else {
        panic!("{transmit:?}")
    };
    assert_eq!(large.as_ptr(), commands[0].data().unwrap().as_ptr());
    assert!(small.len() > INLINE_MAX);
}

#[test]
fn it_is_full_by_bytes_and_by_slices() {
    let mut buffer = SendBuffer::default();
    let large = set(bytes(INLINE_MAX + 1));
    let mut count = 0;
    while buffer.has_room() {
        buffer.encode(0, &large);
        count += 1;
    }
    assert!(buffer.transmit(|_| large.data()).slices().len() <= WRITE_SLICES_MAX);
    assert_eq!(count, 7);
    buffer.clear();
    assert!(buffer.has_room() && buffer.is_empty());
    assert_eq!(buffer.encode(0, &get::<Vec<u8>>()), 0..7);
    let mut buffer = SendBuffer::default();
    while buffer.has_room() {
        buffer.encode(0, &set(bytes(INLINE_MAX)));
    }
    assert!(buffer.encoded >= BACKLOG_MAX);
    assert!(buffer.encoded < BACKLOG_MAX + 2 * INLINE_MAX as u64);
}

#[test]
fn a_buffer_that_is_never_empty_does_not_grow() {
    let mut buffer = SendBuffer::default();
    let small = set(bytes(1000));
    buffer.encode(0, &small);
    for _ in 0..1000 {
        buffer.encode(0, &small);
        buffer.advance(1000, |_| small.data());
        assert!(!buffer.is_empty() && buffer.heads.len() < 2 * COMPACT_AT);
        // All but a few bytes of each command, so that something is left.
        let backlog = usize::try_from(buffer.encoded - buffer.written).unwrap();
        if backlog > 5000 {
            buffer.advance(backlog - 1, |_| small.data());
        }
    }
}
