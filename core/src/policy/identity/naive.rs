//! What the host makes of a path, said as plainly as possible, for tests.

/// Pieces of paths that are of interest.
pub(super) const PIECES: &str =
    "(/|\\.|a|b|%61|%2e|%2F|%5C|\\\\|%3F|%23|%25|;|%3B|%00|%7F|%zz|%|%20|%C3|:|%3A){0,7}";

/// What the host makes of a path: escapes decoded, those that are none
/// deleted, control bytes replaced, then empty and dot segments taken out.
pub(super) fn simplified(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let mut byte = byte;
        if byte == b'%' {
            let Some((escape, after)) = rest.split_at_checked(2) else {
                break;
            };
            rest = after;
            let text = String::from_utf8_lossy(escape).into_owned();
            let Ok(plain) = u8::from_str_radix(&text, 16) else {
                continue;
            };
            byte = plain;
        }
        decoded.push(if byte.is_ascii_control() { b'_' } else { byte });
    }
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut is_folder = false;
    for segment in decoded.split(|&byte| byte == b'/') {
        is_folder = matches!(segment, b"" | b"." | b"..");
        if segment == b".." {
            segments.pop();
        } else if !is_folder {
            segments.push(segment);
        }
    }
    let mut path = Vec::new();
    for segment in segments {
        path.push(b'/');
        path.extend_from_slice(segment);
    }
    if is_folder || path.is_empty() {
        path.push(b'/');
    }
    path
}

/// The path with the escapes decoded that mean the same to everybody.
pub(super) fn meaning(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match rest.split_at_checked(2) {
            Some((escape, after)) if byte == b'%' => {
                let byte = u8::from_str_radix(&String::from_utf8_lossy(escape), 16);
                out.push(byte.expect("an escape"));
                rest = after;
            }
            _ => out.push(byte),
        }
    }
    out
}
