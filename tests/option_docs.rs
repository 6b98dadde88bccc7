//! The tables of options in the documentation say what the plugin's own table
//! says, which is compiled into this test with another `options!`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use memcached_core::policy::Policy;
use memcached_core::pool::{DEFAULT_PORT, DEFAULT_SPEC, DEFAULT_TIMEOUT};
use memcached_core::protocol::Ttl;
use testkit::{check_config, project_root};

/// A row of the plugin's table.
struct Row {
    name: &'static str,
    /// As the configuration would give it.
    default: &'static str,
    actions: &'static [&'static str],
    /// Some or all values need `"headers" => true`.
    needs_headers: bool,
}

macro_rules! options {
    ($(
        $(#[$doc:meta])*
        $group:ident: $part:ident {
            $(
                $name:literal => $field:ident, $form:expr, $default:tt, [$($action:ident),+]
                $(, $needed:ident $(if $when:path)?)?;
            )+
        }
    )+) => {
        pub(super) const ROWS: &[super::Row] = &[
            $($(
                super::Row {
                    name: $name,
                    default: stringify!($default),
                    actions: &[$(stringify!($action)),+],
                    needs_headers: !concat!($(stringify!($needed))?).is_empty(),
                },
            )+)+
        ];
    };
}

macro_rules! cache_defaults {
    ($($name:literal => $default:tt;)+) => {
        /// Defaults of `memcached.cache` that are others.
        pub(super) const CACHE: &[(&str, &str)] = &[$(($name, stringify!($default))),+];
    };
}

macro_rules! delete_defaults {
    ($($name:literal => $default:tt;)+) => {
        /// Defaults of `memcached.delete` that are others.
        pub(super) const DELETE: &[(&str, &str)] = &[$(($name, stringify!($default))),+];
    };
}

#[path = "../src/plugin/options/table.rs"]
mod table;
use table::{CACHE, DELETE, ROWS};

/// What a table of the documentation begins with.
const HEADING: &str = "| option | for | default | meaning |";

/// A row of the documentation: actions, default and meaning.
struct Documented {
    page: String,
    actions: String,
    default: String,
    /// In `memcached.cache`, where it is another.
    cache_default: Option<String>,
    /// Likewise in `memcached.delete`.
    delete_default: Option<String>,
    meaning: String,
}

fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(project_root().join("docs")).expect("a folder of documentation");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<_> = docs
        .filter(|path| path.extension().is_some_and(|name| name == "md"))
        .collect();
    pages.push(project_root().join("README.md"));
    pages
}

/// The text between backquotes.
fn code(cell: &str) -> &str {
    let code = cell
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    code.unwrap_or_else(|| panic!("{cell} should be between backquotes"))
}

/// The default, and that of an action which follows it.
fn split_default<'c>(cell: &'c str, action: &str) -> (&'c str, Option<String>) {
    match cell.split_once(action) {
        Some((default, other)) => (default, Some(code(other).to_owned())),
        None => (cell, None),
    }
}

/// All rows of all tables of options, each of which has another name.
fn documented() -> BTreeMap<String, Documented> {
    let mut options = BTreeMap::new();
    for path in pages() {
        let page = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("our own documentation");
        let tables = text.split(HEADING).skip(1);
        let rows = tables.flat_map(|table| {
            let lines = table.lines().skip(2);
            lines.take_while(|line| line.starts_with('|'))
        });
        for row in rows {
            let cells: Vec<_> = row
                .trim_matches('|')
                .splitn(4, '|')
                .map(str::trim)
                .collect();
            let [name, actions, default, meaning] = cells[..] else {
                panic!("{page}: {row}");
            };
            let (default, delete_default) = split_default(default, "; delete: ");
            let (default, cache_default) = split_default(default, "; cache: ");
            let documented = Documented {
                page: page.clone(),
                actions: actions.into(),
                default: code(default).into(),
                cache_default,
                delete_default,
                meaning: meaning.into(),
            };
            if let Some(other) = options.insert(code(name).to_owned(), documented) {
                panic!("{name} is documented in {} and in {page}", other.page);
            }
        }
    }
    options
}

#[test]
fn each_option_is_documented_once_as_it_is() {
    let mut documented = documented();
    for row in ROWS {
        let name = row.name;
        let option = documented.remove(name);
        let option = option.unwrap_or_else(|| panic!("{name} is documented nowhere"));
        let page = &option.page;
        assert_eq!(option.default, row.default, "default of {name} in {page}");
        assert_eq!(
            option.cache_default.as_deref(),
            other_default(CACHE, name),
            "default of {name} for memcached.cache in {page}"
        );
        assert_eq!(
            option.delete_default.as_deref(),
            other_default(DELETE, name),
            "default of {name} for memcached.delete in {page}"
        );
        assert_eq!(
            option.actions,
            row.actions.join(", "),
            "actions of {name} in {page}"
        );
        let says_so = option.meaning.contains("`headers`");
        assert!(
            says_so || !row.needs_headers,
            "{page} should say that {name} needs `headers`"
        );
        assert!(!option.meaning.is_empty(), "meaning of {name} in {page}");
    }
    let unknown: Vec<_> = documented.keys().collect();
    assert!(unknown.is_empty(), "there is no option {unknown:?}");
}

/// The default of an action, where it is another than the row's.
fn other_default(all: &'static [(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    let other = all.iter().find(|(known, _)| *known == name);
    other.map(|(_, default)| *default)
}

#[test]
fn other_defaults_are_of_options_and_differ() {
    for (name, default) in CACHE.iter().chain(DELETE) {
        assert_ne!(default_of(name), *default, "{name}");
    }
}

fn default_of(name: &str) -> &'static str {
    let row = ROWS.iter().find(|row| row.name == name);
    row.expect("an option of this name").default
}

/// Scripts, which have no options, connect as actions do that are given none, and
/// the core's own defaults are those of the table.
#[test]
fn the_core_has_the_same_defaults() {
    for (name, time) in [
        ("timeout_ms", DEFAULT_TIMEOUT),
        ("connect_timeout_ms", DEFAULT_SPEC.connect_timeout),
        ("retry_ms", DEFAULT_SPEC.retry),
    ] {
        assert_eq!(default_of(name), time.as_millis().to_string(), "{name}");
    }
    let port = format!(":{DEFAULT_PORT}\"");
    assert!(default_of("server").ends_with(&port), "{port}");
    let policy = Policy::default();
    assert_eq!(default_of("maxsize"), policy.maxsize.to_string());
    let ttl = default_of("ttl").parse().expect("seconds");
    assert_eq!(policy.lifetimes.default, Ttl::from_secs(ttl));
    let statuses = format!("{:?}", policy.statuses);
    assert_eq!(default_of("status"), statuses);
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
fn an_unknown_option_is_answered_with_all_names() {
    let names: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    let told = format!("unknown option \"x\", expected one of {}", names.join(", "));
    let output = check_config("memcached.lookup [\"x\" => 1];").output;
    assert!(output.contains(&told), "{output}");
}
