//! Limits of the protocol, and of what is accepted from a server.

/// Largest length of a key in bytes (protocol.txt, "Keys").
pub const KEY_MAX: usize = 250;

/// Largest length of a reply's line in bytes, CR LF included. The longest line
/// that a server has reason to send is a `VALUE` line of about 300; the rest is
/// room for the text of an error.
pub const LINE_MAX: usize = 2048;

/// Largest length of a value in bytes; a server cannot be configured to take
/// larger items.
pub const VALUE_MAX: u64 = 1 << 30;

/// Longest relative time to live in seconds; a longer one must be sent as a
/// date (protocol.txt, "Expiration times").
pub const RELATIVE_TTL_MAX: i64 = 60 * 60 * 24 * 30;

/// The last date that servers can represent, in seconds since 1970 (in 2038).
pub const EXPTIME_MAX: i64 = i32::MAX as i64;
