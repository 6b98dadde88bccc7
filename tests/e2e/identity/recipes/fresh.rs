//! Recipes for pages that are served while they are made anew.

use testkit::eventually_some;

use super::super::echo::Kind;
use super::super::{Echoing, ask, status};
use super::{pages, recipe};

/// Has a page made, and asks for it until it is out of date; what was said then.
fn once_out_of_date(config: &str, path: &str) -> String {
    let echoing = Echoing::configured(Kind::Proxy, config);
    assert_eq!(status(&echoing.own(&ask(path))), "miss", "{config}");
    echoing.settle();
    let said = eventually_some("it is out of date", || {
        let said = status(&echoing.own(&ask(path))).to_owned();
        (said != "hit").then_some(said)
    });
    echoing.site.stop();
    said
}

/// Old pages are served while a new one is made, unless that is switched off.
#[test]
fn fresh_pages() {
    for (name, path, expected) in [
        ("fresh", "/a", "stale"),
        ("fresh-lookup", "/a", "stale"),
        ("no-captures", "/shop/a", "stale"),
        ("not-fresh", "/a", "miss"),
    ] {
        let config = recipe(name)
            .replace(", \"ttl\" => 60", "")
            .replace("\"$CACHE\"", "\"$CACHE\", \"ttl\" => 1");
        assert_eq!(once_out_of_date(&config, path), expected, "{name}");
    }
}

/// In a condition with an expression the client waits for the backend, as the page
/// says.
#[test]
fn captures() {
    let text = pages();
    let (_, rest) = text.split_once("| in place of | write |").expect("a table");
    let rows = rest.lines().filter_map(|row| row.strip_prefix("| `"));
    let rows = rows.take_while(|row| row.starts_with("if "));
    let mut count = 0;
    for row in rows {
        let row = row.trim_end_matches("` |").replace("\\|", "|");
        let (wrong, right) = row.split_once("` | `").expect("two cells");
        for (condition, expected) in [(wrong, "miss: stale"), (right, "stale")] {
            let action =
                "memcached.cache ([\"server\" => \"$CACHE\", \"ttl\" => 1], { $BACKEND });";
            let config = format!("{condition} {action} }}");
            let said = once_out_of_date(&config, "/blog/a.html");
            assert_eq!(said, expected, "{condition}");
        }
        count += 1;
    }
    assert_eq!(count, 3);
}
