//! What a hit answers to a request with conditions or a range (RFC 9110
//! sections 13 and 14, RFC 9111 section 4.3.2).

use crate::http::{EntityTag, Extent, list_names_tag, parse_date, resolve_range};
use crate::stored::Head;

/// How much of a stored response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All of it, with the stored status.
    Whole,
    /// 304: the client has it.
    NotModified,
    /// 206: the bytes of the body from `first` to `last`, both included.
    Part {
        /// The first byte.
        first: u64,
        /// The last byte.
        last: u64,
    },
    /// 416: the body does not have the requested bytes.
    NotSatisfiable,
}

/// Headers that describe a body, which a 304 does not have. The others may
/// update what the client keeps (RFC 9110 section 15.4.5).
const OF_A_BODY: [&str; 8] = [
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
];

impl Answer {
    /// Whether this stored header is sent with it.
    #[must_use]
    pub fn keeps(self, name: &[u8]) -> bool {
        let is = |other: &&str| name.eq_ignore_ascii_case(other.as_bytes());
        match self {
            Self::Whole => true,
            Self::Part { .. } => !is(&"Content-Range"),
            Self::NotModified => !OF_A_BODY.iter().any(is),
            Self::NotSatisfiable => false,
        }
    }
}

/// A header that counts only if there is one line of it.
#[derive(Clone, Debug, Default)]
enum Single {
    #[default]
    Missing,
    Is(Vec<u8>),
    Several,
}

impl Single {
    fn push(&mut self, value: &[u8]) {
        *self = match self {
            Self::Missing => Self::Is(value.to_vec()),
            _ => Self::Several,
        };
    }

    fn get(&self) -> Option<&[u8]> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }
}

/// The conditions of a request.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The lines joined by commas.
    if_none_match: Option<Vec<u8>>,
    if_modified_since: Single,
    range: Single,
    if_range: Single,
    for_origin: bool,
    ignores_ranges: bool,
}

impl Conditions {
    /// Records a request header.
    pub fn observe(&mut self, name: &[u8], value: &[u8]) {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("If-None-Match") {
            match &mut self.if_none_match {
                Some(lines) => {
                    lines.push(b',');
                    lines.extend_from_slice(value);
                }
                None => self.if_none_match = Some(value.to_vec()),
            }
        } else if is("If-Modified-Since") {
            self.if_modified_since.push(value);
        } else if is("Range") {
            self.range.push(value);
        } else if is("If-Range") {
            self.if_range.push(value);
        } else if is("If-Match") || is("If-Unmodified-Since") {
            self.for_origin = true;
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_missing = |single: &Single| matches!(single, Single::Missing);
        let singles = [&self.if_modified_since, &self.range, &self.if_range];
        self.if_none_match.is_none() && !self.for_origin && singles.into_iter().all(is_missing)
    }

    /// Whether there is a condition that a cache must not evaluate (RFC 9111
    /// section 4.3.2).
    #[must_use]
    pub fn are_for_origin(&self) -> bool {
        self.for_origin
    }

    /// For a response that the origin gave whole and that is not stored: that parts of it
    /// can be had is for the origin to say, and a later request may get another.
    #[must_use]
    pub fn ignoring_ranges(self) -> Self {
        Self {
            ignores_ranges: true,
            ..self
        }
    }

    /// Whether parts of the response can be had.
    #[must_use]
    pub fn allow_ranges(&self) -> bool {
        !self.ignores_ranges
    }

    /// What a stored response with a body of `body_len` bytes answers to a
    /// request with this method.
    #[must_use]
    pub fn answer(&self, method: &[u8], head: &Head<'_>, body_len: u64) -> Answer {
        let get = method == b"GET";
        let success = (200..=299).contains(&head.status());
        if !success || !(get || method == b"HEAD") {
            return Answer::Whole;
        }
        if self.is_current(head) {
            return Answer::NotModified;
        }
        let Some(range) = self.range.get() else {
            return Answer::Whole;
        };
        if !get || head.status() != 200 || self.ignores_ranges || !self.range_counts(head) {
            return Answer::Whole;
        }
        match resolve_range(range, body_len) {
            Extent::Whole => Answer::Whole,
            Extent::Part(first, last) => Answer::Part { first, last },
            Extent::Unsatisfiable => Answer::NotSatisfiable,
        }
    }

    /// Whether the client has this very response; entity-tags go before dates
    /// (RFC 9110 section 13.2.2).
    fn is_current(&self, head: &Head<'_>) -> bool {
        if let Some(list) = &self.if_none_match {
            return list_names_tag(list, tag(head));
        }
        let since = self.if_modified_since.get().and_then(parse_date);
        let modified = last_modified(head);
        since
            .zip(modified)
            .is_some_and(|(since, modified)| modified <= since)
    }

    /// Whether the range refers to this very response (RFC 9110 section 13.1.5).
    fn range_counts(&self, head: &Head<'_>) -> bool {
        let value = match &self.if_range {
            Single::Missing => return true,
            Single::Several => return false,
            Single::Is(value) => value.trim_ascii(),
        };
        if let Some(wanted) = EntityTag::parse(value) {
            return tag(head).is_some_and(|tag| tag.matches_strongly(wanted));
        }
        // A date names the bytes only if they cannot have changed within its
        // second (RFC 9110 section 8.8.2.2).
        let modified = last_modified(head);
        let strong = modified.zip(head.made_at());
        strong.is_some_and(|(modified, made)| modified < made) && parse_date(value) == modified
    }
}

/// The entity-tag of a stored response.
pub(super) fn tag<'h>(head: &'h Head<'_>) -> Option<EntityTag<'h>> {
    EntityTag::parse(head.value("ETag")?)
}

/// `Last-Modified` of a stored response, in seconds since 1970.
pub(super) fn last_modified(head: &Head<'_>) -> Option<u64> {
    parse_date(head.value("Last-Modified")?)
}
