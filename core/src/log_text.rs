//! Foreign text for the log, in several lines if it has several.

/// The beginning of a text, at most `max` bytes of it. Line ends are followed by a
/// tab, so that no line can pass for one of the log's own; control characters
/// become `?`. Three dots follow if something was left out.
#[must_use]
pub fn log_text(text: &[u8], max: usize) -> String {
    let shown = &text[..text.len().min(max)];
    let mut line = String::with_capacity(shown.len());
    let mut letters = String::from_utf8_lossy(shown).into_owned();
    if shown.len() < text.len() {
        // A letter of several bytes may have been cut.
        letters.truncate(letters.trim_end_matches('\u{fffd}').len());
    }
    let mut rest = letters.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\n' if rest.peek() == Some(&'\t') => line.push('\n'),
            '\n' => line.push_str("\n\t"),
            letter if letter.is_control() && letter != '\t' => line.push('?'),
            letter => line.push(letter),
        }
    }
    if shown.len() < text.len() {
        line.push_str("...");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_passes_for_one_of_the_log() {
        let text = b"a\r\nb\n\tc\x1b[2J\td\0";
        assert_eq!(log_text(text, 99), "a?\n\tb\n\tc?[2J\td?");
        assert_eq!(log_text(b"", 0), "");
        assert_eq!(log_text("\u{85}é\u{9b}ÿ".as_bytes(), 99), "?é?ÿ");
        assert_eq!(log_text(b"\xff", 9), "\u{fffd}");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(log_text(b"abc", 3), "abc");
        assert_eq!(log_text(b"abcd", 3), "abc...");
        assert_eq!(log_text("aé".as_bytes(), 2), "a...");
        let long = vec![b'\n'; 1 << 20];
        assert_eq!(log_text(&long, 1024).len(), 2 * 1024 + 3);
    }
}
