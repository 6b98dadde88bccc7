//! The lines of the log are those that `docs/operations.md` lists.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use testkit::{Memcached, Site, check_config, eventually, project_root};

use super::{configuration, page};

/// What `format!` puts in stands apart, and so does what an error is made of.
fn fragments(literal: &str) -> Vec<String> {
    let mut text = String::new();
    let mut chars = literal.chars().peekable();
    let mut depth = 0;
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'\n') => {
                while chars.peek().is_some_and(|c| c.is_whitespace()) {
                    chars.next();
                }
            }
            '\\' => text.extend(chars.next()),
            '{' | '}' if chars.peek() == Some(&c) => text.extend(chars.next()),
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                text.push('\0');
            }
            _ if depth == 0 => text.push(c),
            _ => {}
        }
    }
    let long = |part: &&str| part.split_whitespace().count() >= 2;
    let parts = text
        .split('\0')
        .map(|part| part.trim_matches([' ', ':', ';', '"']));
    parts.filter(long).map(str::to_owned).collect()
}

/// The string literals of a piece of Rust.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((_, from)) = rest.split_once('"') {
        let mut end = 0;
        let bytes = from.as_bytes();
        while bytes.get(end).is_some_and(|&b| b != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        found.push(from[..end].to_owned());
        rest = from.get(end + 1..).unwrap_or_default();
    }
    found
}

/// All files below a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

/// The literals of the functions in which something is logged as a warning or an error.
fn logged() -> Vec<String> {
    let mut found = Vec::new();
    for path in files(&project_root().join("src"), "rs") {
        let code = fs::read_to_string(path).expect("our own source");
        // What tests are made of is not logged.
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for (at, _) in code
            .match_indices("Level::Error")
            .chain(code.match_indices("Level::Warning"))
            .chain(code.match_indices("trouble("))
        {
            let start = code[..at].rfind("fn ").unwrap_or(0);
            let length = code[at..].find("\n    }\n").or(code[at..].find("\n}\n"));
            found.extend(literals(&code[start..at + length.unwrap_or(0)]));
        }
    }
    found
}

/// The words of the errors of a file: of what is in `#[error(...)]`.
fn errors(name: &str) -> Vec<String> {
    let code = page(name);
    let all = code.split("#[error(").skip(1);
    all.filter_map(|rest| literals(rest).into_iter().next())
        .collect()
}

#[test]
fn every_line_is_listed() {
    let docs = page("docs/operations.md");
    let docs = docs.replace('\n', " ");
    let mut lines = logged();
    for file in [
        "core/src/server/error.rs",
        "core/src/namespace/counter.rs",
        "core/src/policy/not_stored.rs",
        "core/src/policy/bypass.rs",
        "core/src/stored/encode.rs",
        "core/src/stored/malformed.rs",
    ] {
        lines.extend(errors(file));
    }
    for path in files(&project_root().join("ffi"), "c") {
        let code = fs::read_to_string(path).expect("our own source");
        let own = literals(&code).into_iter();
        let own = own.filter(|line| line.starts_with("mod_memcached: "));
        // What `printf` puts in, and what follows, is shown by an example.
        lines.extend(own.map(|line| line.split('%').next().unwrap_or_default().to_owned()));
    }
    let protocol = errors("core/src/protocol/error.rs");
    assert!(lines.len() > 60 && protocol.len() > 8, "{}", lines.len());
    lines.extend(protocol);
    // They are part of a line that is listed, and what options expect is elsewhere.
    let others = [
        "none or the path of a file",
        "not an absolute path",
        "not a file",
        // Why a request has no answer: a figure and a response of a script.
        "server is down",
        "waiting to connect again",
        "too many requests queued",
        "cannot connect",
        "timed out",
        "connection lost",
        "shutting down",
        "its connection is over",
    ];
    let mut missing: Vec<_> = lines
        .iter()
        .flat_map(|line| fragments(line))
        .filter(|part| !others.contains(&part.as_str()) && !docs.contains(part.as_str()))
        .collect();
    missing.sort();
    missing.dedup();
    assert!(
        missing.is_empty(),
        "not in docs/operations.md: {missing:#?}"
    );
}

/// A listed line with these words in it, for a server.
fn line(words: &str, server: &str) -> String {
    let docs = page("docs/operations.md");
    let mut rows = docs.lines().filter_map(|row| row.strip_prefix("| `"));
    let row = rows.find(|row| row.contains(words));
    let row = row.unwrap_or_else(|| panic!("no row with {words:?}"));
    let text = row.split('`').next().unwrap_or_default();
    text.replace("ADDR", server).replace("...", "")
}

#[test]
fn lines_come_as_they_are_listed() {
    let mut cache = Memcached::reserve();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other_addr = other.local_addr().expect("an address").to_string();
    let greeter = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("a connection");
        let _ = stream.write_all(b"220 example.test\r\n");
        stream
    });
    let config = r#"
if req.path == "/missing" {
	memcached.lookup ["server" => "unix:$DIR/missing"];
	respond 200 => "page";
} else if req.path == "/other" {
	memcached.lookup ["server" => "$OTHER"];
	respond 200 => "page";
} else if req.path == "/no-handler" {
	memcached.store;
} else {
	memcached.lookup ["server" => "$CACHE", "retry_ms" => 50];
	if !req.is_handled { respond 200 => "page"; }
}
"#;
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", &cache), ("OTHER", &other_addr)];
    let site = Site::start(config, &names);
    let addr = cache.to_string();
    let path = site.dir().join("missing").display().to_string();

    site.get("/missing");
    site.await_log(&line("No such file or directory", &format!("unix:{path}")));
    site.get("/other");
    site.await_log(&line("protocol error", &other_addr));
    let mut client = site.connect();
    client.send_request("GET", "/no-handler", &[]);
    site.await_log(&line("no response to store", ""));

    site.get("/");
    site.await_log(&line("Connection refused", &addr));
    eventually("it counts as down", || {
        site.get("/");
        site.log()
            .contains(line("it counts as down now", "").trim_start_matches("..."))
    });
    cache.restart();
    let works = line("works again", &addr);
    let works = works.split_once("after").expect("a time").0;
    eventually("it works again", || {
        site.get("/");
        site.log().contains(works)
    });
    cache.suspend();
    let no_answer = line("no answer within", &addr);
    eventually("it does not answer", || {
        site.get("/");
        site.log().contains(&no_answer)
    });
    cache.resume();
    site.stop();
    drop(greeter.join());
}

/// The lines for the configuration that show debug lines.
#[test]
fn debug_lines_are_shown() {
    let config = configuration(&page("docs/operations.md"), "debug");
    let checked = check_config(&config);
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    let cache = Memcached::start();
    let action = r#"memcached.cache (["server" => "$CACHE"], { respond 404 => "none"; });"#;
    let setup = r#"setup { log [default => "stderr"]; }"#;
    let rest = config.rsplit_once("}\n").expect("a setup block").1;
    let site = Site::start(&format!("{setup}\n{rest}\n{action}"), &[("CACHE", &cache)]);
    site.request("GET", "/page", &[("Cookie", "login=bob")]);
    site.await_log("memcached.cache: not stored: bypass: cookie login");
    site.stop();
}
