//! Writing the stored form.

use super::item::NewItem;
use super::left_out::is_left_out;
use super::status::{HEAD_MAX, is_whole, reason_phrase};
use crate::http::{ConnectionHeaders, format_date, is_text, is_token, trim};
use crate::protocol::SHA1_HEX_LEN;

/// Why a head cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unstorable {
    /// A header has a byte that no header may have.
    #[error("a header with a byte that is not allowed")]
    BadHeader,
    /// It is larger than [`HEAD_MAX`] bytes.
    #[error("headers larger than 64 KiB")]
    TooLarge,
    /// No whole response has this status.
    #[error("a status that no whole response has")]
    Status,
}

/// The headers of a response, as they are to be stored.
#[derive(Debug, Default)]
pub struct HeadWriter {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    connection: ConnectionHeaders,
}

impl HeadWriter {
    /// Records a response header.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Connection") {
            self.connection.observe(value);
        }
        self.fields.push((name.to_vec(), value.to_vec()));
    }

    /// The item of a response with this status, which is `age_secs` old when it
    /// is stored at `unix_now_secs` (seconds since 1970). With `add_etag` it
    /// gets an entity-tag made of its body if it has none. Headers that `without`
    /// names are left out.
    ///
    /// # Errors
    /// It cannot be stored.
    pub fn encode(
        &self,
        status: u16,
        unix_now_secs: u64,
        age_secs: u32,
        add_etag: bool,
        without: impl Fn(&[u8]) -> bool,
    ) -> Result<NewItem, Unstorable> {
        if !is_whole(status) {
            return Err(Unstorable::Status);
        }
        let mut bytes = format!("HTTP/1.1 {status} {}\r\n", reason_phrase(status)).into_bytes();
        let mut has_etag = false;
        for (name, value) in &self.fields {
            if self.leaves_out(name) || without(name) {
                continue;
            }
            let value = trim(value);
            if !is_token(name) || !is_text(value) {
                return Err(Unstorable::BadHeader);
            }
            has_etag |= name.eq_ignore_ascii_case(b"ETag");
            for part in [&name[..], b": ", value, b"\r\n"] {
                bytes.extend_from_slice(part);
            }
            if bytes.len() > HEAD_MAX {
                return Err(Unstorable::TooLarge);
            }
        }
        let date = format_date(unix_now_secs);
        bytes.extend_from_slice(format!("Date: {date}\r\n").as_bytes());
        if age_secs > 0 {
            bytes.extend_from_slice(format!("Age: {age_secs}\r\n").as_bytes());
        }
        let mut etag = None;
        if add_etag && !has_etag {
            bytes.extend_from_slice(b"ETag: \"");
            let start = bytes.len();
            bytes.resize(start + SHA1_HEX_LEN, b'0');
            etag = Some(start..bytes.len());
            bytes.extend_from_slice(b"\"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        if bytes.len() > HEAD_MAX {
            return Err(Unstorable::TooLarge);
        }
        Ok(NewItem::with_head(bytes, etag))
    }

    fn leaves_out(&self, name: &[u8]) -> bool {
        is_left_out(name)
            || name.eq_ignore_ascii_case(b"Date")
            || name.eq_ignore_ascii_case(b"Age")
            || self.connection.contains(name)
    }
}
