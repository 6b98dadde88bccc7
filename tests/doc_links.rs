//! Links in the documentation lead to what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use testkit::project_root;

/// All pages of the documentation.
fn pages() -> Vec<PathBuf> {
    let root = project_root();
    let in_folder = |folder: PathBuf| {
        let entries = fs::read_dir(folder).expect("a folder of documentation");
        entries.map(|entry| entry.expect("an entry").path())
    };
    let folders = ["docs", "docs/benchmarks", "docs/recipes"].map(|name| root.join(name));
    let existing = folders.into_iter().filter(|folder| folder.exists());
    let all = in_folder(root.to_path_buf()).chain(existing.flat_map(in_folder));
    all.filter(|path| path.extension().is_some_and(|name| name == "md"))
        .collect()
}

/// The lines outside of blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_block = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    })
}

/// What GitHub calls a heading in an address.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c })
        .collect::<String>()
        .to_lowercase()
}

fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).expect("our own documentation");
    let headings = prose(&text).filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// The targets of all links of a page. What stands between backquotes is no link.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text).collect::<Vec<_>>().join("\n");
    let plain: String = prose
        .split('`')
        .enumerate()
        .map(|(index, part)| if index % 2 == 0 { part } else { "x" })
        .collect();
    let targets = plain.split("](").skip(1);
    targets
        .map(|rest| rest.split(')').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("our own documentation");
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, part) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().expect("a folder").join(file)
            };
            let is_there = target.exists() && (part.is_empty() || anchors(&target).contains(part));
            if !is_there {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(count > 100, "{count} links");
    assert!(broken.is_empty(), "{broken:#?}");
}
