//! What the documentation shows works as it is shown.

mod blocks;
mod log_lines;
mod readme;
mod recipes;

use std::fs;
use std::path::PathBuf;

use testkit::project_root;

/// A page, by its path from the project's folder.
fn page(name: &str) -> String {
    fs::read_to_string(project_root().join(name)).expect("our own documentation")
}

/// All pages with configurations.
fn pages() -> Vec<PathBuf> {
    let root = project_root();
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/recipes"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder of documentation") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|name| name == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The blocks of code whose first line begins with this word: what else stands there,
/// and the text.
fn blocks(text: &str, language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    // Every second part stands between fences.
    for block in text.split("```").skip(1).step_by(2) {
        let (line, body) = block.split_once('\n').unwrap_or((block, ""));
        if let Some(words) = line.strip_prefix(language) {
            found.push((words.trim().to_owned(), body.to_owned()));
        }
    }
    found
}

/// The configuration of this name.
fn configuration(text: &str, name: &str) -> String {
    let mut found = blocks(text, "lighttpd").into_iter();
    let block = found.find(|(own, _)| own == name);
    block.unwrap_or_else(|| panic!("{name} is not shown")).1
}

/// A configuration without its setup block, which a test makes itself.
fn without_setup(config: &str) -> &str {
    match config.split_once("setup {\n") {
        Some((_, rest)) => rest.split_once("\n}\n").expect("its end").1,
        None => config,
    }
}
