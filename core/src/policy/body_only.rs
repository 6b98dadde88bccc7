//! What a response loses whose body is stored alone: a hit gets its media type
//! from the path of the request, and no other header.

use core::fmt;

use super::ignore::Rule;
use super::not_stored::NotStored;
use super::options::Policy;
use super::shown::shown;
use crate::http::{activity, media_type};

/// Headers that restrict what browsers do with a body.
const RESTRICTING: [&str; 3] = [
    "Content-Disposition",
    "Content-Security-Policy",
    "X-Content-Type-Options",
];

/// The headers of a response that say how its body is to be taken, as they are
/// when the body ends: actions may have changed them.
#[derive(Clone, Debug, Default)]
pub struct BodyHeaders {
    /// Of each `Content-Type`.
    types: Vec<Vec<u8>>,
    /// The first header that a hit would lose.
    lost: Option<Box<str>>,
}

/// How a hit would differ from the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It has another media type.
    MediaType {
        /// That of the response.
        response: Vec<u8>,
        /// That of a hit.
        hit: Vec<u8>,
    },
    /// It lacks this header.
    Lost(Box<str>),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MediaType { response, hit } => {
                let (response, hit) = (shown(response), shown(hit));
                write!(f, "a hit is {hit} instead of {response}")
            }
            Self::Lost(name) => write!(f, "a hit has no {name}"),
        }
    }
}

impl BodyHeaders {
    /// Records a response header.
    pub fn observe(&mut self, name: &[u8], value: &[u8]) {
        let is = |header: &str| name.eq_ignore_ascii_case(header.as_bytes());
        let begins = |prefix: &str| {
            let start = name.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        if is("Content-Type") {
            self.types.extend(media_type(value));
        } else if RESTRICTING.iter().any(|header| is(header)) || begins("Access-Control-") {
            self.lost.get_or_insert_with(|| shown(name));
        }
    }
}

impl Policy {
    /// Whether a body may be stored without these headers of its response, and how
    /// a hit would differ, which is worth a warning. `hit_type` is the
    /// `Content-Type` that a hit would have.
    ///
    /// # Errors
    /// Browsers would run a body that the response kept them from running, or a
    /// script as a page.
    pub fn check_body_only(
        &self,
        headers: &BodyHeaders,
        hit_type: &[u8],
    ) -> Result<Option<Difference>, NotStored> {
        if self.headers {
            return Ok(None);
        }
        let hit = media_type(hit_type).unwrap_or_default();
        let of_hit = activity(&hit);
        let tamer = headers.types.iter().find(|it| activity(it) < of_hit);
        if let Some(tamer) = tamer.filter(|_| self.heeds(Rule::BodyOnly)) {
            let (response, hit) = (shown(tamer), shown(&hit));
            return Err(NotStored::BodyOnly { response, hit });
        }
        let other = headers.types.iter().find(|of_body| **of_body != hit);
        Ok(match other {
            Some(other) => Some(Difference::MediaType {
                response: other.clone(),
                hit,
            }),
            None => headers.lost.clone().map(Difference::Lost),
        })
    }
}
