//! The tables of options in the documentation say what the plugin's own table
//! says, which is compiled into this test with another `options!`.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use memcached_core::policy::Policy;
use memcached_core::pool::{DEFAULT_PORT, DEFAULT_SPEC, DEFAULT_TIMEOUT};
use memcached_core::protocol::Ttl;
use testkit::{Authority, CertificateFolder, Years, check_config, project_root};

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

#[path = "../../src/plugin/options/table.rs"]
mod table;
mod written;
use table::{CACHE, DELETE, ROWS};

/// What a table of options begins with, on pages that explain some of them together.
const HEADING: &str = "| option | for | default | meaning |";

/// What is said of an option.
struct Documented {
    page: String,
    actions: String,
    default: String,
    meaning: String,
}

fn page(name: &str) -> String {
    fs::read_to_string(project_root().join(name)).expect("our own documentation")
}

fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(project_root().join("docs")).expect("a folder of documentation");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    docs.filter(|path| path.extension().is_some_and(|name| name == "md"))
        .collect()
}

/// The text between backquotes.
fn code(cell: &str) -> &str {
    let code = cell
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'));
    code.unwrap_or_else(|| panic!("{cell} should be between backquotes"))
}

/// The defaults of an option as the documentation shows them.
fn shown_default(row: &Row) -> String {
    let mut shown = format!("`{}`", row.default);
    for (action, others) in [("cache", CACHE), ("delete", DELETE)] {
        if let Some(default) = other_default(others, row.name) {
            write!(shown, "; {action}: `{default}`").expect("a string takes it");
        }
    }
    shown
}

/// All rows of all tables of options: the name, and what is said.
fn rows_of_tables() -> Vec<(String, Documented)> {
    let mut found = Vec::new();
    for path in pages() {
        let page = path.display().to_string();
        let text = fs::read_to_string(&path).expect("our own documentation");
        let tables = text.split(HEADING).skip(1);
        let rows = tables.flat_map(|table| {
            let lines = table.lines().skip(2);
            lines.take_while(|line| line.starts_with('|'))
        });
        for row in rows {
            let mut cells = row.trim_matches('|').splitn(4, '|').map(str::trim);
            let mut next = || cells.next().unwrap_or_else(|| panic!("{page}: {row}"));
            let name = code(next()).to_owned();
            let documented = Documented {
                page: page.clone(),
                actions: next().into(),
                default: next().into(),
                meaning: next().into(),
            };
            found.push((name, documented));
        }
    }
    found
}

#[test]
fn tables_of_options_are_true() {
    for (name, told) in rows_of_tables() {
        let row = ROWS.iter().find(|row| row.name == name);
        let page = &told.page;
        let row = row.unwrap_or_else(|| panic!("there is no option {name}, as {page} says"));
        assert_eq!(
            told.default,
            shown_default(row),
            "default of {name} in {page}"
        );
        let actions = row.actions.join(", ");
        assert_eq!(told.actions, actions, "actions of {name} in {page}");
        let says_so = told.meaning.contains("`headers`");
        assert!(
            says_so || !row.needs_headers,
            "{page} should say that {name} needs `headers`"
        );
        assert!(!told.meaning.is_empty(), "meaning of {name} in {page}");
    }
}

/// A section of `docs/configuration.md`.
struct Section {
    value: String,
    default: String,
    actions: String,
    example: String,
    /// What is refused, and by which words.
    refused: (String, String),
    text: String,
}

impl Section {
    /// The section of an option.
    fn of(page: &str, name: &str) -> Self {
        let mut found = page.split("\n### ").skip(1);
        let heading = format!("{name}\n");
        let section = found.find_map(|section| section.strip_prefix(heading.as_str()));
        let section = section.unwrap_or_else(|| panic!("{name} has no section"));
        assert!(
            !found.any(|section| section.starts_with(&heading)),
            "{name} has two sections"
        );
        let section = section.split("\n## ").next().unwrap_or_default();
        let cell = |row: &str| {
            let start = format!("| {row} | ");
            let mut lines = section.lines().filter_map(|l| l.strip_prefix(&start));
            let line = lines.next().and_then(|line| line.strip_suffix(" |"));
            line.unwrap_or_else(|| panic!("{name} has no row {row}"))
                .to_owned()
        };
        let refused = cell("refused");
        let (value, line) = refused
            .split_once(": ")
            .unwrap_or_else(|| panic!("{name}: {refused}"));
        let rows = section.lines().filter(|line| !line.starts_with('|'));
        Self {
            value: cell("value"),
            default: cell("default"),
            actions: cell("for"),
            example: code(&cell("example")).into(),
            refused: (code(value).into(), code(line).into()),
            text: rows.collect::<Vec<_>>().join("\n").trim().into(),
        }
    }
}

/// Whether `memcached.cache` uses it.
fn is_for_cache(row: &Row) -> bool {
    row.actions.iter().any(|action| *action != "delete")
}

#[test]
fn each_option_has_a_section() {
    let page = page("docs/configuration.md");
    for row in ROWS {
        let name = row.name;
        let section = Section::of(&page, name);
        assert!(!section.value.is_empty(), "value of {name}");
        assert!(!section.text.is_empty(), "text of {name}");
        assert_eq!(section.default, shown_default(row), "default of {name}");
        let mut actions = row.actions.join(", ");
        if is_for_cache(row) {
            actions.insert_str(0, "cache, ");
        }
        let told = section.actions.split_once("; ");
        let (told, needs) = told.unwrap_or((&section.actions, ""));
        assert_eq!(told, actions, "actions of {name}");
        assert_eq!(
            needs.starts_with("needs `headers`"),
            row.needs_headers,
            "whether {name} needs headers"
        );
    }
    for name in page.split("\n### ").skip(1) {
        let name = name.lines().next().unwrap_or_default();
        assert!(
            ROWS.iter().any(|row| row.name == name),
            "there is no option {name}"
        );
    }
}

/// A configuration with these options for an action.
fn configuration(action: &str, options: &str, needs_headers: bool) -> String {
    let headers = if needs_headers && !options.contains("\"headers\"") {
        ", \"headers\" => true"
    } else {
        ""
    };
    match action {
        "cache" => format!("memcached.cache ([{options}], {{ respond 200; }});\n"),
        "store" => format!("respond 200; memcached.store [{options}{headers}];\n"),
        _ => format!("memcached.{action} [{options}{headers}];\n"),
    }
}

#[test]
fn examples_are_accepted_and_errors_are_as_shown() {
    const SETUP: &str = "setup { memcached.pool \"pages\" => [\"server\" => \"127.0.0.1\"]; }\n";
    let page = page("docs/configuration.md");
    let password = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&password, "secret\n").expect("the file takes it");
    let path = password.path().display().to_string();
    let certificates = CertificateFolder::new();
    let authority = Authority::new("authority");
    let certified = authority.certify(&[], Years::Now);
    certificates.write("ca.pem", authority.certificate());
    certificates.write("web.pem", &certified.certificate);
    certificates.write_with("web.key", &certified.key, 0o600);
    let folder = certificates.folder().display().to_string();
    let own = |text: &str| {
        let text = text.replace("/etc/lighttpd2/memcached.password", &path);
        text.replace("/etc/lighttpd2", &folder)
    };
    let mut accepted = SETUP.to_owned();
    for row in ROWS {
        let section = Section::of(&page, row.name);
        let cache = is_for_cache(row).then_some(&"cache");
        for action in row.actions.iter().chain(cache) {
            let example = own(&section.example);
            accepted += &configuration(action, &example, row.needs_headers);
        }
        let action = cache.unwrap_or(&"delete");
        let (wrong, line) = &section.refused;
        let refused = check_config(&format!("{SETUP}{}", configuration(action, wrong, false)));
        assert_eq!(refused.status, Some(1), "{wrong}");
        let line = format!("memcached.{action}: {line}\n");
        assert!(
            refused.output.contains(&line),
            "{line} is not in {}",
            refused.output
        );
    }
    let checked = check_config(&accepted);
    assert_eq!(checked.status, Some(0), "{accepted}\n{}", checked.output);
    assert!(!checked.output.contains("(error)"), "{}", checked.output);
}

/// The overview leads to the section of each option, once.
#[test]
fn the_readme_names_each_option() {
    let readme = page("README.md");
    for row in ROWS {
        let link = format!("[`{0}`](docs/configuration.md#{0})", row.name);
        assert_eq!(readme.matches(&link).count(), 1, "{link}");
    }
    let links = readme.matches("](docs/configuration.md#").count();
    assert_eq!(links, ROWS.len(), "options that there are");
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
