//! What a backend is asked whether a stored response is still right (RFC 9111
//! section 4.3.1).

use super::conditions::{last_modified, tag};
use crate::stored::{Head, is_made_of_body};

/// The conditions of a request that revalidates a stored response, whose body comes
/// in parts: names of headers and their values. There are none where only a whole
/// response can help. An entity-tag that was made when it was stored is not among
/// them: the backend does not know it, and would not look at the date beside it.
#[must_use]
pub fn validators<'h, 'b>(
    head: &'h Head<'_>,
    body: impl IntoIterator<Item = &'b [u8]>,
) -> Vec<(&'static str, &'h [u8])> {
    let mut conditions = Vec::new();
    if !(200..=299).contains(&head.status()) {
        return conditions;
    }
    let text = head.value("ETag").filter(|_| tag(head).is_some());
    if let Some(text) = text.filter(|text| !is_made_of_body(text, body)) {
        conditions.push(("If-None-Match", text));
    }
    let date = head.value("Last-Modified");
    if let Some(date) = date.filter(|_| last_modified(head).is_some()) {
        conditions.push(("If-Modified-Since", date));
    }
    conditions
}
