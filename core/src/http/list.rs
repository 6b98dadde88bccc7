//! Lists (RFC 9110 section 5.6.1).

use super::fields::trim;

/// The members of a comma-separated list that are not empty, without the blanks
/// around them. For headers whose members have no quoted strings.
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(trim)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members() {
        let of = |text: &'static str| -> Vec<&[u8]> { list(text.as_bytes()).collect() };
        assert_eq!(of("a, b c\t,,\t , d"), [&b"a"[..], b"b c", b"d"]);
        assert!(of("").is_empty() && of(" ,\t,").is_empty());
    }
}
