//! A 304 brings a stored response up to date (RFC 9111 sections 3.2 and 4.3.4).

use super::head::Head;
use crate::http::{ConnectionHeaders, EntityTag, parse_date};

/// Headers that belong to the stored body and not to the 304: how it is encoded,
/// how long it is, which part it is, what its bytes sum up to.
const OF_THE_BODY: [&str; 7] = [
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-MD5",
    "Digest",
    "Content-Digest",
    "Repr-Digest",
];

/// A stored response and the headers of a 304 that answered its validators.
#[derive(Debug)]
pub struct Renewal<'a> {
    old: &'a Head<'a>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    connection: ConnectionHeaders,
}

impl<'a> Renewal<'a> {
    /// Of this stored response; the headers of the 304 follow.
    #[must_use]
    pub fn new(old: &'a Head<'a>) -> Self {
        Self {
            old,
            fields: Vec::new(),
            connection: ConnectionHeaders::default(),
        }
    }

    /// Records a header of the 304.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Connection") {
            self.connection.observe(value);
        } else {
            self.fields.push((name.to_vec(), value.to_vec()));
        }
    }

    /// Status of the stored response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.old.status()
    }

    /// Whether the 304 is about the stored response: a validator that it names is
    /// the stored one. Entity-tags go before dates; a strong one is compared
    /// strongly.
    #[must_use]
    pub fn is_of_this(&self) -> bool {
        match self.single("ETag") {
            Named::One(text) => {
                let stored = self.old.value("ETag").and_then(EntityTag::parse);
                let named = EntityTag::parse(text);
                return named.zip(stored).is_some_and(|(named, stored)| {
                    named.matches_strongly(stored)
                        || (named.is_weak() && named.matches_weakly(stored))
                });
            }
            Named::Several => return false,
            Named::None => {}
        }
        match self.single("Last-Modified") {
            Named::One(text) => {
                let stored = self.old.value("Last-Modified").and_then(parse_date);
                stored.is_none_or(|stored| parse_date(text) == Some(stored))
            }
            Named::Several => false,
            Named::None => true,
        }
    }

    /// The headers of the stored response as the 304 leaves them: of a name that it
    /// has, its lines alone.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let kept = self.old.headers().filter(|(name, _)| {
            let mut new = self.updates();
            !new.any(|(other, _)| name.eq_ignore_ascii_case(other))
        });
        kept.chain(self.updates())
    }

    /// The headers of the 304 that count.
    fn updates(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let all = self.fields.iter().map(|(name, value)| (&**name, &**value));
        all.filter(|(name, _)| {
            let of_body = OF_THE_BODY
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other.as_bytes()));
            !of_body && !self.connection.contains(name)
        })
    }

    /// The value of this header of the 304.
    fn single(&self, wanted: &str) -> Named<'_> {
        let mut found = Named::None;
        for (name, value) in &self.fields {
            if name.eq_ignore_ascii_case(wanted.as_bytes()) {
                found = match found {
                    Named::None => Named::One(value.trim_ascii()),
                    Named::One(_) | Named::Several => Named::Several,
                };
            }
        }
        found
    }
}

/// How often a header is there.
enum Named<'a> {
    None,
    One(&'a [u8]),
    Several,
}
