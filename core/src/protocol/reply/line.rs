//! Lines out of bytes that arrive in any portions.

use memchr::memchr;

use crate::protocol::error::ProtocolError;
use crate::protocol::limits::LINE_MAX;
use crate::protocol::wire::CRLF;

/// The beginning of a line whose end has not arrived.
#[derive(Debug, Default)]
pub(super) struct PartialLine(Vec<u8>);

impl PartialLine {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives `read` the line that ends at the next line feed at or after `at`,
    /// without its CR LF and in place if it arrived as a whole; `at` moves past
    /// it. `None` while its end is missing; then all bytes were taken.
    pub(super) fn read<T>(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        read: impl FnOnce(&[u8]) -> Result<T, ProtocolError>,
    ) -> Result<Option<T>, ProtocolError> {
        let rest = bytes.get(*at..).unwrap_or_default();
        let end = memchr(b'\n', rest).map(|place| place.saturating_add(1));
        let taken = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let len = self.0.len().saturating_add(taken.len());
        if len > LINE_MAX || (len == LINE_MAX && end.is_none()) {
            return Err(ProtocolError::LineTooLong);
        }
        *at = at.saturating_add(taken.len());
        if end.is_none() {
            self.0.extend_from_slice(taken);
            return Ok(None);
        }
        if self.0.is_empty() {
            return read(without_end(taken)?).map(Some);
        }
        self.0.extend_from_slice(taken);
        let result = without_end(&self.0).and_then(read);
        self.0.clear();
        result.map(Some)
    }
}

fn without_end(line: &[u8]) -> Result<&[u8], ProtocolError> {
    line.strip_suffix(CRLF).ok_or(ProtocolError::BadLineEnd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_copied_only_when_it_comes_in_parts() {
        let mut partial = PartialLine::new();
        let mut at = 2;
        let bytes = b"..one\r\ntwo\r\nth";
        let place = |line: &[u8]| Ok(line.as_ptr());
        let whole = partial.read(bytes, &mut at, place);
        assert_eq!((whole, at), (Ok(Some(bytes[2..].as_ptr())), 7));
        partial.read(bytes, &mut at, place).unwrap();
        assert_eq!(partial.0.capacity(), 0);
        assert_eq!(partial.read(bytes, &mut at, place), Ok(None));
        assert_eq!((at, &*partial.0), (14, b"th".as_slice()));
        at = 0;
        let line = partial.read(b"ree\r\n", &mut at, |line| Ok(line.to_vec()));
        assert_eq!((line, at), (Ok(Some(b"three".to_vec())), 5));
        assert!(partial.is_empty());
    }
}
