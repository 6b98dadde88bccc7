//! Writing the stored form.

use super::etag::append_place;
use super::fresh_until::{Extra, append_line};
use super::item::NewItem;
use super::left_out::is_left_out;
use super::status::{HEAD_MAX, is_whole, reason_phrase};
use crate::http::{ConnectionHeaders, format_date, is_text, is_token, trim};

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

/// What is written into a stored head beside the headers of its response.
#[derive(Clone, Copy, Debug)]
pub struct HeadSpec {
    /// Status of the response.
    pub status: u16,
    /// When it is stored, in seconds since 1970.
    pub unix_now_secs: u64,
    /// How old it is by then, in seconds.
    pub age_secs: u32,
    /// It gets an entity-tag made of its body if it has none.
    pub add_etag: bool,
    /// It gets the private line: its item lives on for so many seconds after its
    /// lifetime.
    pub extra: Option<Extra>,
}

impl HeadSpec {
    /// Of a response with this status that is new now, as it is.
    #[must_use]
    pub const fn new(status: u16, unix_now_secs: u64) -> Self {
        Self {
            status,
            unix_now_secs,
            age_secs: 0,
            add_etag: false,
            extra: None,
        }
    }
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

    /// The item of the response, without those of its headers that `without` names.
    ///
    /// # Errors
    /// It cannot be stored.
    pub fn encode(
        &self,
        spec: &HeadSpec,
        without: impl Fn(&[u8]) -> bool,
    ) -> Result<NewItem, Unstorable> {
        let status = spec.status;
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
        let date = format_date(spec.unix_now_secs);
        bytes.extend_from_slice(format!("Date: {date}\r\n").as_bytes());
        if spec.age_secs > 0 {
            bytes.extend_from_slice(format!("Age: {}\r\n", spec.age_secs).as_bytes());
        }
        let fresh_until = spec.extra.map(|extra| append_line(&mut bytes, extra));
        let etag = (spec.add_etag && !has_etag).then(|| append_place(&mut bytes));
        bytes.extend_from_slice(b"\r\n");
        if bytes.len() > HEAD_MAX {
            return Err(Unstorable::TooLarge);
        }
        Ok(NewItem::with_head(bytes, etag, fresh_until))
    }

    fn leaves_out(&self, name: &[u8]) -> bool {
        is_left_out(name)
            || name.eq_ignore_ascii_case(b"Date")
            || name.eq_ignore_ascii_case(b"Age")
            || self.connection.contains(name)
    }
}
