//! What a configuration may say of the action.

use testkit::check_config;

const BLOCK: &str = "{ respond 200; }";

#[test]
fn accepted() {
    for arguments in [
        "(none, BLOCK)",
        "([], BLOCK)",
        "([\"key\" => \"x\"], BLOCK)",
        "[\"key\" => \"x\"], BLOCK",
        "none, BLOCK",
        "([\"key\" => none], BLOCK)",
        "(none, BLOCK, BLOCK)",
        "(none, BLOCK, none, BLOCK)",
        "(none, BLOCK, BLOCK, BLOCK)",
        "(none, BLOCK, none, none)",
        "([\"headers\" => true, \"vary\" => []], BLOCK)",
        "([\"ttl\" => 60], BLOCK)",
        "([\"ttl\" => [\"404\" => 5]], BLOCK)",
        "([\"max_ttl\" => none, \"bypass_cookies\" => [\"sid\"]], BLOCK)",
        // Bodies alone: what is for whole responses gives way.
        "([\"headers\" => false], BLOCK)",
        "([\"headers\" => false, \"vary\" => [], \"status\" => [200], \"ttl\" => 30], BLOCK)",
    ] {
        let line = format!("memcached.cache {arguments};").replace("BLOCK", BLOCK);
        let checked = check_config(&line);
        assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
    }
}

/// What is refused, and words of what is said of it.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "",
        &["(options, { backend }, { hit }, { miss })", "no block"],
    ),
    (" none", &["no block"]),
    (" []", &["no block"]),
    (" [\"key\" => \"x\"]", &["no block"]),
    (" ([\"key\" => \"x\"])", &["no block"]),
    (" 5", &["(options, { backend }", "found a number"]),
    (" \"x\"", &["found a string"]),
    (" BLOCK", &["(options, { backend }", "found an action"]),
    (" (BLOCK, BLOCK)", &["found an action", "first argument"]),
    (" (none, none)", &["no block"]),
    (" (none, none, BLOCK)", &["no block"]),
    (
        " (none, 5)",
        &["the backend's block must be an action block", "a number"],
    ),
    (
        " (none, BLOCK, 5)",
        &["the hit action must be an action block", "a number"],
    ),
    (
        " (none, BLOCK, BLOCK, \"x\")",
        &["the miss action must be", "a string"],
    ),
    (" (none, BLOCK, none, none, none)", &["5 arguments"]),
    (" ([\"nokey\" => 1], BLOCK)", &["unknown option \"nokey\""]),
    (
        " ([\"key\" => 5], BLOCK)",
        &["\"key\" must be a string", "a number"],
    ),
    (
        " ([\"key\" => \"%{req.nothing}\"], BLOCK)",
        &["\"key\"", "%{req.nothing}"],
    ),
    (" ([\"ttl\" => \"x\"], BLOCK)", &["\"ttl\"", "a string"]),
    (
        " ([\"key\" => \"a\", \"key\" => \"b\"], BLOCK)",
        &["\"key\" is given twice"],
    ),
    (
        " ([\"headers\" => false, \"vary\" => [], \"etag\" => true], BLOCK)",
        &["option \"etag\" needs \"headers\" => true"],
    ),
    (
        " ([\"headers\" => false, \"lock\" => 5], BLOCK)",
        &["option \"lock\" needs \"headers\" => true"],
    ),
    (
        " ([\"vary\" => [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\"]], BLOCK)",
        &["option \"vary\" has 9 names, at most 8"],
    ),
];

#[test]
fn refused() {
    for (arguments, words) in REFUSED {
        let line = format!("memcached.cache{arguments};").replace("BLOCK", BLOCK);
        let checked = check_config(&line);
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{line}\n{output}");
        let told = output.lines().any(|text| {
            text.contains("(error) memcached.cache: ")
                && words.iter().all(|word| text.contains(word))
        });
        assert!(told, "{line} should be told of {words:?}:\n{output}");
    }
}

/// The key that is not a pattern is no value for the others.
#[test]
fn the_url_is_no_key_of_lookup_and_store() {
    for action in ["memcached.lookup", "memcached.store"] {
        let checked = check_config(&format!("respond 200; {action} [\"key\" => none];"));
        let told = format!("{action}: option \"key\" must be a string, found none");
        assert_eq!(checked.status, Some(1), "{}", checked.output);
        assert!(checked.output.contains(&told), "{}", checked.output);
    }
}
