//! For all requests: who shares an item.

use proptest::prelude::*;

use super::super::naive::PIECES;
use super::super::{KeyRules, PatternTraits};
use super::{PLAIN, Visit, rules, visit};

proptest! {
    /// Whatever codings a GET accepts, its key is among those of another request
    /// for the same.
    #[test]
    fn keys_of_get_has_that_of_each_get(
        visit in visits(), accepted in "((gzip|br|zstd|\\*|x)(;q=0)?, ?){0,4}",
    ) {
        let mut rules = rules(PLAIN);
        rules.guard = true;
        prop_assert!(rules.vary.add(b"x-a") && rules.vary.add(b"accept-encoding"));
        let keys = visit.keys_of_get(&rules).unwrap();
        let get = visit.header("Accept-Encoding", &accepted);
        if let (key, Ok(_)) = get.append_parts(&rules, get.text()) {
            prop_assert!(keys.contains(&key), "{} is not in {:?}", key, keys);
        }
    }

    /// Two requests share an item just if a backend has no way to tell them
    /// apart, as far as it should be able to.
    #[test]
    fn requests_that_differ_have_keys_that_differ(one in visits(), other in visits()) {
        let mut rules = rules(PLAIN);
        rules.guard = true;
        prop_assert!(rules.vary.add(b"x-a") && rules.vary.add(b"port"));
        let same = class(&one) == class(&other);
        prop_assert_eq!(one.key(&rules) == other.key(&rules), same);
    }

    /// Whatever a visitor writes into the text of a key, it is neither the text of
    /// another nor a part.
    #[test]
    fn parts_cannot_be_named(
        one in texts(), other in texts(), hosts in (hosts(), hosts()),
        pattern in prop_oneof![Just(("", 0)), Just(("#", 1)), Just(("##", 2))],
    ) {
        let (separators, hashes) = pattern;
        let rules = KeyRules {
            pattern: PatternTraits { host: true, hashes, ..PatternTraits::default() },
            guard: true,
            ..KeyRules::default()
        };
        // The pattern has a header on each side of its separators.
        let text = |(before, after): &(String, String)| format!("{before}{separators}{after}");
        let of = |both: &(String, String), host: &str| {
            let visit = visit("/").host(host);
            let text = visit.host_name() + &text(both);
            let (key, parts) = visit.append_parts(&rules, text.into_bytes());
            (key, parts.map(|parts| parts.has_foreign_port))
        };
        let same = text(&one) == text(&other) && host_class(&hosts.0) == host_class(&hosts.1);
        let (key, has_foreign_port) = of(&one, &hosts.0);
        prop_assert_eq!(key == of(&other, &hosts.1).0, same);
        prop_assert!(key.contains("#port=") || has_foreign_port == Ok(false));
    }
}

fn hosts() -> impl Strategy<Value = String> {
    "victim\\.test(\\.{0,2})(:(80|8080|8|1337))?|evil\\.test"
}

fn texts() -> impl Strategy<Value = (String, String)> {
    let text = || "(#|%23|%25|%|text|path|port|=|1337|8|dot|a){0,5}";
    (text(), text())
}

fn visits() -> impl Strategy<Value = Visit> {
    let name = prop_oneof![
        Just("x-a"),
        Just("X_A"),
        Just("port"),
        Just("x-host"),
        Just("X.Host"),
        Just("x-forwarded-host")
    ];
    let headers = proptest::collection::vec((name, "[1#=;]{0,2}"), 0..4);
    let query = prop_oneof![Just(""), Just("?"), Just("?q=what")];
    (PIECES, query, hosts(), headers).prop_map(|(path, query, host, headers)| Visit {
        raw: format!("/{path}{query}"),
        host,
        headers,
        rewritten: None,
    })
}

/// What a backend may answer by. Of lines with different names only the order of
/// those that it may take for one counts.
fn class(visit: &Visit) -> impl PartialEq {
    let path = visit.raw.split('?').next().unwrap();
    let is_ambiguous = super::super::spelling::is_ambiguous(path.as_bytes());
    let target = is_ambiguous.then(|| visit.raw.clone());
    let lines = |name: &'static str| -> Vec<String> {
        let lines = visit.headers.iter().filter(|(other, _)| *other == name);
        lines.map(|(_, value)| value.clone()).collect()
    };
    let names = ["x-a", "X_A", "port", "x-host", "X.Host", "x-forwarded-host"];
    let headers = names.map(lines);
    (visit.path(), target, host_class(&visit.host), headers)
}

/// The host as far as it matters to a site on port 8080.
fn host_class(host: &str) -> String {
    host.trim_end_matches(":8080")
        .trim_end_matches(":80")
        .into()
}
