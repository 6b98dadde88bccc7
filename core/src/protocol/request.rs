//! Requests as bytes. Only a [`Key`] can be put into one, and `noreply` is
//! never sent: a request without a reply cannot be told from a lost one.

use super::key::Key;

/// Ends every line and every data block.
pub const CRLF: &[u8] = b"\r\n";

/// Appends `get KEY` (protocol.txt, "Retrieval command").
pub fn encode_get(out: &mut Vec<u8>, key: &Key) {
    out.extend_from_slice(b"get ");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(CRLF);
}

/// Appends `gets KEY`, whose reply also tells the item's version
/// (protocol.txt, "Retrieval command").
pub fn encode_gets(out: &mut Vec<u8>, key: &Key) {
    out.extend_from_slice(b"gets ");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(CRLF);
}

/// Appends the line that begins a `set` (protocol.txt, "Storage commands");
/// `len` bytes of data and [`CRLF`] have to follow.
pub fn encode_set_header(out: &mut Vec<u8>, key: &Key, flags: u32, exptime: i64, len: usize) {
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(b"set ");
    out.extend_from_slice(key.as_bytes());
    out.push(b' ');
    out.extend_from_slice(digits.format(flags).as_bytes());
    out.push(b' ');
    out.extend_from_slice(digits.format(exptime).as_bytes());
    out.push(b' ');
    out.extend_from_slice(digits.format(len).as_bytes());
    out.extend_from_slice(CRLF);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form() {
        let key = Key::new(b"a/b").unwrap();
        let mut out = Vec::new();
        encode_get(&mut out, &key);
        encode_gets(&mut out, &key);
        encode_set_header(&mut out, &key, u32::MAX, 30, 5);
        encode_set_header(&mut out, &key, 0, 1_800_000_000, 0);
        let wire = "get a/b\r\ngets a/b\r\nset a/b 4294967295 30 5\r\nset a/b 0 1800000000 0\r\n";
        assert_eq!(out, wire.as_bytes());
    }
}
