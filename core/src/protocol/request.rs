//! Requests as bytes. Only a [`Key`] can be put into one, and `noreply` is
//! never sent: a request without a reply cannot be told from a lost one.

use super::key::Key;

/// Ends every line and every data block.
pub const CRLF: &[u8] = b"\r\n";

/// Appends `get KEY KEY...` (protocol.txt, "Retrieval command").
pub fn encode_get<'k>(out: &mut Vec<u8>, keys: impl IntoIterator<Item = &'k Key>) {
    encode_retrieval(out, b"get", keys);
}

/// Appends `gets KEY KEY...`, whose reply also tells the items' versions
/// (protocol.txt, "Retrieval command").
pub fn encode_gets<'k>(out: &mut Vec<u8>, keys: impl IntoIterator<Item = &'k Key>) {
    encode_retrieval(out, b"gets", keys);
}

fn encode_retrieval<'k>(
    out: &mut Vec<u8>,
    command: &[u8],
    keys: impl IntoIterator<Item = &'k Key>,
) {
    out.extend_from_slice(command);
    for key in keys {
        out.push(b' ');
        out.extend_from_slice(key.as_bytes());
    }
    out.extend_from_slice(CRLF);
}

/// Appends the line that begins a `set` (protocol.txt, "Storage commands");
/// `len` bytes of data and [`CRLF`] have to follow.
pub fn encode_set_header(out: &mut Vec<u8>, key: &Key, flags: u32, exptime: i64, len: usize) {
    encode_store_header(out, "set", key, flags, exptime, len);
    out.extend_from_slice(CRLF);
}

/// Appends the line that begins a conditional storage command (protocol.txt,
/// "Storage commands"); `len` bytes of data and [`CRLF`] have to follow.
pub fn encode_change_header(
    out: &mut Vec<u8>,
    change: Change,
    key: &Key,
    flags: u32,
    exptime: i64,
    len: usize,
) {
    let command = match change {
        Change::Add => "add",
        Change::Replace => "replace",
        Change::Append => "append",
        Change::Prepend => "prepend",
        Change::Cas(_) => "cas",
    };
    encode_store_header(out, command, key, flags, exptime, len);
    if let Change::Cas(version) = change {
        push_number(out, version);
    }
    out.extend_from_slice(CRLF);
}

fn encode_store_header(
    out: &mut Vec<u8>,
    command: &str,
    key: &Key,
    flags: u32,
    exptime: i64,
    len: usize,
) {
    out.extend_from_slice(command.as_bytes());
    out.push(b' ');
    out.extend_from_slice(key.as_bytes());
    push_number(out, flags);
    push_number(out, exptime);
    push_number(out, len);
}

/// Appends `delete KEY` (protocol.txt, "Deletion").
pub fn encode_delete(out: &mut Vec<u8>, key: &Key) {
    out.extend_from_slice(b"delete ");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(CRLF);
}

/// Appends `touch KEY EXPTIME` (protocol.txt, "Touch").
pub fn encode_touch(out: &mut Vec<u8>, key: &Key, exptime: i64) {
    out.extend_from_slice(b"touch ");
    out.extend_from_slice(key.as_bytes());
    push_number(out, exptime);
    out.extend_from_slice(CRLF);
}

/// Appends `incr KEY DELTA` or `decr KEY DELTA` (protocol.txt,
/// "Increment/Decrement").
pub fn encode_count(out: &mut Vec<u8>, count: Count, key: &Key, delta: u64) {
    out.extend_from_slice(match count {
        Count::Up => b"incr ",
        Count::Down => b"decr ",
    });
    out.extend_from_slice(key.as_bytes());
    push_number(out, delta);
    out.extend_from_slice(CRLF);
}

fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.push(b' ');
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// How a storage command depends on the item that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Stores if there is none.
    Add,
    /// Stores if there is one.
    Replace,
    /// Puts the data behind that of the item that is there.
    Append,
    /// Puts the data before that of the item that is there.
    Prepend,
    /// Stores if the item that is there has this version still.
    Cas(u64),
}

/// Which way a number is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Up; past 2^64 - 1 it begins at 0 again.
    Up,
    /// Down, not below 0.
    Down,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form() {
        let key = Key::new(b"a/b").unwrap();
        let mut out = Vec::new();
        encode_get(&mut out, [&key]);
        encode_gets(&mut out, [&key]);
        encode_get(&mut out, [&key, &Key::new(b"c").unwrap()]);
        encode_set_header(&mut out, &key, u32::MAX, 30, 5);
        encode_set_header(&mut out, &key, 0, 1_800_000_000, 0);
        encode_gets(&mut out, [&key, &Key::new(b"c").unwrap()]);
        for change in [
            Change::Add,
            Change::Replace,
            Change::Append,
            Change::Prepend,
            Change::Cas(u64::MAX),
        ] {
            encode_change_header(&mut out, change, &key, 7, 300, 2);
        }
        encode_delete(&mut out, &key);
        encode_touch(&mut out, &key, 0);
        encode_count(&mut out, Count::Up, &key, 1);
        encode_count(&mut out, Count::Down, &key, u64::MAX);
        let wire = "get a/b\r\ngets a/b\r\nget a/b c\r\nset a/b 4294967295 30 5\r\nset a/b 0 1800000000 0\r\n\
                    gets a/b c\r\n\
                    add a/b 7 300 2\r\nreplace a/b 7 300 2\r\nappend a/b 7 300 2\r\n\
                    prepend a/b 7 300 2\r\ncas a/b 7 300 2 18446744073709551615\r\n\
                    delete a/b\r\ntouch a/b 0\r\nincr a/b 1\r\n\
                    decr a/b 18446744073709551615\r\n";
        assert_eq!(out, wire.as_bytes());
    }
}
