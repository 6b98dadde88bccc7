//! The facts of `ffi/abi.def`: as different headers have them, that they are
//! used, and their order.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the probe prints when it is compiled with these headers.
fn probe(includes: &[PathBuf], defines: &[&str]) -> String {
    let lua = std::env::var("LUA_PKG").unwrap_or_else(|_| "lua5.1".into());
    let packages = Command::new("pkg-config")
        .args(["--cflags", "glib-2.0", "gmodule-2.0", "gthread-2.0", &lua])
        .output()
        .expect("pkg-config runs");
    let flags = String::from_utf8(packages.stdout).expect("flags are text");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("probe");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
    let output = Command::new(compiler)
        .arg("-w")
        .args(defines)
        .args(includes.iter().map(|dir| format!("-I{}", dir.display())))
        .args(flags.split_whitespace())
        .arg(root().join("ffi/abi_probe.c"))
        .arg("-o")
        .arg(&program)
        .output()
        .expect("a C compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let printed = Command::new(program).output().expect("the probe runs");
    String::from_utf8(printed.stdout).expect("the probe prints text")
}

fn ours() -> String {
    probe(&[root().join("include"), root().join("ffi")], &[])
}

/// Says what differs, line by line.
fn assert_same(ours: &str, theirs: &str) {
    let differing: Vec<_> = ours
        .lines()
        .zip(theirs.lines())
        .filter(|(ours, theirs)| ours != theirs)
        .collect();
    assert!(differing.is_empty(), "(ours, theirs): {differing:#?}");
    assert_eq!(ours.lines().count(), theirs.lines().count());
}

/// The lines of `ffi/abi.def` that state a fact.
fn facts() -> Vec<String> {
    let kinds = ["SIZE(", "OFFSET(", "NUMBER(", "FUNCTION(", "CALLBACK("];
    let text = fs::read_to_string(root().join("ffi/abi.def")).expect("our own file");
    text.lines()
        .filter(|line| kinds.iter().any(|kind| line.starts_with(kind)))
        .map(str::to_owned)
        .collect()
}

/// The kind of a fact and what stands between its parentheses.
fn parts(fact: &str) -> (&str, Vec<&str>) {
    let (kind, rest) = fact.split_once('(').expect("a fact");
    let inner = rest.strip_suffix(')').expect("a fact");
    (kind, inner.split(", ").collect())
}

/// The words of all C files of a folder whose names begin so.
fn words(folder: &str, prefix: &str) -> HashSet<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of ours");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words = HashSet::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_file() && name.starts_with(prefix) && !name.starts_with("abi") {
            let text = fs::read_to_string(&path).expect("our own file");
            words.extend(text.split(|c| !is_name(c)).map(str::to_owned));
        }
    }
    words
}

/// The words of `ffi/` but for the list itself and what includes it.
fn used() -> HashSet<String> {
    let mut used = words("ffi", "");
    used.extend(words("ffi/lua", ""));
    used
}

/// A fact about what nobody uses is one that a new server may break in vain.
#[test]
fn every_fact_is_used() {
    // Initialised as a whole, without names of members.
    let whole = ["liChunkIter", "liPluginAction"];
    let used = used();
    for fact in facts() {
        let name = match parts(&fact) {
            ("OFFSET", parts) if whole.contains(&parts[0]) => continue,
            ("OFFSET", parts) => parts[1].rsplit('.').next().expect("a member").to_owned(),
            ("FUNCTION", parts) => parts[0].to_owned(),
            // Numbers may be used by Rust; types have no use of their own.
            _ => continue,
        };
        assert!(used.contains(&name), "nothing in ffi/ uses {fact}");
    }
}

#[test]
fn every_function_that_is_declared_is_used() {
    let used = used();
    let declared = words("include/lighttpd", "");
    let functions: Vec<_> = declared
        .iter()
        .filter(|word| word.starts_with("li_") && !used.contains(*word))
        .collect();
    assert!(functions.is_empty(), "nothing in ffi/ uses {functions:?}");
}

/// By struct, each with its size first and members by offset.
#[test]
fn facts_are_sorted() {
    let facts = facts();
    let structs: Vec<_> = facts
        .iter()
        .map(|fact| parts(fact))
        .filter(|(kind, _)| matches!(*kind, "SIZE" | "OFFSET"))
        .map(|(kind, parts)| {
            let number = parts[parts.len() - 1].parse().expect("a number");
            let offset = (kind == "OFFSET").then_some(number);
            (parts[0], offset)
        })
        .collect::<Vec<(&str, Option<usize>)>>();
    assert!(structs.is_sorted(), "{structs:#?}");
}

#[test]
fn our_headers_declare_every_fact() {
    let printed = ours();
    let facts = facts();
    assert_eq!(printed.lines().count(), facts.len());
    for (line, fact) in printed.lines().zip(facts) {
        assert!(!line.contains(" is not "), "{line}");
        let number = fact.rsplit([',', ' ']).next().expect("a last word");
        let number = number.trim_end_matches(')');
        let said = number.strip_prefix("0x").map(|hex| {
            i64::from_str_radix(hex, 16)
                .expect("hexadecimal")
                .to_string()
        });
        if !line.starts_with("function") && !line.starts_with("callback") {
            let said = said.as_deref().unwrap_or(number);
            assert_eq!(line.rsplit(' ').next(), Some(said), "{fact}");
        }
    }
}

/// With `LIGHTTPD2_INCLUDE_DIR`, as for the build.
#[test]
fn the_host_has_the_same_facts() {
    let Some(dirs) = std::env::var_os("LIGHTTPD2_INCLUDE_DIR").filter(|dirs| !dirs.is_empty())
    else {
        println!("LIGHTTPD2_INCLUDE_DIR is not set: no other headers to compare with");
        return;
    };
    let mut includes: Vec<_> = std::env::split_paths(&dirs).collect();
    includes.push(root().join("ffi"));
    assert_same(&ours(), &probe(&includes, &["-DHAVE_CONFIG_H"]));
}

/// A probe that could not see a difference would be worth nothing.
#[test]
fn a_difference_is_seen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let other = folder.path().join("lighttpd");
    fs::create_dir(&other).expect("a folder");
    for name in ["base.h", "core_lua.h", "pattern.h", "plugin_core.h"] {
        let text = fs::read_to_string(root().join("include/lighttpd").join(name))
            .expect("our own header")
            .replace("guint ndx;", "char more[8]; guint ndx;")
            .replace(
                "void li_job_later_ref(liJobRef *",
                "int li_job_later_ref(liJobRef *",
            );
        fs::write(other.join(name), text).expect("a file");
    }
    let theirs = probe(&[folder.path().into(), root().join("ffi")], &[]);
    let differing: Vec<_> = ours()
        .lines()
        .zip(theirs.lines())
        .filter(|(ours, theirs)| ours != theirs)
        .map(|(ours, _)| ours.to_owned())
        .collect();
    for wanted in ["size liWorker 1912", "offset liWorker.ndx 16"] {
        assert!(differing.iter().any(|line| line == wanted), "{differing:?}");
    }
    let function = "function li_job_later_ref is ";
    assert!(
        differing.iter().any(|line| line.starts_with(function)),
        "{differing:?}"
    );
}
