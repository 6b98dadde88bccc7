//! Which headers a stored response does not have.

use super::fresh_until::FRESH_UNTIL;

/// Headers that belong to one connection (RFC 9110 section 7.6.1), and those
/// that each answer gets afresh or that are meant for one visitor.
const NEVER: [&str; 14] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Content-Length",
    "Server",
    "Set-Cookie",
    "Set-Cookie2",
    FRESH_UNTIL,
];

/// A bit for each length that a name among these has.
const LENGTHS: u32 = {
    let mut lengths = 0;
    let mut at = 0;
    while at < NEVER.len() {
        lengths |= 1 << NEVER[at].len();
        at += 1;
    }
    lengths
};

/// Whether a header is neither stored nor sent from a stored response.
pub(super) fn is_left_out(name: &[u8]) -> bool {
    // Few names have as many bytes as one of these, and most differ in the first one.
    if name.len() > 31 || LENGTHS & 1 << name.len() == 0 {
        return false;
    }
    let first = name.first().map(u8::to_ascii_uppercase);
    let is_it = |never: &&str| {
        let never = never.as_bytes();
        never.len() == name.len()
            && never.first() == first.as_ref()
            && name.eq_ignore_ascii_case(never)
    };
    NEVER.iter().any(is_it)
}
