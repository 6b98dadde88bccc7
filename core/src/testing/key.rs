//! A key made of arbitrary bytes, and what must hold of it: whatever is looked
//! up or stored under it, the server reads one command and no more.

use crate::protocol::{Command, Data, Key, KeyError, Retrieve, Store, StoreMode};

/// The bytes are a raw key.
///
/// # Panics
/// Something that must hold does not.
pub fn run(raw: &[u8]) {
    let valid = (1..=250).contains(&raw.len()) && raw.iter().all(u8::is_ascii_graphic);
    match Key::new(raw) {
        Ok(key) => assert!(valid && key.as_bytes() == raw),
        Err(error) => {
            assert!(!valid);
            explain(raw, error);
        }
    }
    let key = Key::hashing(raw);
    let sent = key.as_bytes();
    assert_eq!(valid, sent == raw);
    if !valid {
        assert_eq!(sent.len(), 40);
        let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        assert!(sent.iter().all(is_hex));
    }
    assert_eq!(Key::new(sent).as_ref(), Ok(&key));
    assert_eq!(key.to_string().as_bytes(), escaped(sent));
    commands(&key);
}

fn explain(raw: &[u8], error: KeyError) {
    match error {
        KeyError::Empty => assert!(raw.is_empty()),
        KeyError::TooLong(len) => assert!(len == raw.len() && len > 250),
        KeyError::BadByte { at, byte } => {
            assert_eq!(raw[at], byte);
            assert!(raw[..at].iter().all(u8::is_ascii_graphic));
        }
    }
    assert!(error.to_string().is_ascii());
}

/// A value that is announced, and never sent.
struct Announced(usize);

impl Data for Announced {
    fn len(&self) -> usize {
        self.0
    }

    fn part(&self, _offset: usize) -> &[u8] {
        &[]
    }
}

fn commands(key: &Key) {
    let set = Store {
        mode: StoreMode::Set,
        key: key.clone(),
        flags: u32::MAX,
        exptime: i64::from(i32::MAX),
        data: Announced(1 << 30),
    };
    let get = Retrieve::one(key.clone());
    let gets = get.clone().with_cas();
    let mut wire = Vec::new();
    for command in [get.into(), gets.into(), Command::Store(set)] {
        command.encode_head(&mut wire);
    }
    let lines: Vec<&[u8]> = wire.split(|&byte| byte == b'\n').collect();
    let read: Vec<Vec<&[u8]>> = lines
        .iter()
        .map(|line| line.split(|&byte| byte == b' ').collect())
        .collect();
    let name = key.as_bytes();
    let ended = [name, b"\r"].concat();
    assert_eq!(
        read,
        [
            vec![b"get".as_slice(), &ended],
            vec![b"gets", &ended],
            vec![b"set", name, b"4294967295", b"2147483647", b"1073741824\r"],
            vec![b""],
        ]
    );
    assert!(lines.iter().all(|line| line.len() < 2048));
}

/// Quotes and backslashes are shown with a backslash.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in bytes {
        if br#"\'""#.contains(&byte) {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text
}
