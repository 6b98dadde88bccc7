//! The C half of the Lua API fits every version of Lua that servers have.

use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSymbol};

fn flags(package: &str) -> Vec<String> {
    let output = Command::new("pkg-config")
        .args([
            "--cflags",
            "glib-2.0",
            "gmodule-2.0",
            "gthread-2.0",
            package,
        ])
        .output()
        .expect("pkg-config runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let flags = String::from_utf8(output.stdout).expect("flags are text");
    flags
        .split_whitespace()
        .map(|flag| flag.replacen("-I", "-isystem", 1))
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of the Lua API");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let sources: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    assert!(!sources.is_empty(), "the Lua API has sources");
    sources
}

/// It compiles without a warning, and a server without Lua can load it.
#[test]
fn every_version_of_lua() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let warnings = format!("@{}", root.join("ffi/warnings.args").display());
    for package in ["lua5.1", "lua5.3", "lua5.4"] {
        for source in sources(&root.join("ffi/lua")) {
            let object = folder.path().join("object");
            let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
                .args(["-c", "-O1", "-fPIC", "-Werror", "-o"])
                .arg(&object)
                .arg(&source)
                .arg(&warnings)
                .args(["-I", &root.join("include").display().to_string()])
                .args(flags(package))
                .output()
                .expect("a C compiler runs");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{package}: {errors}");
            let bytes = std::fs::read(&object).expect("what was compiled");
            let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
            for symbol in file.symbols().filter(ObjectSymbol::is_undefined) {
                let name = symbol.name().expect("a name");
                let of_lua = name.starts_with("lua") || name.starts_with("li_lua");
                assert!(symbol.is_weak() || !of_lua, "{package}: {name} is required");
            }
        }
    }
}
