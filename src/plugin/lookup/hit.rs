//! Hits: an item becomes the response.

use std::borrow::Borrow;

use memcached_core::policy::{Answer, Conditions};
use memcached_core::protocol::Value;
use memcached_core::stored::{Head, Times, pieces};

use super::hold::HoldEnd;
use crate::host::BufferSlice;
use crate::plugin::memcached::{OTHER_TYPE, Request};

/// What became of an item that was to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is the response.
    Whole,
    /// Something else has answered.
    Not,
    /// It is the response, but the host did not take all of its body.
    Cut,
}

/// Sends an item that is a body.
pub(super) fn send_body(vr: &mut Request<'_>, value: &Value<BufferSlice>) -> Sent {
    if !vr.handle_direct() {
        return Sent::Not;
    }
    vr.set_status(200);
    vr.set_content_type(OTHER_TYPE);
    if value.len == 0 {
        announce_empty(vr);
    }
    append(vr, value.pieces.iter())
}

fn append(
    vr: &mut Request<'_>,
    mut pieces: impl Iterator<Item = impl Borrow<BufferSlice>>,
) -> Sent {
    if pieces.all(|piece| vr.append_body(piece.borrow())) {
        Sent::Whole
    } else {
        Sent::Cut
    }
}

/// Sends an item that is a whole response with this head, which says of itself when
/// it was made, or the part of it that the request asks for.
pub(super) fn send_whole(
    vr: &mut Request<'_>,
    value: &Value<BufferSlice>,
    head: &Head<'_>,
    times: Option<Times>,
    conditions: &Conditions,
) -> Sent {
    if !vr.handle_direct() {
        return Sent::Not;
    }
    let start = head.size() as u64;
    let len = value.len - start;
    let answer = conditions.answer(vr.method(), head, len);
    send_headers(vr, head, times, answer, conditions.allow_ranges());
    let (status, body) = match answer {
        Answer::Whole => {
            if len == 0 {
                match head.status() {
                    204 => {}
                    400..=599 => hold_end(vr),
                    _ => announce_empty(vr),
                }
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
    let parts = pieces(value.pieces.iter(), start + body.start..start + body.end);
    append(vr, parts.map(|(piece, part)| piece.slice(part)))
}

/// The stored headers replace those of the same names that the response has.
fn send_headers(
    vr: &mut Request<'_>,
    head: &Head<'_>,
    times: Option<Times>,
    answer: Answer,
    allow_ranges: bool,
) {
    let kept = || head.headers().filter(|(name, _)| answer.keeps(name));
    let is_first = vr.response_headers().next().is_none();
    if !is_first {
        for (name, _) in kept() {
            vr.remove_response_header(name);
        }
    }
    let mut has_ranges = false;
    for (name, value) in kept() {
        has_ranges |= name.eq_ignore_ascii_case(b"Accept-Ranges");
        vr.add_response_header(name, value);
    }
    if answer == Answer::NotSatisfiable {
        return;
    }
    if let Some(times) = times {
        let date = head.date_text(times.date);
        set_header(vr, is_first, "Date", &date);
        let mut age = itoa::Buffer::new();
        set_header(vr, is_first, "Age", age.format(times.age).as_bytes());
    }
    if allow_ranges && head.status() == 200 && answer != Answer::NotModified {
        // Hits can give ranges, whether the origin can or not.
        set_header(vr, is_first && !has_ranges, "Accept-Ranges", b"bytes");
    }
}

/// Sets a header; it costs less where there is none of that name.
fn set_header(vr: &mut Request<'_>, is_new: bool, name: &str, value: &[u8]) {
    if is_new {
        vr.add_response_header(name.as_bytes(), value);
    } else {
        vr.set_response_header(name, value);
    }
}

/// The host would send a page of its own. Since the length is not known when the
/// head is written, the body is chunked, or ends with the connection.
fn hold_end(vr: &mut Request<'_>) {
    if !vr.add_filter_out(HoldEnd::default()) {
        announce_empty(vr);
    }
}

/// The host sets the length of a body itself, but in a response to HEAD it takes
/// an empty body for one that was never made.
fn announce_empty(vr: &mut Request<'_>) {
    vr.set_response_header("Content-Length", b"0");
}
