//! Hits: an item becomes the response.

use memcached_core::http::format_date;
use memcached_core::policy::{Answer, Conditions};
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, Malformed, pieces};

use crate::client::unix_now;
use crate::host::{BufferSlice, VRequest};

/// Sends an item that is a body. False if something else has answered.
pub(super) fn send_body(vr: &VRequest<'_>, value: &Value<BufferSlice>) -> bool {
    if !vr.handle_direct() {
        return false;
    }
    vr.set_status(200);
    vr.set_content_type(b"application/octet-stream");
    if value.len == 0 {
        announce_empty(vr);
    }
    for piece in value.pieces.iter() {
        vr.append_body(piece);
    }
    true
}

/// Sends an item that is a whole response, or the part of it that the request asks
/// for.
/// False if something else has answered.
///
/// # Errors
/// The item is not a stored response; the request is untouched.
pub(super) fn send_whole(
    vr: &VRequest<'_>,
    value: &Value<BufferSlice>,
    conditions: &Conditions,
) -> Result<bool, Malformed> {
    let head = Head::parse(value.pieces.iter(), value.flags)?;
    if !vr.handle_direct() {
        return Ok(false);
    }
    let start = head.size() as u64;
    let len = value.len - start;
    let answer = conditions.answer(vr.method(), &head, len);
    send_headers(vr, &head, answer);
    let (status, body) = match answer {
        Answer::Whole => {
            if len == 0 && head.status() != 204 {
                announce_empty(vr);
            }
            (head.status(), 0..len)
        }
        Answer::NotModified => (304, 0..0),
        Answer::Part { first, last } => {
            let range = format!("bytes {first}-{last}/{len}");
            vr.set_response_header("Content-Range", range.as_bytes());
            (206, first..last + 1)
        }
        Answer::NotSatisfiable => {
            let range = format!("bytes */{len}");
            vr.set_response_header("Content-Range", range.as_bytes());
            (416, 0..0)
        }
    };
    vr.set_status(i32::from(status));
    for (piece, part) in pieces(value.pieces.iter(), start + body.start..start + body.end) {
        vr.append_body(&piece.slice(part));
    }
    Ok(true)
}

/// The stored headers replace those of the same names that the response has.
fn send_headers(vr: &VRequest<'_>, head: &Head<'_>, answer: Answer) {
    let kept = || head.headers().filter(|(name, _)| answer.keeps(name));
    for (name, _) in kept() {
        vr.remove_response_header(name);
    }
    for (name, value) in kept() {
        vr.add_response_header(name, value);
    }
    if answer == Answer::NotSatisfiable {
        return;
    }
    if let Some(times) = head.times(unix_now()) {
        vr.set_response_header("Date", format_date(times.date).as_bytes());
        vr.set_response_header("Age", times.age.to_string().as_bytes());
    }
    if head.status() == 200 && answer != Answer::NotModified {
        // Hits can give ranges, whether the origin can or not.
        vr.set_response_header("Accept-Ranges", b"bytes");
    }
}

/// The host sets the length of a body itself, but in a response to HEAD it takes
/// an empty body for one that was never made.
fn announce_empty(vr: &VRequest<'_>) {
    vr.set_response_header("Content-Length", b"0");
}
