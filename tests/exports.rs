//! What the library shows to the dynamic linker.

use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object, ObjectSymbol};
use testkit::{Host, plugin_library};

fn names(library: &Path, defined: bool) -> Vec<String> {
    let bytes =
        std::fs::read(library).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
    let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
    let mut names: Vec<String> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_undefined() != defined && symbol.is_global())
        .map(|symbol| symbol.name().expect("a name").to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn exports_are_the_two_entry_points() {
    assert_eq!(
        names(&plugin_library(), true),
        ["mod_memcached_free", "mod_memcached_init"]
    );
}

/// What the library wants of the host.
fn wanted() -> Vec<String> {
    let wanted: Vec<_> = names(&plugin_library(), false)
        .into_iter()
        .filter(|name| name.starts_with("li_"))
        .collect();
    assert!(!wanted.is_empty(), "the library uses the host");
    wanted
}

#[test]
fn the_types_of_all_that_is_wanted_are_facts() {
    let path = format!("{}/ffi/abi.def", env!("CARGO_MANIFEST_DIR"));
    let facts = std::fs::read_to_string(path).expect("our own list");
    // Of these nobody but `ffi/fits.c` knows, and it only asks whether they are there.
    let marks = [
        "li_connection_proxy_protocol_init",
        "li_lua_environment_restore",
    ];
    for name in wanted() {
        if marks.contains(&name.as_str()) {
            continue;
        }
        let fact = format!("FUNCTION({name}, ");
        assert!(
            facts.contains(&fact),
            "{name} has no FUNCTION in ffi/abi.def"
        );
    }
}

/// A host without Lua loads the library all the same.
#[test]
fn lua_is_not_needed() {
    let bytes = std::fs::read(plugin_library()).expect("the library");
    let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
    let mut weak = 0;
    for symbol in file.dynamic_symbols().filter(ObjectSymbol::is_undefined) {
        let name = symbol.name().expect("a name");
        if name.starts_with("lua") || name.starts_with("li_lua") {
            assert!(symbol.is_weak(), "{name} is wanted");
            weak += 1;
        }
    }
    assert!(weak > 0, "the library uses Lua");
}

/// A program and the libraries that it is linked with.
fn parts(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().expect("ldd runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let linked = text
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from);
    std::iter::once(program.to_path_buf())
        .chain(linked)
        .collect()
}

#[test]
fn the_host_has_all_that_is_wanted() {
    let host = Host::find();
    let has: Vec<String> = parts(&host.worker)
        .iter()
        .flat_map(|part| names(part, true))
        .collect();
    for name in wanted() {
        assert!(
            has.contains(&name),
            "{} does not have {name}",
            host.worker.display()
        );
    }
}
