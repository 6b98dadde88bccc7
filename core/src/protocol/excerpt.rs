//! Foreign bytes in messages.

/// Characters of foreign bytes that a message shows.
const EXCERPT_MAX: usize = 60;

/// The beginning of foreign bytes, as at most 60 characters of printable ASCII,
/// fit for a log. An escape is shown whole or not at all; three dots follow if
/// something was left out.
#[must_use]
pub fn excerpt(bytes: &[u8]) -> Box<str> {
    excerpt_of(bytes, EXCERPT_MAX)
}

/// Likewise, as at most `max` characters.
#[must_use]
pub fn excerpt_of(bytes: &[u8], max: usize) -> Box<str> {
    let mut text = String::new();
    for &byte in bytes {
        let shown = core::ascii::escape_default(byte);
        if text.len().saturating_add(shown.len()) > max {
            text.push_str("...");
            break;
        }
        text.extend(shown.map(char::from));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts() {
        assert_eq!(&*excerpt(b""), "");
        assert_eq!(&*excerpt(b"a \"b\"\r\n\0\xff"), r#"a \"b\"\r\n\x00\xff"#);
        assert_eq!(&*excerpt(&[b'a'; 60]), "a".repeat(60));
        assert_eq!(&*excerpt(&[b'a'; 61]), "a".repeat(60) + "...");
        // 14 escapes of four bytes and three letters leave no room for one more.
        let long = [b"aaa".as_slice(), &[0; 15]].concat();
        assert_eq!(
            &*excerpt(&long),
            "aaa".to_owned() + &r"\x00".repeat(14) + "..."
        );
    }
}
