//! Writing the stored form.

use core::fmt;
use std::time::{Duration, UNIX_EPOCH};

use super::HEAD_MAX;
use super::entry::Entry;
use super::fields::{Hops, is_left_out, is_text, is_token, trim};
use super::is_whole;
use crate::protocol::SHA1_HEX_LEN;

/// Why a head cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstorable {
    /// A header has a byte that no header may have.
    BadHeader,
    /// It has more than [`HEAD_MAX`] bytes.
    TooLarge,
    /// No whole response has this status.
    Status,
}

impl fmt::Display for Unstorable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadHeader => "a header with a byte that is not allowed",
            Self::TooLarge => "headers larger than 64 KiB",
            Self::Status => "a status that no whole response has",
        })
    }
}

/// The headers of a response, as they are to be stored.
#[derive(Debug, Default)]
pub struct HeadWriter {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    hops: Hops,
}

impl HeadWriter {
    /// Takes a header in.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Connection") {
            self.hops.add(value);
        }
        self.fields.push((name.to_vec(), value.to_vec()));
    }

    /// The stored head of a response with this status, stored at
    /// `unix_now_secs` when it is `age_secs` old already.
    ///
    /// # Errors
    /// It cannot be stored.
    pub fn encode(
        &self,
        status: u16,
        unix_now_secs: u64,
        age_secs: u64,
        add_etag: bool,
    ) -> Result<Entry, Unstorable> {
        if !is_whole(status) {
            return Err(Unstorable::Status);
        }
        let mut bytes = format!("HTTP/1.1 {status} {}\r\n", reason_phrase(status)).into_bytes();
        let mut has_etag = false;
        for (name, value) in &self.fields {
            if self.leaves_out(name) {
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
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_now_secs));
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
        Ok(Entry::behind(bytes, etag))
    }

    fn leaves_out(&self, name: &[u8]) -> bool {
        is_left_out(name)
            || name.eq_ignore_ascii_case(b"Date")
            || name.eq_ignore_ascii_case(b"Age")
            || self.hops.contains(name)
    }
}

/// Words for a status (RFC 9110 section 15); any will do, and none.
fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        414 => "URI Too Long",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
