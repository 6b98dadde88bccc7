//! Which requests share an item.
//!
//! The key of a plain request is the text of its pattern, so that backends can
//! write and purge it. The host simplifies paths and host names before a pattern
//! sees them, while backends get them as the client sent them; and some headers
//! make a backend answer with another page than the target names. A request that
//! a backend could take for another resource therefore gets an item of its own,
//! by parts that follow the text, in this order:
//!
//! | part | of a request |
//! |---|---|
//! | `#text` | whose text has a `#` of the visitor's; its `#` and `%` are escaped |
//! | `#path=TARGET` | whose target is spelled in a way that backends may read otherwise |
//! | `#port=PORT` | whose `Host` has a port that the site is not known by |
//! | `#dot` | whose `Host` ends with a dot; once for each dot |
//! | `#NAME=VALUE` | with a header that chooses the page, see [`KeyRules::guard`] |
//! | `#NAME=VALUE`, `#NAME` | for each name in `vary`; without `=` if there is none |
//!
//! In names and values every byte except letters, digits and `-._~*/:+,=` is
//! written as `%XX`. A text has only the `#` of its pattern, so where parts begin
//! is not for a visitor to say. Lines of one header are separated by `;`, which
//! no value contains.

mod collapse;
mod encodings;
mod guard;
mod parts;
mod pattern;
mod port;
mod request;
mod rules;
mod spelling;
mod vary;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use collapse::Collapse;
pub use encodings::{CodingSet, Encodings, KeyCodings};
pub use parts::is_same_variable;
pub(super) use pattern::placeholder;
pub use pattern::{PatternTraits, names_header};
pub use port::Ports;
pub(super) use port::{plain_host, split as split_host};
pub use request::Request;
pub use rules::{KeyRules, Parts, Sharing};
pub(super) use spelling::simplified;
pub use vary::VaryBy;
