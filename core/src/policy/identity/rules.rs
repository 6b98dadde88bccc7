//! From the text of a pattern to the text of a key.

use super::encodings::{CodingSet, Encodings};
use super::parts::{append_name, append_part, guard_text};
use super::pattern::PatternTraits;
use super::port::{PortRule, Ports, host_rest};
use super::request::Request;
use super::vary::VaryBy;
use super::{guard, spelling, vary};
use crate::policy::bypass::Bypass;

/// How much an action takes the host's simplifications for granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// As documented for `memcached.lookup` and `memcached.store`: a site has one
    /// item whichever of its usual ports is named, and a path may be rewritten
    /// before.
    #[default]
    Usual,
    /// As for `memcached.cache`: only a port that `ports` lists goes without
    /// saying, and a path that was changed before does not name the page.
    Strict,
}

/// The rules of one action.
#[derive(Clone, Debug, Default)]
pub struct KeyRules {
    /// What its pattern is made of.
    pub pattern: PatternTraits,
    /// Which requests share an item.
    pub sharing: Sharing,
    /// The option `ports`.
    pub ports: Ports,
    /// The option `guard`: headers by which a proxy tells host, scheme, path or
    /// method make parts.
    pub guard: bool,
    /// The option `vary`.
    pub vary: VaryBy,
    /// The option `encodings`.
    pub encodings: Encodings,
}

/// What the parts of a key say that others need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The codings that a body under this key may have, if `vary` has
    /// `accept-encoding`. The backend must be asked for exactly these.
    pub accepted: Option<CodingSet>,
    /// The request names a port that is none of the site's, as far as it is
    /// known: there is a part for it. If that is a public port, `ports` lacks it.
    pub has_foreign_port: bool,
    /// The request has a query and was rewritten, but the key has no query: pages
    /// that differ by it may share an item.
    pub leaves_query_out: bool,
    /// The path in the key, or path and query, is not that of the target: something
    /// has changed it before. Different pages may share an item.
    pub has_changed_path: bool,
}

impl KeyRules {
    /// Whether [`Request::host`] makes a difference.
    #[must_use]
    pub fn needs_host(&self) -> bool {
        self.pattern.simplifies_host()
    }

    /// Turns the text that the pattern gave into the text of the key.
    ///
    /// # Errors
    /// The request must neither be looked up nor stored. The text is then not a
    /// key.
    pub fn append_parts<'h>(
        &self,
        request: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
        key: &mut Vec<u8>,
    ) -> Result<Parts, Bypass> {
        let mut parts = self.append_target(request, headers, key)?;
        if !self.vary.is_empty() {
            parts.accepted = vary::append(key, &self.vary, &self.encodings, None, headers)?;
        }
        Ok(parts)
    }

    /// Turns the text that the pattern gave for a target into the texts of the keys
    /// that a GET for it may have: one for each set of codings, if `vary` has
    /// `accept-encoding`. The request is another one, whose other headers stand for
    /// those of the GET, except those that tell another method than its own.
    ///
    /// # Errors
    /// The request must not be looked up with any codings.
    pub fn keys_of_get<'h>(
        &self,
        request: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
        mut text: Vec<u8>,
    ) -> Result<Vec<Vec<u8>>, Bypass> {
        let headers = headers
            .clone()
            .filter(|(name, _)| !guard::overrides_method(name));
        self.append_target(request, &headers, &mut text)?;
        if !self.vary.contains(b"accept-encoding") {
            vary::append(&mut text, &self.vary, &self.encodings, None, &headers)?;
            return Ok(vec![text]);
        }
        let of_set = |set| {
            let mut key = text.clone();
            vary::append(&mut key, &self.vary, &self.encodings, Some(set), &headers)?;
            Ok(key)
        };
        self.encodings.sets().map(of_set).collect()
    }

    /// The rules of all actions whose items these may be meant for, where it is not
    /// known of which action they are: of `memcached.cache` and of the others; with
    /// and without `guard`, unless that is off; of whole responses of any coding and of
    /// bodies, unless `vary` has names.
    #[must_use]
    pub fn of_any_action(&self) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let mut also = |change: &dyn Fn(&mut Self)| {
            for at in 0..all.len() {
                let mut rules = all[at].clone();
                change(&mut rules);
                all.push(rules);
            }
        };
        also(&|rules| {
            rules.sharing = match rules.sharing {
                Sharing::Usual => Sharing::Strict,
                Sharing::Strict => Sharing::Usual,
            };
        });
        if self.guard {
            also(&|rules| rules.guard = false);
        }
        if self.vary.is_empty() {
            also(&|rules| {
                rules.vary.add(b"accept-encoding");
            });
        }
        all
    }

    /// Appends all parts except those of `vary`.
    fn append_target<'h>(
        &self,
        request: &Request<'_>,
        headers: &(impl Iterator<Item = (&'h [u8], &'h [u8])> + Clone),
        key: &mut Vec<u8>,
    ) -> Result<Parts, Bypass> {
        let is_plain = request.is_plain();
        if !is_plain {
            request.check_target()?;
        }
        guard_text(key, self.pattern.hashes);
        let mut parts = Parts::default();
        if is_plain {
            // It is spelled in one way alone, and was not changed.
        } else if self.pattern.simplifies_path() && self.needs_path(request) {
            append_part(key, b"path", request.target);
        } else {
            parts.has_changed_path = self.has_changed_path(request);
        }
        parts.leaves_query_out = !is_plain
            && !self.pattern.query
            && request.sent_on != request.target
            && request.has_query();
        if self.needs_host() {
            parts.has_foreign_port = self.append_host(request, key);
        }
        if self.guard {
            guard::append(key, &self.vary, headers.clone());
        }
        Ok(parts)
    }

    /// Whether the path in the pattern may be that of other pages too.
    fn needs_path(&self, request: &Request<'_>) -> bool {
        let path = request.target_path();
        spelling::is_ambiguous(path) || (self.names_page() && is_changed(request))
    }

    /// Whether what the pattern says by name of the path is not what was asked for.
    fn has_changed_path(&self, request: &Request<'_>) -> bool {
        if self.pattern.raw_path {
            request.sent_on != request.target
        } else {
            self.pattern.own_path && is_changed(request)
        }
    }

    /// Whether the path in the pattern stands for the page that was asked for.
    fn names_page(&self) -> bool {
        self.sharing == Sharing::Strict && self.pattern.own_path
    }

    /// Appends what the host's name does not show; whether that is a port.
    fn append_host(&self, request: &Request<'_>, key: &mut Vec<u8>) -> bool {
        let rule = PortRule {
            listed: &self.ports,
            with_usual: self.sharing == Sharing::Usual,
        };
        let rest = host_rest(request, rule);
        if let Some(port) = rest.port {
            append_part(key, b"port", port);
        }
        for _ in 0..rest.dots {
            append_name(key, b"dot");
        }
        rest.port.is_some()
    }
}

/// Whether a path that is not ambiguous has become another one.
fn is_changed(request: &Request<'_>) -> bool {
    !spelling::decodes_to(request.target_path(), request.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that changes a path changes the target.
    #[test]
    fn keys_with_the_target() {
        let rules = KeyRules {
            pattern: PatternTraits::of(b"%{req.scheme}://%{req.host}").followed_by_target(),
            sharing: Sharing::Strict,
            ..KeyRules::default()
        };
        for target in ["/a?b", "//x/..%2Fa", "/"] {
            let request = Request {
                raw: target.as_bytes(),
                target: target.as_bytes(),
                sent_on: b"/index.php",
                path: b"/index.php",
                host: Some(b"victim.test:80"),
                is_secure: false,
                listener_port: Some(80),
            };
            let mut key = format!("http://victim.test{target}").into_bytes();
            let expected = format!("http://victim.test{target}#port=80");
            let parts = rules.append_parts(&request, &std::iter::empty(), &mut key);
            let parts = parts.expect("it is no bypass");
            assert_eq!(String::from_utf8_lossy(&key), expected);
            assert!(!parts.has_changed_path && !parts.leaves_query_out);
        }
    }

    #[test]
    fn rules_of_actions_that_may_be_meant() {
        let names = |rules: &KeyRules| {
            let request = Request {
                raw: b"/a",
                target: b"/a",
                sent_on: b"/a",
                path: b"/a",
                host: Some(b"a.test:80"),
                is_secure: false,
                listener_port: None,
            };
            let headers = [(&b"X-Forwarded-Host"[..], &b"b"[..])].into_iter();
            let mut all: Vec<String> = Vec::new();
            for rules in rules.of_any_action() {
                let text = b"/a".to_vec();
                let keys = rules.keys_of_get(&request, &headers, text);
                let keys = keys.unwrap().into_iter();
                all.extend(keys.map(|key| String::from_utf8(key).unwrap()));
            }
            all.sort();
            all.dedup();
            all
        };
        let mut gzip = Encodings::none();
        gzip.add(b"gzip");
        let mut rules = KeyRules {
            pattern: PatternTraits::of(b"%{req.host}"),
            encodings: gzip,
            ..KeyRules::default()
        };
        let ends = ["", "#accept-encoding=gzip", "#accept-encoding=identity"];
        let all = |starts: &[&str], ends: &[&str]| {
            let mut all: Vec<String> = Vec::new();
            for start in starts {
                all.extend(ends.iter().map(|end| format!("/a{start}{end}")));
            }
            all.sort();
            all
        };
        assert_eq!(names(&rules), all(&["", "#port=80"], &ends));
        rules.guard = true;
        let guarded = "#x-forwarded-host=b";
        let starts = ["", "#port=80", guarded, "#port=80#x-forwarded-host=b"];
        assert_eq!(names(&rules), all(&starts, &ends));
        rules.vary.add(b"accept");
        assert_eq!(names(&rules), all(&starts, &["#accept"]));
    }

    #[test]
    fn paths_that_were_changed() {
        let (path, raw_path) = ("%{req.path}", "%{req.raw_path}");
        for (pattern, target, sent_on, now, expected) in [
            (path, "/a?x", "/a?x", "/a", false),
            (path, "/%61", "/%61", "/a", false),
            (path, "/", "/", "/index.html", true),
            (path, "/a", "/i", "/i", true),
            // It has a part that tells the target.
            (path, "//", "//", "/index.html", false),
            (raw_path, "/", "/", "/index.html", false),
            (raw_path, "/a", "/i?a", "/i", true),
            ("%{req.path}%{req.raw_path}", "/", "/", "/index.html", false),
            ("%1", "/a", "/i", "/i", false),
            ("a key", "/a", "/i", "/i", false),
        ] {
            let rules = KeyRules {
                pattern: PatternTraits::of(pattern.as_bytes()),
                ..KeyRules::default()
            };
            let request = Request {
                raw: target.as_bytes(),
                target: target.as_bytes(),
                sent_on: sent_on.as_bytes(),
                path: now.as_bytes(),
                host: None,
                is_secure: false,
                listener_port: None,
            };
            let headers = std::iter::empty();
            let parts = rules.append_parts(&request, &headers, &mut Vec::new());
            let changed = parts.expect("it is no bypass").has_changed_path;
            assert_eq!(changed, expected, "{pattern} {target}");
        }
    }
}
