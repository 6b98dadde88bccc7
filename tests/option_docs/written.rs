//! What can be written as options, and what is said to what cannot.

use testkit::check_config;

use super::table::{CACHE, DELETE, ROWS};
use super::{other_default, page};

/// The server itself drops the sign of a number.
#[test]
fn a_negative_number_counts_without_its_sign() {
    let page = page("docs/configuration.md");
    let told = "server drops the sign of a number: `-1` is 1";
    assert!(page.replace('\n', " ").contains(told));
    let checked = check_config("memcached.lookup [\"ttl\" => -1];");
    assert_eq!(checked.status, Some(0), "{}", checked.output);
}

/// One list with every option, which changes nothing and needs no `headers`.
#[test]
fn defaults_can_be_written_down() {
    let given: Vec<_> = ROWS
        .iter()
        .map(|row| format!("\"{}\" => {}", row.name, row.default))
        .collect();
    let list = given.join(", ");
    for action in ["memcached.lookup", "respond 200; memcached.store"] {
        let checked = check_config(&format!("{action} [{list}];"));
        assert_eq!(checked.status, Some(0), "[{list}]\n{}", checked.output);
    }
    for (defaults, action) in [
        (CACHE, "memcached.cache (LIST, { respond 200; });"),
        (DELETE, "memcached.delete LIST;"),
    ] {
        let given: Vec<_> = ROWS
            .iter()
            .map(|row| {
                let default = other_default(defaults, row.name).unwrap_or(row.default);
                format!("\"{}\" => {default}", row.name)
            })
            .collect();
        let config = action.replace("LIST", &format!("[{}]", given.join(", ")));
        let checked = check_config(&config);
        assert_eq!(checked.status, Some(0), "{config}\n{}", checked.output);
    }
}

#[test]
fn an_unknown_option_is_answered_with_the_nearest_name_or_all() {
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    for unlike in ["x", "nokey", "proxy_cache_valid", "zzzz", "\u{fffd}"] {
        let told = format!(
            "unknown option \"{}\", expected one of {}\n",
            unlike.as_bytes().escape_ascii(),
            names.join(", ")
        );
        let output = check_config(&format!("memcached.lookup [\"{unlike}\" => 1];")).output;
        assert!(output.contains(&told), "{output}");
    }
    for (like, meant) in [
        ("tttl", "ttl"),
        ("TTL", "ttl"),
        ("Key", "key"),
        ("keys", "key"),
        ("timeout", "timeout_ms"),
        ("max_size", "maxsize"),
        ("retry-ms", "retry_ms"),
        ("cookies", "bypass_cookies"),
        ("stale-while-revalidate", "stale_while_revalidate"),
        ("servers", "server"),
        ("status_code", "status"),
    ] {
        let told = format!("unknown option \"{like}\", did you mean \"{meant}\"?\n");
        let output = check_config(&format!("memcached.lookup [\"{like}\" => 1];")).output;
        assert!(output.contains(&told), "{output}");
    }
}
