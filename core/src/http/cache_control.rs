//! The directives of `Cache-Control` that matter to a shared cache
//! (RFC 9111 section 5.2.2, RFC 5861).

use memchr::{memchr, memchr2};

use super::fields::is_token;
use super::seconds::delta_seconds;

/// Bytes of the longest directive that counts.
const NAME_MAX: usize = "stale-while-revalidate".len();

/// What all `Cache-Control` lines of a response say together. Of a directive
/// that is given twice the stricter one counts. In a line that is malformed, or
/// whose directives have unusual names, `private`, `no-store` and `no-cache`
/// count wherever they stand as words, so that `no-store; max-age=60` or
/// `"private"` are not taken for directives that nobody knows. Where `max-age` or
/// `s-maxage` stand as words in a malformed directive, such as `max-age:0`, they
/// count as 0, like those whose argument is no number.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive")]
pub struct CacheControl {
    /// Whether there is a directive at all.
    pub present: bool,
    /// `private`, with or without names of headers.
    pub private: bool,
    /// `no-store`
    pub no_store: bool,
    /// `no-cache`, with or without names of headers.
    pub no_cache: bool,
    /// `public`
    pub public: bool,
    /// `must-revalidate`
    pub must_revalidate: bool,
    /// `proxy-revalidate`
    pub proxy_revalidate: bool,
    /// `max-age`, in seconds.
    pub max_age: Option<u32>,
    /// `s-maxage`, in seconds, which for shared caches replaces `max-age`.
    pub s_maxage: Option<u32>,
    /// `stale-while-revalidate`, in seconds: how long it may be served after its
    /// lifetime while it is made anew.
    pub stale_while_revalidate: Option<u32>,
    /// `stale-if-error`, in seconds: likewise if that fails.
    pub stale_if_error: Option<u32>,
}

impl CacheControl {
    /// Records the value of one header line.
    pub fn observe(&mut self, value: &[u8]) {
        let mut well_formed = true;
        for directive in Directives::new(value).filter(|directive| !directive.is_empty()) {
            let (name, argument) = split(directive);
            self.present = true;
            if !is_plain(name) || !argument.is_none_or(is_argument) {
                well_formed = false;
                self.search_lifetime(directive);
            }
            let add = |known: &mut Option<u32>| {
                *known = stricter(*known, Some(seconds(argument)));
            };
            let mut small_letters = [0; NAME_MAX];
            let Some(small_letters) = small_letters.get_mut(..name.len()) else {
                continue;
            };
            small_letters.copy_from_slice(name);
            small_letters.make_ascii_lowercase();
            match &*small_letters {
                b"private" => self.private = true,
                b"no-store" => self.no_store = true,
                b"no-cache" => self.no_cache = true,
                b"public" => self.public = true,
                b"must-revalidate" => self.must_revalidate = true,
                b"proxy-revalidate" => self.proxy_revalidate = true,
                b"max-age" => add(&mut self.max_age),
                b"s-maxage" => add(&mut self.s_maxage),
                b"stale-while-revalidate" => add(&mut self.stale_while_revalidate),
                b"stale-if-error" => add(&mut self.stale_if_error),
                _ => {}
            }
        }
        if !well_formed {
            self.search(value);
        }
    }

    /// Records the restrictions that stand as words in a line, wherever.
    fn search(&mut self, value: &[u8]) {
        self.private |= has_word(value, "private");
        self.no_store |= has_word(value, "no-store");
        self.no_cache |= has_word(value, "no-cache");
    }

    /// Records the lifetimes that stand as words in a malformed directive.
    fn search_lifetime(&mut self, directive: &[u8]) {
        let none_if = |found: bool| found.then_some(0);
        self.max_age = stricter(self.max_age, none_if(has_word(directive, "max-age")));
        self.s_maxage = stricter(self.s_maxage, none_if(has_word(directive, "s-maxage")));
    }
}

/// Whether a word stands somewhere, in any case.
fn has_word(text: &[u8], word: &str) -> bool {
    let mut words = text.split(|&byte| !is_plain_byte(byte));
    words.any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a directive has a name of the usual kind. All tokens are allowed, but
/// nobody needs `'no-store'` as the name of another directive.
fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| is_plain_byte(byte))
}

const fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether this can be the argument of a directive: a token or a quoted string
/// (RFC 9111 section 5.2).
pub(super) fn is_argument(text: &[u8]) -> bool {
    is_token(text) || (text.first() == Some(&b'"') && quoted_len(text) == Some(text.len()))
}

pub(super) fn stricter(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

/// Seconds of an argument, quoted or not; 0 if it is not a number, so that the
/// response is stale at once (RFC 9111 section 4.2.1).
fn seconds(argument: Option<&[u8]>) -> u32 {
    let text = argument.unwrap_or_default();
    let inner = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\""));
    delta_seconds(inner.unwrap_or(text)).unwrap_or(0)
}

/// Name and argument of a directive, without the blanks around them.
pub(super) fn split(directive: &[u8]) -> (&[u8], Option<&[u8]>) {
    match directive.iter().position(|&byte| byte == b'=') {
        Some(at) => (
            directive[..at].trim_ascii(),
            Some(directive[at + 1..].trim_ascii()),
        ),
        None => (directive, None),
    }
}

/// The members of a list whose commas may stand in quoted strings. A quote that
/// is never closed begins no string, so that it cannot hide a restriction.
pub(super) struct Directives<'a> {
    rest: &'a [u8],
    /// False once a quote was found that is never closed.
    quotes_count: bool,
}

impl<'a> Directives<'a> {
    pub(super) fn new(value: &'a [u8]) -> Self {
        Self {
            rest: value,
            quotes_count: true,
        }
    }

    /// Length of the first member of `rest`, up to its comma.
    fn part_len(&mut self) -> usize {
        let mut at = 0;
        loop {
            let rest = &self.rest[at..];
            let found = if self.quotes_count {
                memchr2(b',', b'"', rest)
            } else {
                memchr(b',', rest)
            };
            let Some(found) = found else {
                return self.rest.len();
            };
            at += found;
            if self.rest[at] == b',' {
                return at;
            }
            at += quoted_len(&self.rest[at..]).unwrap_or_else(|| {
                self.quotes_count = false;
                1
            });
        }
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

/// Length of the quoted string at the start of `text`, quotes included
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
    use proptest::prelude::*;

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
            ("max-age=99999999999999999999", 1 << 31),
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
        for (text, max_age, s_maxage) in [
            ("max-age:0", Some(0), None),
            ("max-age 60", Some(0), None),
            ("Max-Age:60, public", Some(0), None),
            ("public; max-age=60", Some(0), None),
            ("x=60; max-age=60", Some(0), None),
            ("'max-age=60'", Some(0), None),
            ("max-age=60, max-age:30", Some(0), None),
            ("s-maxage:0", None, Some(0)),
            ("s-maxage 0, max-age=60", Some(60), Some(0)),
            ("max-age:0; s-maxage=60", Some(0), Some(0)),
            ("max-age=60, x y", Some(60), None),
            ("max-age=60, x=\"max-age\"", Some(60), None),
            ("max-agent=60, max-age-x y", None, None),
        ] {
            let all = of(&[text]);
            assert_eq!((all.max_age, all.s_maxage), (max_age, s_maxage), "{text}");
        }
        assert_eq!(of(&["s-maxage=5, max-age=9"]).s_maxage, Some(5));
        assert_eq!(of(&["smax-age=5"]).s_maxage, None);
    }

    #[test]
    fn what_is_said_of_stale_responses() {
        let all = of(&[
            "Stale-While-Revalidate=30, stale-if-error=\"60\"",
            "stale-if-error=9",
        ]);
        assert_eq!(
            (all.stale_while_revalidate, all.stale_if_error),
            (Some(30), Some(9))
        );
        assert!(!all.proxy_revalidate && !all.must_revalidate);
        let all = of(&["stale-if-error, proxy-revalidate"]);
        assert_eq!(
            (all.stale_while_revalidate, all.stale_if_error),
            (None, Some(0))
        );
        assert!(all.proxy_revalidate && !all.must_revalidate);
    }

    #[test]
    fn quoted_strings_hide_their_commas() {
        let all = of(&[r#"x="a\", no-store, \\", no-cache"#]);
        assert!(!all.no_store && all.no_cache);
    }

    #[test]
    fn a_malformed_line_is_searched_for_restrictions() {
        for (line, private, no_store, no_cache) in [
            ("private; max-age=0", true, false, false),
            ("no-store; no-cache", false, true, true),
            ("no-store no-cache", false, true, true),
            ("\"no-store\"", false, true, false),
            ("'No-Store'", false, true, false),
            ("max-age=60 PRIVATE", true, false, false),
            ("max-age=60;no-cache", false, false, true),
            ("max-age=60, =private", true, false, false),
            ("max-age=, x=private", true, false, false),
            ("x=\"private\" y", true, false, false),
            ("public, {no-store}", false, true, false),
            ("no-store\u{fc}", false, true, false),
            (r#"x="a, no-store"#, false, true, false),
            (r#"x="a", y=", no-store, \"#, false, true, false),
            (r#"x="a, no-store, y="b, private""#, true, true, false),
        ] {
            let all = of(&[line]);
            assert_eq!(
                (all.private, all.no_store, all.no_cache),
                (private, no_store, no_cache),
                "{line}"
            );
        }
    }

    #[test]
    fn a_well_formed_line_is_not_searched() {
        for line in [
            "max-age=60, public",
            "x=private, y=no-store",
            "x=\"private, no-store\", no_cache",
            "unprivate, no-store-here, x-no-cache",
            "max-age = 60, x = \"no-cache\"",
            ", ,max-age=60,,",
        ] {
            let all = of(&[line]);
            assert!(!all.private && !all.no_store && !all.no_cache, "{line}");
        }
        // Each line by itself.
        let all = of(&["x=\"private\"", "no-store;"]);
        assert!(!all.private && all.no_store);
        assert!(of(&["x"]).present && !of(&["", " , "]).present);
    }

    proptest! {
        #[test]
        fn no_other_member_hides_a_restriction(
            before in "[a-z=\"\\\\;, 0-9'-]{0,12}",
            after in "[a-z=\"\\\\;, 0-9'-]{0,12}",
        ) {
            // A quote in front of it may open a string that a later one closes.
            let line = format!("{before},no-store,{after}");
            prop_assert!(of(&[&line]).no_store || line.matches('"').count() > 1, "{line}");
        }
    }
}
