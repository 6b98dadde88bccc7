//! Whole keys: which requests share one, and what a visitor can make of it.

use super::naive::simplified;
use super::{KeyRules, Parts, PatternTraits, Request, Sharing};
use crate::policy::Bypass;

mod properties;

/// A request to a site on port 8080.
#[derive(Clone, Debug)]
struct Visit {
    raw: String,
    host: String,
    headers: Vec<(&'static str, String)>,
    /// The path, if something changed it.
    rewritten: Option<&'static str>,
}

fn visit(raw: &str) -> Visit {
    Visit {
        raw: raw.into(),
        host: "victim.test".into(),
        headers: Vec::new(),
        rewritten: None,
    }
}

impl Visit {
    fn host(mut self, host: &str) -> Self {
        self.host = host.into();
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn rewritten(mut self, path: &'static str) -> Self {
        self.rewritten = Some(path);
        self
    }

    fn path(&self) -> Vec<u8> {
        match self.rewritten {
            Some(path) => path.into(),
            None => simplified(self.raw.split('?').next().unwrap().as_bytes()),
        }
    }

    /// The name of its host as patterns have it.
    fn host_name(&self) -> String {
        let name = self.host.split(':').next().unwrap();
        name.trim_end_matches('.').to_ascii_lowercase()
    }

    /// What the pattern `%{req.host}%{req.path}` gives.
    fn text(&self) -> Vec<u8> {
        [self.host_name().as_bytes(), &self.path()].concat()
    }

    fn request<'a>(&'a self, path: &'a [u8]) -> Request<'a> {
        Request {
            raw: self.raw.as_bytes(),
            target: self.raw.as_bytes(),
            sent_on: self.rewritten.unwrap_or(&self.raw).as_bytes(),
            path,
            host: Some(self.host.as_bytes()),
            is_secure: false,
            listener_port: Some(8080),
        }
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    }

    fn append_parts(&self, rules: &KeyRules, mut key: Vec<u8>) -> (String, Result<Parts, Bypass>) {
        let parts = rules.append_parts(&self.request(&self.path()), &self.headers(), &mut key);
        (String::from_utf8_lossy(&key).into_owned(), parts)
    }

    fn keys_of_get(&self, rules: &KeyRules) -> Result<Vec<String>, Bypass> {
        let path = self.path();
        let keys = rules.keys_of_get(&self.request(&path), &self.headers(), self.text())?;
        Ok(keys
            .into_iter()
            .map(|key| String::from_utf8_lossy(&key).into_owned())
            .collect())
    }

    fn key(&self, rules: &KeyRules) -> String {
        let (key, parts) = self.append_parts(rules, self.text());
        parts.unwrap();
        key
    }
}

fn rules(pattern: &str) -> KeyRules {
    KeyRules {
        pattern: PatternTraits::of(pattern.as_bytes()),
        ..KeyRules::default()
    }
}

const PLAIN: &str = "%{req.host}%{req.path}";

#[test]
fn plain_requests_have_the_documented_key() {
    let rules = rules(PLAIN);
    for (visit, expected) in [
        (visit("/"), "victim.test/"),
        (visit("/a?b=c"), "victim.test/a"),
        (visit("/a").host("VICTIM.test:8080"), "victim.test/a"),
        (visit("/a").host("victim.test:80"), "victim.test/a"),
        (visit("/wiki/Talk%3AFoo"), "victim.test/wiki/Talk:Foo"),
        (visit("/a%20b%2Bc"), "victim.test/a b+c"),
        (visit("/%7Eu/%C3%A9"), "victim.test/~u/\u{e9}"),
        (visit("/a").header("X-Forwarded-Host", "x"), "victim.test/a"),
        (visit("/a").rewritten("/b"), "victim.test/b"),
    ] {
        assert_eq!(visit.key(&rules), expected);
    }
}

#[test]
fn other_requests_have_keys_of_their_own() {
    let mut rules = rules(PLAIN);
    rules.guard = true;
    assert!(rules.vary.add(b"accept-language"));
    for (visit, expected) in [
        (
            visit("/x/..?q=1"),
            "victim.test/#path=/x/..%3Fq=1#accept-language",
        ),
        (
            visit("/%23accept-language=de"),
            "victim.test/%23accept-language=de#text#path=/%2523accept-language=de#accept-language",
        ),
        (
            visit("/ne%zzws").host("victim.test.:1337"),
            "victim.test/news#path=/ne%25zzws#port=1337#dot#accept-language",
        ),
        (
            visit("/a")
                .header("Accept-Language", "de, en")
                .header("X-Original-URL", "/b"),
            "victim.test/a#x-original-url=/b#accept-language=de,en",
        ),
    ] {
        assert_eq!(visit.key(&rules), expected);
    }
}

#[test]
fn what_the_pattern_has_needs_no_part() {
    let odd = visit("/x/..").host("victim.test.:1337");
    for (pattern, parts) in [
        ("%{req.path}", "#path=/x/.."),
        ("%{req.raw_path}%{req.path}", ""),
        ("%1", "#path=/x/.."),
        ("%{req.query}", ""),
        ("%{req.host}", "#port=1337#dot"),
        ("%{req.host}%{req.header[Host]}", ""),
        ("%{req.header[Host]}%{req.path}", "#path=/x/.."),
        ("front", ""),
    ] {
        let (key, result) = odd.append_parts(&rules(pattern), b"KEY".to_vec());
        assert_eq!(key, format!("KEY{parts}"), "{pattern}");
        let has_foreign_port = parts.contains("port");
        assert_eq!(result.unwrap().has_foreign_port, has_foreign_port);
    }
}

#[test]
fn strict_sharing() {
    let mut rules = rules(PLAIN);
    rules.sharing = Sharing::Strict;
    assert!(rules.ports.add(443));
    for (visit, expected) in [
        (visit("/a").host("victim.test:443"), "victim.test/a"),
        (
            visit("/a").host("victim.test:8080"),
            "victim.test/a#port=8080",
        ),
        (visit("/%61%3A"), "victim.test/a:"),
        (
            visit("/blog/two?x").rewritten("/index.php"),
            "victim.test/index.php#path=/blog/two%3Fx",
        ),
    ] {
        assert_eq!(visit.key(&rules), expected);
    }
    // A pattern that took the path before it was changed names the page itself.
    let mut rules = self::rules("%{req.environment[PAGE]}");
    rules.sharing = Sharing::Strict;
    let visit = visit("/blog/two").rewritten("/index.php");
    assert_eq!(visit.key(&rules), "victim.test/index.php");
}

#[test]
fn requests_that_bypass() {
    let mut rules = rules(PLAIN);
    assert!(rules.vary.add(b"accept-encoding"));
    for (visit, expected) in [
        (visit("http://victim.test/a"), Bypass::AbsoluteForm),
        (visit("/a#b"), Bypass::Fragment),
        (
            visit("/a").header("Accept-Encoding", "br, identity;q=0"),
            Bypass::IdentityRefused,
        ),
        (
            visit("/a").header("Accept-Encoding", &"a,".repeat(5000)),
            Bypass::Vary,
        ),
    ] {
        let (_, result) = visit.append_parts(&rules, b"KEY".to_vec());
        assert_eq!(result, Err(expected));
    }
}

#[test]
fn what_else_is_found_out() {
    let mut rules = rules(PLAIN);
    assert!(rules.vary.add(b"accept-encoding"));
    let get = |rules: &KeyRules, visit: Visit| visit.append_parts(rules, Vec::new()).1.unwrap();
    let parts = get(&rules, visit("/a").header("Accept-Encoding", "br, zstd"));
    let accepted = parts.accepted.unwrap();
    assert_eq!(rules.encodings.header_value(accepted), b"zstd, br");

    let rewritten = || visit("/a?b").rewritten("/index.php");
    assert!(get(&rules, rewritten()).leaves_query_out);
    for visit in [
        visit("/a?b"),
        visit("/a").rewritten("/b"),
        visit("/a/../b?c"),
    ] {
        assert!(!get(&rules, visit).leaves_query_out);
    }
    for pattern in ["%{req.path}?%{req.query}", "%{req.raw_path}", "%1"] {
        assert!(!get(&self::rules(pattern), rewritten()).leaves_query_out);
    }
}

#[test]
fn keys_of_all_sets_of_codings() {
    let mut rules = rules(PLAIN);
    rules.guard = true;
    assert!(rules.vary.add(b"accept-language"));
    let post = visit("/a//b")
        .header("Accept-Encoding", "gzip, identity;q=0")
        .header("Accept-Language", "de")
        .header("X-HTTP-Method-Override", "PUT")
        .header("X_Method_Override", "PUT")
        .header("X-Host", "c");
    let parts = "#path=/a//b#x-host=c#accept-language=de";
    let plain = format!("victim.test/a/b{parts}");
    assert_eq!(post.keys_of_get(&rules), Ok(vec![plain.clone()]));

    assert!(rules.vary.add(b"accept-encoding"));
    let expected = [
        "identity",
        "zstd",
        "br",
        "zstd+br",
        "gzip",
        "zstd+gzip",
        "br+gzip",
        "zstd+br+gzip",
    ];
    let expected = expected.map(|set| format!("{plain}#accept-encoding={set}"));
    assert_eq!(post.keys_of_get(&rules).unwrap(), expected);

    let long = "a,".repeat(5000);
    let post = visit("/a").header("Accept-Encoding", &long);
    assert_eq!(post.keys_of_get(&rules).unwrap().len(), 8);
    let post = visit("/a").header("Accept-Language", &long);
    assert_eq!(post.keys_of_get(&rules), Err(Bypass::Vary));
    let post = visit("http://victim.test/a");
    assert_eq!(post.keys_of_get(&rules), Err(Bypass::AbsoluteForm));
}

#[test]
fn texts_with_a_hash_of_the_visitor() {
    for (pattern, text, expected) in [
        ("%{req.query}", "a", "a"),
        ("%{req.query}", "a%23", "a%23"),
        ("%{req.query}", "a#b%c", "a%23b%25c#text"),
        ("%{req.query}", "a#text", "a%23text#text"),
        ("%{req.query}#", "a#", "a#"),
        ("%{req.query}#", "a#b#", "a%23b%23#text"),
        (
            "%{req.query}#%{req.method}",
            "a%23b#text",
            "a%2523b%23text#text",
        ),
        ("%{req.query}#text", "a#text", "a#text"),
    ] {
        let (key, _) = visit("/").append_parts(&rules(pattern), text.into());
        assert_eq!(key, expected, "{pattern}");
    }
}
