//! `Surrogate-Control` and `Surrogate-Capability` (W3C note "Edge Architecture
//! Specification", section 2).

use super::cache_control::{CacheControl, Directives, is_argument, split, stricter};
use super::fields::is_token;
use super::seconds::delta_seconds;

/// What a request for a backend says of this cache in `Surrogate-Capability`.
pub const SURROGATE_CAPABILITY: &str = "lighttpd2=\"Surrogate/1.0\"";

/// The name by which directives can be meant for this cache, as it is in
/// [`SURROGATE_CAPABILITY`].
const OWN_NAME: &[u8] = b"lighttpd2";

/// What all `Surrogate-Control` lines of a response say together to this cache.
/// Directives with another target, such as `max-age=60;cdn`, are meant for others. Of a
/// directive that is given twice, with a target or without, the stricter one counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct SurrogateControl {
    no_store: bool,
    max_age: Option<u32>,
    /// How long it may be served after that.
    stale: Option<u32>,
    malformed: bool,
}

impl SurrogateControl {
    /// Records the value of one header line.
    pub fn observe(&mut self, value: &[u8]) {
        for directive in Directives::new(value).filter(|directive| !directive.is_empty()) {
            let Some(directive) = for_this(directive) else {
                continue;
            };
            let (name, argument) = split(directive);
            // Nothing stands around the equals sign.
            let len = name.len() + argument.map_or(0, |argument| argument.len() + 1);
            if !is_token(name) || !argument.is_none_or(is_argument) || len != directive.len() {
                self.malformed = true;
            } else if name.eq_ignore_ascii_case(b"no-store") {
                self.no_store = true;
            } else if name.eq_ignore_ascii_case(b"max-age") {
                match argument.and_then(max_age) {
                    Some((fresh, stale)) => {
                        self.max_age = stricter(self.max_age, Some(fresh));
                        self.stale = stricter(self.stale, stale);
                    }
                    None => self.malformed = true,
                }
            }
        }
    }

    /// What it says as directives of `Cache-Control`; `None` if it is malformed
    /// or says nothing of storing.
    #[must_use]
    pub fn directives(&self) -> Option<CacheControl> {
        let says = self.no_store || self.max_age.is_some();
        (says && !self.malformed).then(|| CacheControl {
            present: true,
            no_store: self.no_store,
            max_age: self.max_age,
            stale_while_revalidate: self.stale,
            stale_if_error: self.stale,
            ..CacheControl::default()
        })
    }
}

/// Seconds of `60` or of `60+10`, whose second number says how long the response
/// may be used when it is stale.
fn max_age(argument: &[u8]) -> Option<(u32, Option<u32>)> {
    let mut numbers = argument.splitn(2, |&byte| byte == b'+');
    let fresh = delta_seconds(numbers.next()?)?;
    match numbers.next() {
        Some(stale) => delta_seconds(stale).map(|stale| (fresh, Some(stale))),
        None => Some((fresh, None)),
    }
}

/// A directive without its target, unless that is another cache. The target stands behind
/// the first semicolon outside of quotes.
fn for_this(directive: &[u8]) -> Option<&[u8]> {
    let mut quoted = false;
    let semicolon = directive.iter().position(|&byte| {
        quoted ^= byte == b'"';
        byte == b';' && !quoted
    });
    let Some(semicolon) = semicolon else {
        return Some(directive);
    };
    let target = directive[semicolon + 1..].trim_ascii();
    let is_own = target.eq_ignore_ascii_case(OWN_NAME);
    is_own.then(|| directive[..semicolon].trim_ascii_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `no-store` and `max-age`, if it says anything.
    fn of(lines: &[&str]) -> Option<(bool, Option<u32>)> {
        let mut all = SurrogateControl::default();
        for line in lines {
            all.observe(line.as_bytes());
        }
        let directives = all.directives()?;
        Some((directives.no_store, directives.max_age))
    }

    #[test]
    fn directives() {
        for (lines, expected) in [
            (&["max-age=3600"][..], (false, Some(3600))),
            (&["MaX-aGe=3600"], (false, Some(3600))),
            (&["foobar, max-age=3600"], (false, Some(3600))),
            (&["max-age=30+60"], (false, Some(30))),
            (&["max-age=99999999999"], (false, Some(1 << 31))),
            (&["max-age=0"], (false, Some(0))),
            (&["no-store, content=\"ESI/1.0;x\""], (true, None)),
            (&["max-age=60", "max-age=30, no-store"], (true, Some(30))),
            (&["max-age=9;other, max-age=60"], (false, Some(60))),
            (&["max-age=9;lighttpd2"], (false, Some(9))),
            (&["max-age=9 ; Lighttpd2"], (false, Some(9))),
            (&["max-age=9;lighttpd2, max-age=5"], (false, Some(5))),
            (&["no-store, max-age=9;lighttpd2"], (true, Some(9))),
            (&["max-age=60, no-store;lighttpd2"], (true, Some(60))),
            (
                &["no-store;other; max-age=9, max-age=60"],
                (false, Some(60)),
            ),
        ] {
            assert_eq!(of(lines), Some(expected), "{lines:?}");
        }
    }

    #[test]
    fn how_long_it_may_be_served_after_its_lifetime() {
        for (lines, expected) in [
            (&["max-age=30"][..], None),
            (&["max-age=30+60"], Some(60)),
            (&["max-age=30+0"], Some(0)),
            (&["max-age=30+60", "max-age=20"], Some(60)),
            (&["max-age=30+60, max-age=20+10"], Some(10)),
            (&["max-age=30, max-age=20+60;other"], None),
        ] {
            let mut all = SurrogateControl::default();
            for line in lines {
                all.observe(line.as_bytes());
            }
            let found = all.directives().expect("a lifetime");
            assert_eq!(found.stale_while_revalidate, expected, "{lines:?}");
            assert_eq!(found.stale_if_error, expected, "{lines:?}");
        }
    }

    #[test]
    fn what_says_nothing() {
        for line in [
            "",
            ",",
            "foo",
            "content=\"ESI/1.0\"",
            "max-age=60;other",
            "no-store;other",
            "max-age=60;lighttpd2x",
            "max-age=60;lighttpd2;other",
            "max-age=60;",
            "max-age=x;lighttpd2",
            "max-age=60, max-age =9;lighttpd2",
            "max-age",
            "max-age=",
            "max-age=x",
            "max-age=-1",
            "max-age=6+x",
            "max-age=\"60\"",
            "max-age =60",
            "max-age= 60",
            "max-age=60 no-store",
            "max-age=60, \"no-store\"",
            "max-age=60, x=\"y",
            "no-store-remote",
        ] {
            assert_eq!(of(&[line]), None, "{line}");
        }
    }
}
