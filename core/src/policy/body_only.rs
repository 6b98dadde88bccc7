//! What a response loses whose body is stored alone: a hit gets its media type
//! from the path of the request, and no other header.

use core::fmt;

use smallvec::SmallVec;

use super::ignore::Rule;
use super::not_stored::NotStored;
use super::options::Policy;
use super::shown::shown;
use crate::http::{Activity, activity, is_name, media_type};

/// Headers that restrict what browsers do with a body.
const RESTRICTING: [&str; 3] = [
    "Content-Disposition",
    "Content-Security-Policy",
    "X-Content-Type-Options",
];

/// The headers of a response that say how its body is to be taken, as they are
/// when the body ends: actions may have changed them. Each response that is stored has
/// them read, and hardly any is refused, so nothing is copied.
#[derive(Clone, Debug, Default)]
pub struct BodyHeaders<'a> {
    /// Of each `Content-Type`.
    types: SmallVec<[&'a [u8]; 2]>,
    /// The name of the first header that a hit would lose.
    lost: Option<&'a [u8]>,
}

/// How a hit would differ from the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference<'a> {
    /// It has another media type.
    MediaType {
        /// That of the response.
        response: &'a [u8],
        /// That of a hit.
        hit: &'a [u8],
    },
    /// It lacks the header of this name.
    Lost(&'a [u8]),
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MediaType { response, hit } => {
                let (response, hit) = (shown_type(response), shown_type(hit));
                write!(f, "a hit is {hit} instead of {response}")
            }
            Self::Lost(name) => write!(f, "a hit has no {}", shown(name)),
        }
    }
}

/// Media types are told in small letters.
fn shown_type(media_type: &[u8]) -> Box<str> {
    shown(&media_type.to_ascii_lowercase())
}

impl<'a> BodyHeaders<'a> {
    /// Records a response header.
    pub fn observe(&mut self, name: &'a [u8], value: &'a [u8]) {
        let is = |header: &str| is_name(name, header);
        let begins = |prefix: &str| {
            let start = name.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        if is("Content-Type") {
            self.types.extend(media_type(value));
        } else if RESTRICTING.iter().any(|header| is(header)) || begins("Access-Control-") {
            self.lost.get_or_insert(name);
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
    pub fn check_body_only<'a>(
        &self,
        headers: &BodyHeaders<'a>,
        hit_type: &'a [u8],
    ) -> Result<Option<Difference<'a>>, NotStored> {
        if self.headers {
            return Ok(None);
        }
        let hit = media_type(hit_type).unwrap_or_default();
        let mut types = headers.types.iter();
        let Some(response) = types.find(|of_body| !of_body.eq_ignore_ascii_case(hit)) else {
            return Ok(headers.lost.map(Difference::Lost));
        };
        // Nothing is tamer than what is not run at all.
        let of_hit = activity(hit);
        if of_hit > Activity::Inert && self.heeds(Rule::BodyOnly) {
            let tamer = headers.types.iter().find(|it| activity(it) < of_hit);
            if let Some(tamer) = tamer {
                let (response, hit) = (shown_type(tamer), shown_type(hit));
                return Err(NotStored::BodyOnly { response, hit });
            }
        }
        Ok(Some(Difference::MediaType { response, hit }))
    }
}
