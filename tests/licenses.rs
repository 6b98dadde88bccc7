//! The licences that go along with the library are those of what is in it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

#[test]
fn every_crate_in_the_library_is_named() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let tree = String::from_utf8(output.stdout).expect("text");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // `NAME vVERSION`, and the path where it is our own.
    let crates: BTreeSet<String> = tree
        .lines()
        .filter(|line| !line.contains("(/"))
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            Some(format!("{name} {}", rest.split(' ').next()?))
        })
        .collect();
    assert!(crates.len() > 10, "{tree}");

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/licenses.txt");
    let text = fs::read_to_string(path).expect("the licences");
    let named: BTreeSet<&str> = text.lines().collect();
    let missing: Vec<_> = crates
        .iter()
        .filter(|name| !named.contains(name.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "{missing:?}: run `make licenses` after a change of what the plugin depends on"
    );
}
