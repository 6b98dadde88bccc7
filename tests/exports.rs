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

#[test]
fn all_that_is_wanted_of_the_host_is_declared() {
    let headers = ["base.h", "pattern.h"].map(|name| {
        let path = format!("{}/include/lighttpd/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("our own header")
    });
    let wanted: Vec<String> = names(false)
        .into_iter()
        .filter(|name| name.starts_with("li_"))
        .collect();
    assert!(!wanted.is_empty(), "the library uses the host");
    for name in &wanted {
        let declared = headers
            .iter()
            .any(|text| text.contains(&format!("{name}(")));
        assert!(declared, "{name} is not declared in include/");
    }
}

#[test]
fn lua_is_not_needed() {
    let lua: Vec<String> = names(false)
        .into_iter()
        .filter(|name| name.starts_with("lua"))
        .collect();
    assert!(lua.is_empty(), "{lua:?}");
}
