//! What the library shows to the dynamic linker.

use std::path::PathBuf;

use object::{Object, ObjectSymbol};

/// The library that `cargo build` made.
fn library() -> Vec<u8> {
    let path = std::env::var_os("MOD_MEMCACHED_SO").map_or_else(
        || {
            let test = std::env::current_exe().expect("a test knows where it is");
            // Cargo does not build a cdylib for a test, so `make test` does.
            let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
            profile.join("libmod_memcached.so")
        },
        PathBuf::from,
    );
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo build` first", path.display()))
}

fn names(defined: bool) -> Vec<String> {
    let bytes = library();
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
    assert_eq!(names(true), ["mod_memcached_free", "mod_memcached_init"]);
}

/// What the library wants of the host.
fn wanted() -> Vec<String> {
    let wanted: Vec<_> = names(false)
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
    for name in wanted() {
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
    let bytes = library();
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
