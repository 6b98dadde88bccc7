//! What the documentation shows works as it is shown.

mod blocks;
mod log_lines;
mod readme;
mod recipes;

use std::fs;
use std::path::PathBuf;

use testkit::project_root;

/// A page, by its path from the project's folder.
pub(crate) fn page(name: &str) -> String {
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

/// The blocks of code: the first line of each, which says language and name, and the text.
pub(crate) fn all_blocks(text: &str) -> Vec<(String, String)> {
    // Every second part stands between fences.
    let blocks = text.split("```").skip(1).step_by(2);
    let split = |block: &str| {
        let (line, body) = block.split_once('\n').expect("a block has lines");
        (line.to_owned(), body.to_owned())
    };
    blocks.map(split).collect()
}

/// The text of the block with this first line.
pub(crate) fn block(text: &str, line: &str) -> String {
    let found = all_blocks(text).into_iter().find(|(own, _)| own == line);
    found.unwrap_or_else(|| panic!("{line} is not shown")).1
}

/// The blocks of code whose first line begins with this word: what else stands there,
/// and the text.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<(String, String)> {
    let of_language = |(line, body): (String, String)| {
        let words = line.strip_prefix(language)?;
        Some((words.trim().to_owned(), body))
    };
    all_blocks(text)
        .into_iter()
        .filter_map(of_language)
        .collect()
}

/// The configuration of this name.
fn configuration(text: &str, name: &str) -> String {
    block(text, &format!("lighttpd {name}"))
}

/// A configuration without its setup block, which a test makes itself.
fn without_setup(config: &str) -> &str {
    match config.split_once("setup {\n") {
        Some((_, rest)) => rest.split_once("\n}\n").expect("its end").1,
        None => config,
    }
}
