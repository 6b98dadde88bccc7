//! Statuses of whole responses, and the size of their heads.

/// Size of the largest head in bytes, its empty line included.
pub const HEAD_MAX: usize = 64 * 1024;

/// Whether a whole response can have this status: 200 to 599 without 206, which
/// belongs to a part, and 304, which belongs to no body.
#[must_use]
pub const fn is_whole(status: u16) -> bool {
    200 <= status && status <= 599 && status != 206 && status != 304
}

/// The phrase of a status (RFC 9110 section 15), or the empty one: clients
/// ignore it.
pub(super) fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        414 => "URI Too Long",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
