//! Sanitizers see errors in either half of a module: else that they report none
//! of the plugin would say nothing. `make sanitize` runs this.

use std::env;
use std::fs;
use std::path::PathBuf;

use object::{Object, ObjectSymbol};
use testkit::{Checked, Site, check_config_with, plugin_library};

/// Loads the module of `tests/planted` and has it commit an error.
fn load(error: &str) -> Option<Checked> {
    let Some(module) = env::var_os("PLANTED_SO").map(PathBuf::from) else {
        println!("PLANTED_SO is not set: nothing runs with sanitizers");
        return None;
    };
    let mut builder = Site::builder()
        .plugin(&module)
        .environment("PLANTED", error);
    for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS"] {
        let options = env::var(name).expect("options as the other tests have them");
        // The last one counts.
        builder = builder.environment(name, &format!("{options}:log_path=stderr"));
    }
    Some(check_config_with(&builder, "respond 200 => \"\";"))
}

#[test]
fn planted_errors_are_seen() {
    for (error, report, place) in [
        ("use-after-free", "heap-use-after-free", "lib.rs"),
        ("overflow", "heap-buffer-overflow", "planted.c"),
        ("undefined", "signed integer overflow", "planted.c"),
        ("leak", "LeakSanitizer: detected memory leaks", "lib.rs"),
    ] {
        let Some(checked) = load(error) else { return };
        let output = &checked.output;
        assert_ne!(checked.status, Some(0), "{error}: {output}");
        assert!(output.contains(report), "{error}: {output}");
        assert!(output.contains(place), "{error}: {output}");
    }
}

#[test]
fn without_an_error_nothing_is_reported() {
    let Some(checked) = load("nothing") else {
        return;
    };
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    assert!(!checked.output.contains("Sanitizer"), "{}", checked.output);
}

/// What rustc and the C compiler instrument calls the sanitizers' runtimes.
#[test]
fn both_halves_of_the_plugin_are_watched() {
    if env::var_os("PLANTED_SO").is_none() {
        return;
    }
    let bytes = fs::read(plugin_library()).expect("the library");
    let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
    let wanted: Vec<_> = file
        .dynamic_symbols()
        .filter(ObjectSymbol::is_undefined)
        .filter_map(|symbol| symbol.name().ok())
        .collect();
    // The first is of LLVM alone, the second of UndefinedBehaviorSanitizer.
    for name in ["__asan_memcpy", "__ubsan_handle_type_mismatch_v1"] {
        assert!(wanted.contains(&name), "{name}");
    }
}
