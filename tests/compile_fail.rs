//! Safe code cannot break the host layer: what would is refused by the compiler.
//!
//! The library is one for the host to load and nothing that a test could use,
//! so each file in `compile_fail/` has the host layer as a module of its own. A line
//! there that ends in `//~ WORDS` must have an error with these words: its code,
//! since those stay the same from compiler to compiler, where it has one. No
//! other line may have an error. `right_use.rs` has none and compiles.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::host_layer_package;

/// A line of a file, and the words of an error there.
type Finding = (String, usize, String);

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let entries = fs::read_dir(folder).expect("our own folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        .collect();
    files.sort();
    files
}

fn stem(path: &Path) -> &str {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.expect("a name that is text")
}

/// A package that has each file as a program.
fn package(files: &[PathBuf]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
    let targets = files.iter().map(|file| {
        let (name, path) = (stem(file), file.display());
        format!("[[bin]]\nname = \"{name}\"\npath = \"{path}\"\n")
    });
    host_layer_package(&folder, &targets.collect::<String>());
    folder
}

/// Errors as the compiler prints them in short: `path:line:column: error...`.
fn errors(folder: &Path) -> Vec<Finding> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going"])
        .args(["--message-format", "short", "--color", "never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        // Where the declarations of `ffi/shim.h` are.
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let found: Vec<_> = text.lines().filter_map(parse).collect();
    assert!(!found.is_empty(), "nothing was refused:\n{text}");
    found
}

fn parse(line: &str) -> Option<Finding> {
    let (place, error) = line.split_once(": error")?;
    let mut place = place.rsplit(':').skip(1);
    let number = place.next()?.parse().ok()?;
    let file = stem(Path::new(place.next()?)).to_owned();
    Some((file, number, error.to_owned()))
}

fn expected(file: &Path) -> Vec<Finding> {
    let text = fs::read_to_string(file).expect("our own file");
    let lines = text.lines().enumerate();
    let marked = lines.filter_map(|(index, line)| Some((index + 1, line.split_once("//~ ")?.1)));
    marked
        .map(|(line, words)| (stem(file).to_owned(), line, words.to_owned()))
        .collect()
}

#[test]
fn what_would_break_the_host_layer_does_not_compile() {
    let files = files();
    let expected: Vec<_> = files.iter().flat_map(|file| expected(file)).collect();
    let found = errors(&package(&files));
    let is = |(file, line, words): &Finding, found: &Finding| {
        (file, line) == (&found.0, &found.1) && found.2.contains(words)
    };
    // Which would hide what is refused later.
    let refused: Vec<_> = found
        .iter()
        .filter(|(file, line, _)| !expected.iter().any(|(f, l, _)| (f, l) == (file, line)))
        .collect();
    assert!(
        refused.is_empty(),
        "these were not to be refused: {refused:#?}"
    );
    let compiled: Vec<_> = expected
        .iter()
        .filter(|expected| !found.iter().any(|found| is(expected, found)))
        .collect();
    assert!(compiled.is_empty(), "these were not refused: {compiled:#?}");
}
