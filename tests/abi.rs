//! The facts of `ffi/abi.def`: as different headers have them, that they are
//! used, and their order.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The flags for `GLib`.
fn glib() -> Vec<String> {
    let output = Command::new("pkg-config")
        .args(["--cflags", "glib-2.0", "gmodule-2.0", "gthread-2.0"])
        .output()
        .expect("pkg-config runs");
    let flags = String::from_utf8(output.stdout).expect("flags are text");
    flags.split_whitespace().map(str::to_owned).collect()
}

fn compiler() -> OsString {
    std::env::var_os("CC").unwrap_or_else(|| OsString::from("cc"))
}

/// What the probe says when it is compiled with these headers.
fn probe(compiler: &OsStr, includes: &[PathBuf], defines: &[&str]) -> String {
    let output = Command::new(compiler)
        .args(["-w", "-O1", "-S", "-o", "-"])
        .args(defines)
        .args(includes.iter().map(|dir| format!("-I{}", dir.display())))
        .args(glib())
        .arg(root().join("ffi/abi_probe.c"))
        .output()
        .expect("a C compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let assembler = String::from_utf8(output.stdout).expect("assembler is text");
    let facts = assembler
        .lines()
        .filter_map(|line| line.split_once("# fact: "));
    facts.map(|(_, fact)| fact).collect::<Vec<_>>().join("\n")
}

fn ours() -> String {
    probe(
        &compiler(),
        &[root().join("include"), root().join("ffi")],
        &[],
    )
}

/// The lines that differ, ours and theirs.
fn differences(ours: &str, theirs: &str) -> Vec<(String, String)> {
    let pairs = ours.lines().zip(theirs.lines());
    pairs
        .filter(|(ours, theirs)| ours != theirs)
        .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
        .collect()
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
        .map(|fact| (parts(fact), number(fact, false)))
        .filter(|((kind, _), _)| matches!(*kind, "SIZE" | "OFFSET"))
        .map(|((kind, parts), number)| (parts[0], (kind == "OFFSET").then_some(number)))
        .collect::<Vec<(&str, Option<i64>)>>();
    assert!(structs.is_sorted(), "{structs:#?}");
}

/// The number that a fact states on a machine, its only one, or its first or second; of a
/// type it says whether it is as stated.
fn number(fact: &str, arm64: bool) -> i64 {
    if fact.starts_with("FUNCTION") || fact.starts_with("CALLBACK") {
        return 1;
    }
    let inner = fact.strip_suffix(')').expect("a fact");
    let text = match inner.split_once("ON(") {
        Some((_, both)) => {
            let both = both.strip_suffix(')').expect("two numbers");
            let (x86_64, arm) = both.split_once(", ").expect("two numbers");
            if arm64 { arm } else { x86_64 }
        }
        None => inner.rsplit(", ").next().expect("a last word"),
    };

    match text.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).expect("hexadecimal"),
        None => text.parse().expect("decimal"),
    }
}

/// That this is what the facts of `ffi/abi.def` say.
fn assert_are_the_facts(said: &str, arm64: bool) {
    let facts = facts();
    assert_eq!(said.lines().count(), facts.len());
    for (line, fact) in said.lines().zip(facts) {
        let said = line.rsplit(' ').next().expect("a last word");
        assert_eq!(said, number(&fact, arm64).to_string(), "{fact}: {line}");
    }
}

#[test]
fn our_headers_declare_every_fact() {
    assert_are_the_facts(&ours(), cfg!(target_arch = "aarch64"));
}

/// With a compiler for arm64, where there is one.
#[test]
fn our_headers_declare_every_fact_on_arm64() {
    let compiler = OsStr::new("aarch64-linux-gnu-gcc");
    if Command::new(compiler).arg("--version").output().is_err() {
        println!("there is no compiler for arm64 (gcc-aarch64-linux-gnu)");
        return;
    }
    let includes = [root().join("include"), root().join("ffi")];
    assert_are_the_facts(&probe(compiler, &includes, &[]), true);
    // And what every build on arm64 asserts.
    let output = Command::new(compiler)
        .args(["-w", "-fsyntax-only"])
        .args(includes.iter().map(|dir| format!("-I{}", dir.display())))
        .args(glib())
        .arg(root().join("ffi/abi_check.c"))
        .output()
        .expect("a C compiler runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// With `LIGHTTPD2_INCLUDE_DIR`, as for the build: a server of the same age.
#[test]
fn the_host_has_the_same_facts() {
    let Some(dirs) = std::env::var_os("LIGHTTPD2_INCLUDE_DIR").filter(|dirs| !dirs.is_empty())
    else {
        println!("LIGHTTPD2_INCLUDE_DIR is not set: no other headers to compare with");
        return;
    };
    let mut includes: Vec<_> = std::env::split_paths(&dirs).collect();
    includes.push(root().join("ffi"));
    let theirs = probe(&compiler(), &includes, &["-DHAVE_CONFIG_H"]);
    assert_eq!(differences(&ours(), &theirs), []);
}

/// A probe that could not see a difference would be worth nothing.
#[test]
fn a_difference_is_seen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let other = folder.path().join("lighttpd");
    fs::create_dir(&other).expect("a folder");
    for name in ["base.h", "pattern.h", "plugin_core.h"] {
        let text = fs::read_to_string(root().join("include/lighttpd").join(name))
            .expect("our own header")
            .replace("guint ndx;", "char more[8]; guint ndx;")
            .replace(
                "void li_job_later_ref(liJobRef *",
                "int li_job_later_ref(liJobRef *",
            );
        fs::write(other.join(name), text).expect("a file");
    }
    let theirs = probe(
        &compiler(),
        &[folder.path().into(), root().join("ffi")],
        &[],
    );
    let differing = differences(&ours(), &theirs);
    for wanted in [
        "size liWorker ",
        "offset liWorker.ndx ",
        "function li_job_later_ref: ",
    ] {
        assert!(
            differing.iter().any(|(ours, _)| ours.starts_with(wanted)),
            "{differing:?}"
        );
    }
}
