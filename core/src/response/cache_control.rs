//! The directives of `Cache-Control` that matter to a shared cache
//! (RFC 9111 section 5.2.2).

/// What all `Cache-Control` lines of a response say together. Of a directive
/// that comes twice the stricter one counts.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive")]
pub(super) struct CacheControl {
    pub private: bool,
    pub no_store: bool,
    pub no_cache: bool,
    pub public: bool,
    pub must_revalidate: bool,
    /// Seconds.
    pub max_age: Option<u32>,
    /// Seconds; for shared caches, before `max_age`.
    pub s_maxage: Option<u32>,
}

impl CacheControl {
    /// Takes one header line's value in.
    pub fn observe(&mut self, value: &[u8]) {
        for directive in Directives::new(value) {
            let (name, argument) = split(directive);
            let seconds = || Some(seconds(argument));
            match name.to_ascii_lowercase().as_slice() {
                b"private" => self.private = true,
                b"no-store" => self.no_store = true,
                b"no-cache" => self.no_cache = true,
                b"public" => self.public = true,
                b"must-revalidate" => self.must_revalidate = true,
                b"max-age" => self.max_age = stricter(self.max_age, seconds()),
                b"s-maxage" => self.s_maxage = stricter(self.s_maxage, seconds()),
                _ => {}
            }
        }
    }
}

fn stricter(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

/// Seconds of an argument, quoted or not. What is no number is stale at once
/// (RFC 9111 section 4.2.1).
fn seconds(argument: Option<&[u8]>) -> u32 {
    let text = argument.unwrap_or_default();
    let inner = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\""));
    delta_seconds(inner.unwrap_or(text)).unwrap_or(0)
}

/// A number of seconds: digits alone. More than fits stands for the largest
/// that does (RFC 9111 section 1.2.2).
pub(super) fn delta_seconds(text: &[u8]) -> Option<u32> {
    if !is_digits(text) {
        return None;
    }
    let digits = core::str::from_utf8(text).ok()?;
    Some(digits.parse().unwrap_or(u32::MAX))
}

/// Whether these are decimal digits, one at least.
pub(super) fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn split(directive: &[u8]) -> (&[u8], Option<&[u8]>) {
    match directive.iter().position(|&byte| byte == b'=') {
        Some(at) => (
            directive[..at].trim_ascii(),
            Some(directive[at + 1..].trim_ascii()),
        ),
        None => (directive, None),
    }
}

/// The parts of a list between commas that do not stand in a quoted string. A
/// quote that is never closed begins no string, lest it hide a restriction.
struct Directives<'a> {
    rest: &'a [u8],
    /// Until a quote was found that is never closed.
    quotes_count: bool,
}

impl<'a> Directives<'a> {
    fn new(value: &'a [u8]) -> Self {
        Self {
            rest: value,
            quotes_count: true,
        }
    }

    /// Bytes of `rest` up to its first comma.
    fn part_len(&mut self) -> usize {
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at)
            && byte != b','
        {
            let mut step = 1;
            if byte == b'"' && self.quotes_count {
                match quoted_len(&self.rest[at..]) {
                    Some(len) => step = len,
                    None => self.quotes_count = false,
                }
            }
            at += step;
        }
        at
    }
}

impl<'a> Iterator for Directives<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (part, rest) = self.rest.split_at(self.part_len());
        self.rest = rest.get(1..).unwrap_or_default();
        Some(part.trim_ascii())
    }
}

/// Bytes of the quoted string that `text` begins with, its quotes included
/// (RFC 9110 section 5.6.4); `None` if it does not end.
fn quoted_len(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> CacheControl {
        let mut all = CacheControl::default();
        for line in lines {
            all.observe(line.as_bytes());
        }
        all
    }

    #[test]
    fn directives_in_any_case_and_over_several_lines() {
        let all = of(&["Max-Age=60 , PUBLIC", "", ",, no-cache=\"a, private\""]);
        assert_eq!(all.max_age, Some(60));
        assert!(all.public && all.no_cache);
        assert!(!all.private, "it stands in a quoted string");
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("max-age=60", 60),
            ("max-age=\"60\"", 60),
            ("max-age = 60", 60),
            ("max-age=99999999999999999999", u32::MAX),
            ("max-age", 0),
            ("max-age=", 0),
            ("max-age=-1", 0),
            ("max-age=1.5", 0),
            ("max-age=soon", 0),
            ("max-age=60, max-age=10", 10),
            ("max-age=10, max-age=60", 10),
        ] {
            assert_eq!(of(&[text]).max_age, Some(expected), "{text}");
        }
        assert_eq!(of(&["s-maxage=5, max-age=9"]).s_maxage, Some(5));
        assert_eq!(of(&["smax-age=5"]).s_maxage, None);
    }

    #[test]
    fn quoted_strings_hide_their_commas() {
        let all = of(&[r#"x="a\", no-store, \\", no-cache"#]);
        assert!(!all.no_store && all.no_cache);
        let all = of(&[r#"x="a, no-store, y="b, private""#]);
        assert!(!all.no_store, "the quote is closed by the next");
        for open in [r#"x="a, no-store"#, r#"x="a", y=", no-store, \"#] {
            assert!(of(&[open]).no_store, "{open}");
        }
    }
}
