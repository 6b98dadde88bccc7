//! Rules that an administrator leaves out.

/// A rule that the option `ignore` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// What `Cache-Control` forbids and how long it lets an item live, and
    /// `Pragma`, its forerunner.
    CacheControl,
    /// `Expires`.
    Expires,
    /// `Vary`.
    Vary,
    /// `Authorization` in the request.
    Authorization,
    /// `Set-Cookie` and `Set-Cookie2`: the response is stored without them.
    SetCookie,
    /// The fields that are meant for this cache alone; they are stored and sent
    /// like any other.
    Targeted,
    /// Without `headers`: a hit must not turn the body into HTML or script.
    BodyOnly,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::CacheControl,
        Self::Expires,
        Self::Vary,
        Self::Authorization,
        Self::SetCookie,
        Self::Targeted,
        Self::BodyOnly,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CacheControl => "cache-control",
            Self::Expires => "expires",
            Self::Vary => "vary",
            Self::Authorization => "authorization",
            Self::SetCookie => "set-cookie",
            Self::Targeted => "targeted",
            Self::BodyOnly => "body-only",
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|rule| rule.name().as_bytes() == name)
    }
}

/// The rules that are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ignore(u8);

impl Ignore {
    /// All rules.
    pub const ALL: Self = Self(u8::MAX);

    /// Adds a rule; false if it is there already.
    pub fn add(&mut self, rule: Rule) -> bool {
        let added = !self.contains(rule);
        self.0 |= Self::bit(rule);
        added
    }

    /// Whether this rule is left out.
    #[must_use]
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & Self::bit(rule) != 0
    }

    const fn bit(rule: Rule) -> u8 {
        1 << rule as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_name(rule.name().as_bytes()), Some(rule));
            assert!(Ignore::ALL.contains(rule) && !Ignore::default().contains(rule));
        }
        for name in [&b""[..], b"Vary", b"cookies", b"content-encoding"] {
            assert_eq!(Rule::from_name(name), None);
        }
        let mut ignore = Ignore::default();
        assert!(ignore.add(Rule::Vary) && !ignore.add(Rule::Vary) && ignore.add(Rule::BodyOnly));
        let left: Vec<_> = Rule::ALL
            .into_iter()
            .filter(|&rule| ignore.contains(rule))
            .collect();
        assert_eq!(left, [Rule::Vary, Rule::BodyOnly]);
    }
}
