//! Packages that have the host layer as a module of their own: the library
//! itself is nothing that a test could use.

use std::fs;
use std::path::Path;

use crate::paths::project_root;

/// Makes a package in a folder. It has the given targets, the dependencies of
/// the library that come from a registry, and the same versions of these.
pub fn host_layer_package(folder: &Path, targets: &str) {
    let root = project_root();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("our own manifest");
    let dependencies = manifest.split("\n[dependencies]\n").nth(1);
    let dependencies: Vec<_> = dependencies
        .expect("it has dependencies")
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("path = ") && !line.contains("workspace = "))
        .collect();
    let text = format!(
        "[package]\nname = \"host_layer\"\nedition = \"2024\"\n\n{targets}\n\
         [features]\ndeliberate-panic = []\nbindgen = []\n\n[workspace]\n\n[dependencies]\n{}\n",
        dependencies.join("\n")
    );
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("Cargo.toml"), text).expect("a manifest");
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
}
