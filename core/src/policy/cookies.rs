//! Cookies that make a request a visitor's own.

use super::bypass::Bypass;
use super::shown::shown;
use crate::http::{is_text, is_token, trim};

/// Cookies of analytics: scripts in the page make them and read them.
const ANALYTICS: [&str; 11] = [
    "_ga*", "_gid", "_gat*", "_gcl_*", "_fbp", "_fbc", "__utm*", "_hj*", "_pk_*", "_clck", "_clsk",
];

/// The option `bypass_cookies`: names of cookies, with `*` for any text.
///
/// Case is ignored, and `.`, blank and `[` are the same as `_`, which PHP makes of
/// them: a page must not be shared because its name of the cookie is another.
#[derive(Clone, Debug, Default)]
pub struct CookieRule {
    patterns: Vec<Box<[u8]>>,
    scope: CookieScope,
}

/// Which cookies a list of names stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookieScope {
    /// Those that it names.
    #[default]
    Named,
    /// All except those that it names.
    AllExcept,
}

impl CookieRule {
    /// A rule of this scope without names; [`Named`](CookieScope::Named) lets
    /// every request pass.
    #[must_use]
    pub fn new(scope: CookieScope) -> Self {
        Self {
            patterns: Vec::new(),
            scope,
        }
    }

    /// The rule that lets only cookies of analytics pass, which tell a backend
    /// nothing.
    #[must_use]
    pub fn all_but_analytics() -> Self {
        let fold_all = |name: &str| name.bytes().map(fold).collect();
        Self {
            patterns: ANALYTICS.iter().map(|name| fold_all(name)).collect(),
            scope: CookieScope::AllExcept,
        }
    }

    /// Whether all cookies of the requests that it lets pass are ones that it names
    /// as making no difference, so that a backend need not see them.
    #[must_use]
    pub fn names_all_that_pass(&self) -> bool {
        self.scope == CookieScope::AllExcept
    }

    /// Adds a name; false if no cookie can have it, or it is there already.
    pub fn add(&mut self, pattern: &[u8]) -> bool {
        // `*` is a byte of a token.
        if !is_token(pattern) {
            return false;
        }
        let pattern: Box<[u8]> = pattern.iter().copied().map(fold).collect();
        if self.patterns.contains(&pattern) {
            return false;
        }
        self.patterns.push(pattern);
        true
    }

    /// Whether it lets every request pass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.scope == CookieScope::Named
    }

    /// Searches all lines of `Cookie`.
    ///
    /// # Errors
    /// The request has such a cookie, or a line whose cookies cannot be told.
    pub fn check<'v>(&self, mut lines: impl Iterator<Item = &'v [u8]>) -> Result<(), Bypass> {
        if self.is_empty() {
            return Ok(());
        }
        lines.try_for_each(|line| self.check_line(line))
    }

    /// Backends do not agree on what separates cookies, so each `;` and `,` may, and
    /// each byte at which a value may end. What follows these inside of a value is
    /// a name only with a `=`.
    fn check_line(&self, line: &[u8]) -> Result<(), Bypass> {
        if !is_text(line) {
            return Err(Bypass::MalformedCookie);
        }
        for pair in line.split(|&byte| byte == b';') {
            for (at, piece) in pair.split(|&byte| byte == b',').enumerate() {
                let piece = trim(piece);
                if piece.is_empty() {
                    continue;
                }
                let Some((name, value)) = split_at_equals(piece) else {
                    // After a `,` it may be a cookie without a value, but hardly is.
                    if at == 0 || (self.scope == CookieScope::Named && self.names(piece)) {
                        self.check_name(piece)?;
                    }
                    continue;
                };
                self.check_name(trim(name))?;
                let words = unquoted(value).split(|&byte| ends_value(byte));
                for (name, _) in words.skip(1).filter_map(split_at_equals) {
                    self.check_name(name)?;
                }
            }
        }
        Ok(())
    }

    /// A name that backends may decode or take apart is one that they may read as
    /// any other.
    fn check_name(&self, name: &[u8]) -> Result<(), Bypass> {
        let is_clear = is_token(name) && !name.iter().any(|byte| b"%+".contains(byte));
        match (self.names(name), self.scope) {
            (true, CookieScope::Named) => Err(Bypass::Cookie(shown(name))),
            _ if !is_clear => Err(Bypass::MalformedCookie),
            (false, CookieScope::AllExcept) => Err(Bypass::Cookie(shown(name))),
            (true, CookieScope::AllExcept) | (false, CookieScope::Named) => Ok(()),
        }
    }

    fn names(&self, name: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name))
    }
}

/// What stands before and after the first `=`.
fn split_at_equals(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'=', text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// A value without its quotes, if it is one quoted string without escapes. In any
/// other form some backends do not take quotes for such.
fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value.strip_prefix(b"\"");
    let inner = inner.and_then(|rest| rest.strip_suffix(b"\""));
    inner
        .filter(|inner| memchr::memchr2(b'"', b'\\', inner).is_none())
        .unwrap_or(value)
}

/// Whether a value without quotes ends at this byte for some backends: Python's
/// `SimpleCookie` ends it at blanks and once did at all bytes that it did not
/// allow. Beyond ASCII there are blanks too.
const fn ends_value(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'"' | b'[' | b']' | b'\\') || !byte.is_ascii()
}

const fn fold(byte: u8) -> u8 {
    match byte {
        b'.' | b' ' | b'[' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// Whether a name is what a pattern, folded, stands for. Of the texts that the
/// last `*` could stand for it tries the shortest first.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows a `*` does not fit.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), name.get(n)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                p += 1;
                retry = Some((p, n));
            }
            (Some(&one), Some(&other)) if one == fold(other) => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((after, start)) if start < name.len() => {
                    (p, n) = (after, start + 1);
                    retry = Some((after, start + 1));
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(scope: CookieScope, patterns: &[&str]) -> CookieRule {
        let mut rule = CookieRule::new(scope);
        for pattern in patterns {
            assert!(rule.add(pattern.as_bytes()), "{pattern}");
        }
        rule
    }

    fn check(rule: &CookieRule, lines: &[&str]) -> String {
        match rule.check(lines.iter().map(|line| line.as_bytes())) {
            Ok(()) => "passes".into(),
            Err(bypass) => bypass.to_string(),
        }
    }

    #[test]
    fn cookies_of_analytics() {
        let rule = CookieRule::all_but_analytics();
        assert!(!rule.is_empty() && rule.names_all_that_pass());
        for (line, expected) in [
            ("", "passes"),
            (
                "_ga=1; _ga_ABC123=2; _gid=3; _gat=4; _gat_gtag_UA_1_2=5",
                "passes",
            ),
            (
                "_gcl_au=1; _fbp=2; _fbc=3; __utma=4; _hjSession_5=6",
                "passes",
            ),
            (
                "_pk_id.1.1fff=1; _pk_ses.1.1fff=2; _clck=3; _clsk=4",
                "passes",
            ),
            ("_GA=1,_gid=2", "passes"),
            ("_gid2=1", "cookie _gid2"),
            ("a_ga=1", "cookie a_ga"),
            ("_g=1", "cookie _g"),
            ("_ga=1; theme=dark", "cookie theme"),
            ("_ga=1,sid=2", "cookie sid"),
            ("_ga=1; =sid", "malformed Cookie"),
        ] {
            assert_eq!(check(&rule, &[line]), expected, "{line}");
        }
        assert_eq!(check(&rule, &["_ga=1", "sid=2"]), "cookie sid");
    }

    #[test]
    fn named_cookies() {
        let rule = rule(CookieScope::Named, &["session*", "login", "wp_*_auth"]);
        for (line, expected) in [
            ("", "passes"),
            ("theme=dark", "passes"),
            ("theme=dark; session=1", "cookie session"),
            ("SessionId=1", "cookie SessionId"),
            ("login=", "cookie login"),
            ("login", "cookie login"),
            ("login2=1", "passes"),
            ("xsession=1", "passes"),
            ("theme=session", "passes"),
            ("theme=session=1", "passes"),
            ("wp_a_auth=1", "cookie wp_a_auth"),
            ("wp_auth=1", "passes"),
            ("wp__auth=1", "cookie wp__auth"),
            ("wp.a.auth=1", "cookie wp.a.auth"),
            ("session[id]=1", "cookie session[id]"),
            ("a=b,session=1", "cookie session"),
            ("a=b , \tlogin =1", "cookie login"),
            ("a=\"b; session=1\"", "cookie session"),
            (";; ,, a=b ;", "passes"),
            ("a=b;session=1", "cookie session"),
            ("prefs={\"a\":1,\"b\":2}", "passes"),
            ("date=Mon, 12 Jan", "passes"),
            ("a=\u{e9}", "passes"),
            ("=session", "malformed Cookie"),
            ("a=b; =session", "malformed Cookie"),
            ("a b=1", "malformed Cookie"),
            ("\"session\"=1", "malformed Cookie"),
            ("%73ession=1", "malformed Cookie"),
            ("s\u{e9}ssion=1", "malformed Cookie"),
            ("a=b\u{1}", "malformed Cookie"),
            ("a=b\u{0}", "malformed Cookie"),
            // Python ends a value at a blank, and old ones at more.
            ("a=1 session=x", "cookie session"),
            ("a=1\tsession=x", "cookie session"),
            ("a=1 b session=x", "cookie session"),
            ("a= session=x", "cookie session"),
            ("a= session=\"x\"", "cookie session"),
            ("a=1 session =x", "malformed Cookie"),
            ("a=\"session=x", "cookie session"),
            ("a=\"b\"session=x", "cookie session"),
            ("a=\"b\\\"session=x\"", "cookie session"),
            ("a=1[session=x", "cookie session"),
            ("a=1]session=x", "cookie session"),
            ("a=1\\session=x", "cookie session"),
            // A blank, where a server takes bytes for characters.
            ("a=1\u{a0}session=x", "cookie session"),
            ("a=1, session=x", "cookie session"),
            ("a=b,session", "cookie session"),
            // PHP decodes names, and cuts them at the NUL.
            ("a=1,%73ession=x", "malformed Cookie"),
            ("a=1 %73ession=x", "malformed Cookie"),
            ("a=1,\"session\"=x", "malformed Cookie"),
            ("a=1; \"session\"=x", "malformed Cookie"),
            ("+session=x", "malformed Cookie"),
            ("a=1,+login=x", "malformed Cookie"),
            ("login%00x=1", "malformed Cookie"),
            ("login[x]=1", "malformed Cookie"),
            ("a=1,login[x]=1", "malformed Cookie"),
            (".login=1", "passes"),
            // What values are made of.
            ("utm=1.2.utmcsr=(direct)|utmccn=(direct)", "passes"),
            ("a=\"b=1:s=V\"; c=abc==", "passes"),
            ("a=\"session=1\"", "passes"),
            ("date=Mon, 12 Jan 2026, 10:00:00 GMT", "passes"),
            ("title=my session, my login", "passes"),
            ("q={\"a\":\"x, y\"} [1]", "passes"),
            ("a=Ren\u{e9} b", "passes"),
            ("ref=\"x\" of=1", "passes"),
        ] {
            assert_eq!(check(&rule, &[line]), expected, "{line}");
        }
        assert_eq!(check(&rule, &["a=b", "session=1"]), "cookie session");
        assert_eq!(check(&rule, &[]), "passes");
        let long = format!("session{}=1", "x".repeat(100));
        assert_eq!(
            check(&rule, &[&long]),
            format!("cookie session{}...", "x".repeat(33))
        );
    }

    #[test]
    fn all_except() {
        let rule = rule(CookieScope::AllExcept, &["_ga*", "_gid"]);
        for (line, expected) in [
            ("", "passes"),
            ("_ga=GA1.2.3; _gid=GA1.2; _GA_X1=4", "passes"),
            ("_ga=1; theme=dark", "cookie theme"),
            ("_gid2=1", "cookie _gid2"),
            ("x", "cookie x"),
            ("_ga=1,x=2", "cookie x"),
            ("_ga=1; a b=2", "malformed Cookie"),
            ("_ga=1 x=2", "cookie x"),
            ("_ga=GA1.2, abc def; _gid=\"b=1\"", "passes"),
            // Backends that decode it see another name.
            ("_ga%00x=1", "malformed Cookie"),
            ("_ga+x=1", "malformed Cookie"),
            ("_ga[x]=1", "malformed Cookie"),
            ("_gid=1,_ga%00x=2", "malformed Cookie"),
        ] {
            assert_eq!(check(&rule, &[line]), expected, "{line}");
        }
        assert!(!rule.is_empty() && !CookieRule::new(CookieScope::AllExcept).is_empty());
    }

    #[test]
    fn names() {
        let mut rule = CookieRule::default();
        assert!(rule.is_empty() && check(&rule, &["a b=\u{1}"]) == "passes");
        assert!(rule.add(b"session*") && !rule.is_empty());
        for bad in [&b"SESSION*"[..], b"", b"a b", b"a;b", b"a=b", b"\xff"] {
            assert!(!rule.add(bad), "{bad:?}");
        }
    }

    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|at| naive(rest, &name[at..])),
            Some((byte, rest)) => name.first() == Some(byte) && naive(rest, &name[1..]),
        }
    }

    proptest! {
        #[test]
        fn like_a_naive_twin(pattern in "[ab*]{0,8}", name in "[ab]{0,10}") {
            let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(matches(pattern, name), naive(pattern, name));
        }

        #[test]
        fn a_cookie_is_found_wherever_it_stands(
            before in "[ -:<-~]{0,12}",
            separator in "[;,][ \t]{0,2}|[ -:<-~]{0,6}=[ \t]?[a-z=]{0,2}[ \t\"\\[\\]\\\\]",
            after in "[ -!#-~]{0,8}",
        ) {
            let rule = rule(CookieScope::Named, &["session*"]);
            let line = format!("{before}{separator}sessionid=1;{after}");
            prop_assert_ne!(check(&rule, &[&line]), "passes");
        }
    }
}
