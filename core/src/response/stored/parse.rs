//! Reading the stored form, strictly.

use core::fmt;
use core::ops::Range;
use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use memchr::memchr;

use super::body::head_pieces;
use super::fields::{Hops, is_left_out, is_text, is_token, trim, trim_start};
use super::is_whole;
use crate::response::cache_control::{delta_seconds, is_digits};

/// Why a value is no stored response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not begin with a status line such as `HTTP/1.1 200 OK`.
    StatusLine,
    /// The status is none that a whole response has: 200 to 599 without 206
    /// and 304.
    Status,
    /// A line is no header.
    Header,
    /// The empty line is missing.
    Unfinished,
    /// There are more than [`HEAD_MAX`](super::HEAD_MAX) bytes of headers.
    TooLarge,
    /// The body is not as long as `Content-Length` says, or is framed.
    Length,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StatusLine => "no HTTP/1.1 status line",
            Self::Status => "a status that no whole response has",
            Self::Header => "a line that is no header",
            Self::Unfinished => "no empty line behind the headers",
            Self::TooLarge => "headers larger than 64 KiB",
            Self::Length => "a body of another length than its headers say",
        })
    }
}

/// The head of a stored response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    status: u16,
    bytes: Cow<'a, [u8]>,
    fields: Vec<(Range<usize>, Range<usize>)>,
    hops: Hops,
}

impl<'a> Head<'a> {
    /// Reads the head of a value that came in these pieces.
    ///
    /// # Errors
    /// The value is no stored response.
    pub fn parse<P>(pieces: impl Iterator<Item = &'a P>) -> Result<Self, Malformed>
    where
        P: AsRef<[u8]> + 'a,
    {
        let mut len = 0;
        let bytes = head_pieces(pieces, &mut len)?;
        let mut head = Self {
            status: 0,
            bytes,
            fields: Vec::new(),
            hops: Hops::default(),
        };
        head.read()?;
        let mut hops = Hops::default();
        for value in head.values("Connection") {
            hops.add(value);
        }
        head.hops = hops;
        head.check_length(len)?;
        Ok(head)
    }

    fn read(&mut self) -> Result<(), Malformed> {
        let bytes = &*self.bytes;
        let mut at = 0;
        let line = next_line(bytes, &mut at).ok_or(Malformed::StatusLine)?;
        self.status = status(&bytes[line])?;
        loop {
            let line = next_line(bytes, &mut at).ok_or(Malformed::Header)?;
            if line.is_empty() {
                return Ok(());
            }
            let text = &bytes[line.clone()];
            let colon = memchr(b':', text).ok_or(Malformed::Header)?;
            let behind = &text[colon + 1..];
            let value = trim(behind);
            if !is_token(&text[..colon]) || !is_text(value) {
                return Err(Malformed::Header);
            }
            let blanks = behind.len() - trim_start(behind).len();
            let start = line.start + colon + 1 + blanks;
            let name = line.start..line.start + colon;
            self.fields.push((name, start..start + value.len()));
        }
    }

    fn check_length(&self, value_len: u64) -> Result<(), Malformed> {
        let body = value_len - self.bytes.len() as u64;
        for (name, value) in self.all() {
            let fits = if name.eq_ignore_ascii_case(b"Content-Length") {
                length(value) == Some(body)
            } else {
                !name.eq_ignore_ascii_case(b"Transfer-Encoding")
            };
            if !fits {
                return Err(Malformed::Length);
            }
        }
        Ok(())
    }

    /// The status, from 200 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Bytes of the head; the body is what follows them in the value.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    fn all(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let cut = |(name, value): &(Range<usize>, Range<usize>)| {
            (&self.bytes[name.clone()], &self.bytes[value.clone()])
        };
        self.fields.iter().map(cut)
    }

    /// The headers that a hit sends: those that may be stored, without `Date`
    /// and `Age`, which the time of the hit gives.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.all().filter(|(name, _)| {
            let made_anew = ["Date", "Age"]
                .iter()
                .any(|made| name.eq_ignore_ascii_case(made.as_bytes()));
            !made_anew && !is_left_out(name) && !self.hops.contains(name)
        })
    }

    /// The values of all headers of this name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.all()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the header of this name, if there is just one.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// When it was stored, in seconds since 1970, if it says so.
    #[must_use]
    pub fn stored_at(&self) -> Option<u64> {
        unix_secs(self.value("Date")?)
    }

    /// Seconds since it was made, for the header `Age` (RFC 9111 section
    /// 4.2.3): what it was old when it was stored, and the time since then.
    /// `None` if it does not say when it was stored.
    #[must_use]
    pub fn age(&self, unix_now_secs: u64) -> Option<u64> {
        let resident = unix_now_secs.saturating_sub(self.stored_at()?);
        let before = self.value("Age").and_then(delta_seconds).unwrap_or(0);
        Some(resident.saturating_add(before.into()))
    }
}

/// Seconds since 1970 of a date in any of the three forms (RFC 9110 section
/// 5.6.7); a date before 1970 is none.
pub(in crate::response) fn unix_secs(value: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(value.trim_ascii()).ok()?;
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// The next line without its end; `None` if that is not CR and LF.
fn next_line(bytes: &[u8], at: &mut usize) -> Option<Range<usize>> {
    let start = *at;
    let end = start + memchr(b'\n', bytes.get(start..)?)?;
    *at = end + 1;
    (end > start && bytes[end - 1] == b'\r').then(|| start..end - 1)
}

/// The status of `HTTP/1.1 200 OK`; the words may be missing.
fn status(line: &[u8]) -> Result<u16, Malformed> {
    let rest = line
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| line.strip_prefix(b"HTTP/1.0 "))
        .ok_or(Malformed::StatusLine)?;
    let (digits, words) = rest.split_at_checked(3).ok_or(Malformed::StatusLine)?;
    if !digits.iter().all(u8::is_ascii_digit) || words.first() != Some(&b' ') || !is_text(words) {
        return Err(Malformed::StatusLine);
    }
    let status = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    if is_whole(status) {
        Ok(status)
    } else {
        Err(Malformed::Status)
    }
}

fn length(value: &[u8]) -> Option<u64> {
    let digits = core::str::from_utf8(value).ok()?;
    is_digits(value).then(|| digits.parse().ok())?
}
