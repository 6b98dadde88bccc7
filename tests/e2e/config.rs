//! What a configuration may say, and what it is told when it may not.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use testkit::{Host, Site, check_config, check_config_with};

#[test]
fn all_forms_of_arguments_are_accepted() {
    for line in [
        "memcached.lookup;",
        "memcached.lookup none;",
        "memcached.lookup [];",
        "memcached.lookup [\"key\" => \"x\"];",
        "memcached.lookup (\"key\" => \"x\");",
        "memcached.lookup ([\"key\" => \"x\"]);",
        "memcached.lookup ([\"key\" => \"x\"], { set_status 404; });",
        "memcached.lookup [\"key\" => \"x\"], { set_status 404; };",
        "memcached.lookup ([\"key\" => \"x\"], { set_status 404; }, { set_status 403; });",
        "memcached.lookup (none, none, none);",
        "memcached.lookup (none, { set_status 404; }, none);",
        "memcached.lookup ([], none, { set_status 404; });",
        "memcached.lookup [\"flags\" => 4294967295, \"ttl\" => 0, \"maxsize\" => 1, \"force\" => true];",
        "memcached.lookup [\"headers\" => false, \"methods\" => [\"GET\"]];",
        "memcached.lookup [\"timeout_ms\" => 1, \"connect_timeout_ms\" => 3600000, \"retry_ms\" => 5];",
        "memcached.lookup [\"server\" => \"127.0.0.1\"];",
        "memcached.lookup [\"server\" => \"[::1]:11211\"];",
        "memcached.lookup [\"server\" => \"unix:/tmp/memcached.socket\"];",
        "memcached.lookup [\"key\" => \"%{req.scheme}://%{req.host}%{req.path}?%{req.query}%1\"];",
        "memcached.lookup [\"key\" => \"\"];",
        "respond 200; memcached.store;",
        "respond 200; memcached.store none;",
        "respond 200; memcached.store [];",
        "respond 200; memcached.store [\"key\" => \"x\"];",
        "respond 200; memcached.store (\"key\" => \"x\", \"ttl\" => 5);",
        "respond 200; memcached.store ([\"key\" => \"x\"]);",
        "respond 200; memcached.store [\"maxsize\" => 1000000000000000000];",
        "respond 200; memcached.store [\"flags\" => 0];",
        "respond 200; memcached.store [\"headers\" => true, \"invalidate\" => 5];",
        "memcached.lookup [\"namespace\" => \"a.b-c_1\", \"soft\" => 0];",
        "memcached.delete;",
        "memcached.delete none;",
        "memcached.delete [\"key\" => none];",
        "memcached.delete [\"key\" => \"%{req.path}\", \"headers\" => false, \"ttl\" => 5];",
        "memcached.delete [\"soft\" => 2592000, \"vary\" => [\"accept-language\"]];",
        "memcached.delete [\"namespace\" => \"a\", \"timeout_ms\" => 5, \"methods\" => [\"POST\"]];",
        "memcached.delete [\"namespace\" => \"a\", \"key\" => none, \"soft\" => 5];",
    ] {
        let checked = check_config(line);
        assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
    }
}

/// Lines that are refused, with what the message must name.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "memcached.lookup 5;",
        &["memcached.lookup", "options", "number"],
    ),
    (
        "memcached.lookup \"x\";",
        &["memcached.lookup", "options", "string"],
    ),
    (
        "memcached.lookup true;",
        &["memcached.lookup", "options", "boolean"],
    ),
    (
        "memcached.lookup ([], none, none, none);",
        &["memcached.lookup", "4"],
    ),
    ("memcached.lookup ([], 5);", &["memcached.lookup", "action"]),
    (
        "memcached.lookup ([], none, \"x\");",
        &["memcached.lookup", "action"],
    ),
    (
        "memcached.lookup [\"nokey\" => 1];",
        &["memcached.lookup", "\"nokey\"", "unknown", "key"],
    ),
    (
        "memcached.lookup [\"Key\" => \"x\"];",
        &["memcached.lookup", "\"Key\"", "unknown"],
    ),
    (
        "memcached.lookup [default => \"x\"];",
        &["memcached.lookup", "default"],
    ),
    (
        "memcached.lookup [\"key\" => \"x\", \"key\" => \"y\"];",
        &["memcached.lookup", "\"key\"", "twice"],
    ),
    (
        "memcached.lookup [\"key\" => 5];",
        &["\"key\"", "string", "number"],
    ),
    (
        "memcached.lookup [\"key\" => \"%{req.nothing}\"];",
        &["\"key\"", "%{req.nothing}"],
    ),
    (
        "memcached.lookup [\"key\" => \"%{req.path\"];",
        &["\"key\"", "%{req.path"],
    ),
    (
        "memcached.lookup [\"server\" => \"example_org:11211\"];",
        &["\"server\"", "example_org:11211"],
    ),
    (
        "memcached.lookup [\"server\" => \"unix:\"];",
        &["\"server\"", "unix:"],
    ),
    ("memcached.lookup [\"server\" => \"\"];", &["\"server\""]),
    (
        "memcached.lookup [\"timeout_ms\" => 0];",
        &["\"timeout_ms\"", "1"],
    ),
    (
        "memcached.lookup [\"connect_timeout_ms\" => 3600001];",
        &["\"connect_timeout_ms\"", "3600000"],
    ),
    (
        "memcached.lookup [\"retry_ms\" => \"5\"];",
        &["\"retry_ms\"", "number"],
    ),
    (
        "memcached.lookup [\"methods\" => \"GET\"];",
        &["\"methods\"", "list"],
    ),
    ("memcached.lookup [\"methods\" => []];", &["\"methods\""]),
    (
        "memcached.lookup [\"methods\" => [\"get\"]];",
        &["\"methods\"", "get"],
    ),
    (
        "respond 200; memcached.store 5;",
        &["memcached.store", "number"],
    ),
    (
        "respond 200; memcached.store ([], []);",
        &["memcached.store", "2"],
    ),
    (
        "respond 200; memcached.store [\"flags\" => 4294967296];",
        &["memcached.store", "\"flags\"", "4294967295"],
    ),
    (
        "respond 200; memcached.store [\"flags\" => \"1\"];",
        &["\"flags\"", "number", "string"],
    ),
    (
        "respond 200; memcached.store [\"maxsize\" => 0];",
        &["\"maxsize\"", "1"],
    ),
    (
        "respond 200; memcached.store [\"ttl\" => true];",
        &["\"ttl\"", "number", "boolean"],
    ),
    (
        "respond 200; memcached.store [\"force\" => 1];",
        &["\"force\"", "true or false"],
    ),
    (
        "respond 200; memcached.store [\"invalidate\" => 0];",
        &["\"invalidate\"", "true, false or a number", "found 0"],
    ),
    (
        "respond 200; memcached.store [\"invalidate\" => 5];",
        &["\"invalidate\"", "headers"],
    ),
    (
        "memcached.lookup [\"namespace\" => \"a b\"];",
        &["\"namespace\"", "letters", "\"a b\""],
    ),
    (
        "memcached.lookup [\"namespace\" => true];",
        &["\"namespace\"", "none or a name", "boolean"],
    ),
    (
        "memcached.delete 5;",
        &["memcached.delete", "options", "number"],
    ),
    (
        "memcached.delete ([], none);",
        &["memcached.delete", "one list", "2 arguments"],
    ),
    (
        "memcached.delete [\"soft\" => 2592001];",
        &["memcached.delete", "\"soft\"", "2592000"],
    ),
    (
        "memcached.delete [\"soft\" => 5, \"headers\" => false];",
        &["memcached.delete", "\"soft\"", "headers"],
    ),
    (
        "memcached.delete [\"namespace\" => \"a\", \"soft\" => 5];",
        &["memcached.delete", "\"soft\"", "\"namespace\"", "\"key\""],
    ),
    (
        "memcached.delete [\"namespace\" => \"a\", \"ttl\" => 5];",
        &["memcached.delete", "\"ttl\"", "\"namespace\"", "\"key\""],
    ),
    (
        "respond 200; memcached.store [\"headers\" => 1];",
        &["\"headers\"", "true or false"],
    ),
];

#[test]
fn all_else_is_refused_by_name() {
    for (line, words) in REFUSED {
        let checked = check_config(line);
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{line}\n{output}");
        let ours: Vec<_> = output
            .lines()
            .filter(|text| text.contains("(error) memcached."))
            .collect();
        assert!(
            ours.iter()
                .any(|text| words.iter().all(|word| text.contains(word))),
            "{line} should be told of {words:?}:\n{output}"
        );
    }
}

/// Written apart, since lighttpd2 reads `-1` as 1.
#[test]
fn negative_numbers_are_refused() {
    for option in ["ttl", "flags", "maxsize", "timeout_ms"] {
        let line = format!("respond 200; memcached.store [\"{option}\" => - 1];");
        let checked = check_config(&line);
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{line}\n{output}");
        let named = format!("memcached.store: option \"{option}\" must be a number");
        assert!(output.contains(&named), "{line}\n{output}");
        assert!(output.contains("found -1"), "{line}\n{output}");
    }
}

/// The system has room for 107 bytes; a longer path is not cut.
#[test]
fn the_longest_path_of_a_unix_socket() {
    for (length, status) in [(107, 0), (108, 1)] {
        let path = format!("/{}", "s".repeat(length - 1));
        let line = format!("memcached.lookup [\"server\" => \"unix:{path}\"];");
        let checked = check_config(&line);
        let output = &checked.output;
        assert_eq!(checked.status, Some(status), "{length}\n{output}");
        let named = format!("cannot use address \"unix:{path}\"");
        assert_eq!(output.contains(&named), status == 1, "{output}");
        assert_eq!(
            output.contains("at most 107 bytes"),
            status == 1,
            "{output}"
        );
    }
}

/// What looks like the name of a host is answered with what to write instead.
#[test]
fn addresses_that_are_none() {
    for address in [
        "127.0.0.1:port",
        "127.0.0.1:11211x",
        "256.0.0.1",
        "0x7f000001",
        "cache_1.example.org",
        "cache.example.org:65536",
        "/run/memcached.sock",
        "unix:memcached.sock",
        "",
    ] {
        let line = format!("memcached.lookup [\"server\" => \"{address}\"];");
        let checked = check_config(&line);
        let output = &checked.output;
        assert_eq!(checked.status, Some(1), "{line}\n{output}");
        let refused =
            format!("option \"server\": cannot use address \"{address}\", expected IP:PORT");
        assert!(output.contains(&refused), "{line}\n{output}");
    }
}

/// The real server does not pretend, so this runs on the stand-in alone.
#[test]
fn a_server_that_does_not_fit_is_refused() {
    if Host::find().is_real() {
        println!("lighttpd2 itself fits: tested on the stand-in");
        return;
    }
    for (pretended, told) in [
        (
            "version",
            "the version of the module interface is 2, expected 1",
        ),
        ("off_t", "the size of off_t is 4, expected 8"),
        (
            "magic",
            "the magic number of the server is 313210062, expected 313210061",
        ),
    ] {
        let builder = Site::builder().environment("HOST_PRETENDS", pretended);
        let checked = check_config_with(&builder, "memcached.lookup;");
        let line = format!("mod_memcached: this server does not fit the plugin: {told}");
        assert_eq!(checked.status, Some(1), "{pretended}");
        assert!(checked.output.contains(&line), "{}", checked.output);
    }
}

/// What tells an older server is a function that it does not have; of the stand-in, a copy
/// calls it by another name.
#[test]
fn an_older_server_refuses_the_plugin() {
    let host = Host::find();
    if host.is_real() {
        println!("lighttpd2 itself fits: tested on the stand-in");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = std::fs::read(&host.worker).expect("the stand-in");
    for function in [
        "li_connection_proxy_protocol_init",
        "li_lua_environment_restore",
    ] {
        let mut older = program.clone();
        let mut renamed = 0;
        for at in 0..older.len() - function.len() {
            // A word of the table of names, which NUL surrounds.
            if older[at] == 0 && older[at + 1..].starts_with(format!("{function}\0").as_bytes()) {
                older[at + function.len()] ^= 1;
                renamed += 1;
            }
        }
        assert!(renamed > 0, "{function}");
        let path = folder.path().join(function);
        std::fs::write(&path, older).expect("a program");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its mode");
        let instead = format!("shift; exec '{}' \"$@\"", path.display());
        let builder = Site::builder().wrapper(&["sh", "-c", &instead, "sh"]);
        let checked = check_config_with(&builder, "memcached.lookup;");
        assert_eq!(checked.status, Some(1), "{}", checked.output);
        let line = "mod_memcached: this server does not fit the plugin: it is older than \
                    lighttpd2 of July 2025 (f692ec9)";
        assert!(checked.output.contains(line), "{}", checked.output);
    }
}
