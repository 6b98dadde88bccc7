//! Requests that may change something.

/// Methods that change nothing: those of RFC 9110 (9.2.1), `PROPFIND` (RFC 4918),
/// `REPORT` (RFC 3253), `SEARCH` (RFC 5323) and `QUERY`.
const SAFE: [&[u8]; 8] = [
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"TRACE",
    b"PROPFIND",
    b"REPORT",
    b"SEARCH",
    b"QUERY",
];

/// Whether requests with this method are known to change nothing. Names of methods
/// are case-sensitive (RFC 9110, section 9.1).
#[must_use]
pub fn is_safe(method: &[u8]) -> bool {
    SAFE.contains(&method)
}

/// Whether a request with this method that was answered with this status may have
/// changed something: it is not known to be safe, and the answer is no error.
#[must_use]
pub fn invalidates(method: &[u8], status: i32) -> bool {
    !is_safe(method) && (200..400).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_statuses() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "MOVE", "get"] {
            for (status, expected) in [
                (100, false),
                (200, true),
                (201, true),
                (204, true),
                (303, true),
                (399, true),
                (400, false),
                (404, false),
                (500, false),
                (0, false),
            ] {
                let found = invalidates(method.as_bytes(), status);
                assert_eq!(found, expected, "{method} {status}");
            }
        }
        for method in SAFE {
            assert!(!invalidates(method, 200));
        }
    }
}
