//! Reading the head of a stored response, strictly.

use core::cell::OnceCell;
use core::ops::Range;
use std::borrow::Cow;

use memchr::memchr;

use super::fresh_until::{FRESH_UNTIL, FreshUntil};
use super::kind::PAGE_FLAGS;
use super::left_out::is_left_out;
use super::malformed::Malformed;
use super::pieces::head_bytes;
use super::status::is_whole;
use crate::decimal;
use crate::http::{
    Age, ConnectionHeaders, capped, format_date, is_text, is_token, parse_date, trim, trim_start,
};

/// Room for so many headers is made at once.
const FIELDS_USUAL: usize = 16;

/// Bytes of the preferred form of a date.
const DATE_LEN: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();

/// The head of a stored response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    status: u16,
    flags: u32,
    bytes: Cow<'a, [u8]>,
    fields: Vec<Field>,
    dates: OnceCell<Dates>,
}

/// What a head says of when it was made, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dates {
    /// There is a `Date` or an `Age`.
    has_any: bool,
    date: Option<u64>,
    age: u32,
    /// Of the date that a hit sends, in seconds since 1970.
    text: Option<(u64, DateText)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DateText {
    /// A place in the head.
    Stored((u32, u32)),
    Own(Box<str>),
}

/// What becomes of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A hit sends it.
    Sent,
    /// A hit makes these anew.
    Date,
    Age,
    /// Neither.
    LeftOut,
}

/// One header, by places in the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    name: (u32, u32),
    value: (u32, u32),
    role: Role,
}

impl<'a> Head<'a> {
    /// Reads the head of a value that arrived in these pieces, of an item with
    /// these flags.
    ///
    /// # Errors
    /// The value is no stored response.
    pub fn parse<P>(pieces: impl Iterator<Item = &'a P>, flags: u32) -> Result<Self, Malformed>
    where
        P: AsRef<[u8]> + 'a,
    {
        let mut len = 0;
        let bytes = head_bytes(pieces, flags, &mut len)?;
        let mut head = Self {
            status: 0,
            flags,
            bytes,
            fields: Vec::with_capacity(FIELDS_USUAL),
            dates: OnceCell::new(),
        };
        if let Err(defect) = head.read() {
            return Err(Malformed::of(&head.bytes, flags, defect));
        }
        head.leave_out_named();
        head.check_length(len)?;
        Ok(head)
    }

    /// The same without what it was read from, to be kept and sent often.
    #[must_use]
    pub fn into_owned(mut self) -> Head<'static> {
        self.fields.shrink_to_fit();
        self.dates();
        if let Some(dates) = self.dates.get_mut().filter(|dates| dates.text.is_none()) {
            dates.text = dates.date.map(|date| {
                let date = date.saturating_sub(dates.age.into());
                (date, DateText::Own(format_date(date).into()))
            });
        }
        Head {
            dates: self.dates,
            status: self.status,
            flags: self.flags,
            bytes: Cow::Owned(self.bytes.into_owned()),
            fields: self.fields,
        }
    }

    /// Bytes that it takes, beside what it was read from.
    #[must_use]
    pub fn memory(&self) -> usize {
        let own = match &self.bytes {
            Cow::Borrowed(_) => 0,
            Cow::Owned(bytes) => bytes.capacity(),
        };
        let text = self.dates.get().and_then(|dates| dates.text.as_ref());
        let text = match text {
            Some((_, DateText::Own(text))) => text.len(),
            _ => 0,
        };
        own + text + self.fields.capacity() * size_of::<Field>()
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
            let after_colon = &text[colon + 1..];
            let value = trim(after_colon);
            if !is_token(&text[..colon]) || !is_text(value) {
                return Err(Malformed::Header);
            }
            let blanks = after_colon.len() - trim_start(after_colon).len();
            let start = line.start + colon + 1 + blanks;
            let name = &text[..colon];
            self.fields.push(Field {
                name: (short(line.start), short(line.start + colon)),
                value: (short(start), short(start + value.len())),
                role: role_of(name),
            });
        }
    }

    /// Headers that `Connection` names are not sent.
    fn leave_out_named(&mut self) {
        if self.values("Connection").next().is_none() {
            return;
        }
        let mut connection = ConnectionHeaders::default();
        for value in self.values("Connection") {
            connection.observe(value);
        }
        let bytes = &*self.bytes;
        for field in &mut self.fields {
            if field.role == Role::Sent && connection.contains(&bytes[long(field.name)]) {
                field.role = Role::LeftOut;
            }
        }
    }

    fn check_length(&self, value_len: u64) -> Result<(), Malformed> {
        let body = value_len - self.bytes.len() as u64;
        for (name, value) in self.all() {
            let fits = if name.eq_ignore_ascii_case(b"Content-Length") {
                decimal::parse(value) == Ok(body)
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

    /// Length of the head in bytes; the rest of the value is the body.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    fn all(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| self.cut(field))
    }

    fn cut(&self, field: &Field) -> (&[u8], &[u8]) {
        (
            &self.bytes[long(field.name)],
            &self.bytes[long(field.value)],
        )
    }

    /// The headers that a hit sends: those that may be stored, without `Date`
    /// and `Age`, which depend on the time of the hit.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.of_role(Role::Sent).map(|field| self.cut(field))
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }

    /// The values of all headers of this name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.all()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the header of this name, if there is exactly one.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// How long it is fresh, if its item has the flags of those that say so and the
    /// line can be read; else it is fresh as long as it is there.
    #[must_use]
    pub fn fresh_until(&self) -> Option<FreshUntil> {
        if self.flags != PAGE_FLAGS {
            return None;
        }
        FreshUntil::parse(self.value(FRESH_UNTIL)?)
    }

    /// When the origin made it, in seconds since 1970, if its `Date` can be read.
    #[must_use]
    pub fn made_at(&self) -> Option<u64> {
        let stored = parse_date(self.value("Date")?)?;
        Some(stored.saturating_sub(self.age_when_stored().into()))
    }

    /// What a hit at this time says of when the origin made it; `None` if the
    /// head has neither `Date` nor `Age`. A `Date` that is missing, unreadable or
    /// in the future counts as now.
    #[must_use]
    pub fn times(&self, unix_now_secs: u64) -> Option<Times> {
        let dates = self.dates();
        if !dates.has_any {
            return None;
        }
        let date = dates.date;
        let stored = date.map_or(unix_now_secs, |stored| stored.min(unix_now_secs));
        let before = u64::from(dates.age);
        Some(Times {
            date: stored.saturating_sub(before),
            age: capped(unix_now_secs - stored + before),
            is_dated: date.is_some(),
        })
    }

    fn dates(&self) -> &Dates {
        self.dates.get_or_init(|| self.read_dates())
    }

    fn read_dates(&self) -> Dates {
        let value = |field: &Field| &self.bytes[long(field.value)];
        let mut dates = self.of_role(Role::Date);
        let (first, other) = (dates.next(), dates.next());
        let only = first.filter(|_| other.is_none());
        let date = only.and_then(|field| parse_date(value(field)));
        let has_age = self.of_role(Role::Age).next().is_some();
        let age = if has_age { self.age_when_stored() } else { 0 };
        // What is as long as the preferred form can be no other.
        let as_stored = only.filter(|field| age == 0 && value(field).len() == DATE_LEN);
        Dates {
            has_any: first.is_some() || has_age,
            date,
            age,
            text: date
                .zip(as_stored)
                .map(|(date, field)| (date, DateText::Stored(field.value))),
        }
    }

    /// The text of a date that [`times`](Self::times) gives.
    #[must_use]
    pub fn date_text(&self, unix_secs: u64) -> Cow<'_, [u8]> {
        let known = self.dates.get().and_then(|dates| dates.text.as_ref());
        match known.filter(|(date, _)| *date == unix_secs) {
            Some((_, DateText::Own(text))) => Cow::Borrowed(text.as_bytes()),
            Some((_, DateText::Stored(place))) => Cow::Borrowed(&self.bytes[long(*place)]),
            None => Cow::Owned(format_date(unix_secs).into_bytes()),
        }
    }

    /// Its age in seconds when it was stored; 0 if it has no readable `Age`.
    fn age_when_stored(&self) -> u32 {
        let mut age = Age::default();
        for field in self.of_role(Role::Age) {
            age.observe(&self.bytes[long(field.value)]);
        }
        match age {
            Age::Secs(secs) | Age::Invalid(Some(secs)) => secs,
            Age::Missing | Age::Invalid(None) => 0,
        }
    }
}

/// When the origin made a stored response, as a hit says it (RFC 9111 section
/// 4.2.3). The origin's date goes out unchanged, so that caches downstream do
/// not count its age twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// For `Date`: seconds since 1970, the time of storing less the age at that
    /// time.
    pub date: u64,
    /// For `Age`: the age when it was stored plus the seconds since then, at most
    /// [`SECONDS_MAX`](crate::http::SECONDS_MAX).
    pub age: u32,
    /// Whether the head tells when it was stored, so that both are more than a
    /// guess.
    pub is_dated: bool,
}

/// # Panics
/// It is past 4 GiB. No head is that long.
fn short(place: usize) -> u32 {
    u32::try_from(place).expect("heads are short")
}

const fn long((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}

fn role_of(name: &[u8]) -> Role {
    match () {
        () if name.eq_ignore_ascii_case(b"Date") => Role::Date,
        () if name.eq_ignore_ascii_case(b"Age") => Role::Age,
        () if is_left_out(name) => Role::LeftOut,
        () => Role::Sent,
    }
}

/// The next line without its end; `None` if that is not CR and LF.
fn next_line(bytes: &[u8], at: &mut usize) -> Option<Range<usize>> {
    let start = *at;
    let end = start + memchr(b'\n', bytes.get(start..)?)?;
    *at = end + 1;
    (end > start && bytes[end - 1] == b'\r').then(|| start..end - 1)
}

/// The status of `HTTP/1.1 200 OK`; the phrase may be empty.
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
