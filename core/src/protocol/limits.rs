//! Limits of the protocol and of what is believed of a server.

/// Bytes of a key (protocol.txt, "Keys").
pub const KEY_MAX: usize = 250;

/// Bytes of a line of a reply with its end. The longest line that a server has
/// reason to send is a `VALUE` line of about 300; the rest is room for the text
/// of an error.
pub const LINE_MAX: usize = 2048;

/// Bytes of a value; a server cannot be told to take larger items.
pub const VALUE_MAX: u64 = 1 << 30;

/// Seconds; a longer time to live must be sent as a date (protocol.txt,
/// "Expiration times").
pub const RELATIVE_TTL_MAX: i64 = 60 * 60 * 24 * 30;

/// The last date that servers can tell, in seconds since 1970 (in 2038).
pub const EXPTIME_MAX: i64 = i32::MAX as i64;
