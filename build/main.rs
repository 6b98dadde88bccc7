//! Compiles the C shim. Rust's declarations of its one header are `src/host/shim.rs`; with
//! the feature `bindgen` they are made anew, which takes libclang.
//!
//! `LIGHTTPD2_INCLUDE_DIR=dir[:dir]` compiles it against lighttpd2's own
//! headers instead of the declarations in `include/`; Rust is the same in both.
//! No header of Lua is needed, see `ffi/lua/lua.h`.

#[cfg(feature = "bindgen")]
mod declarations;
mod host_headers;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=ffi");
    println!("cargo::rerun-if-changed=include");
    println!("cargo::rerun-if-env-changed=LIGHTTPD2_INCLUDE_DIR");

    let mut shim = cc::Build::new();
    for package in ["glib-2.0", "gmodule-2.0", "gthread-2.0"] {
        let found = pkg_config::Config::new()
            .cargo_metadata(false)
            .probe(package)
            .unwrap_or_else(|error| {
                panic!("the development files of {package} are missing: {error}")
            });
        for folder in &found.include_paths {
            system(&mut shim, folder);
        }
    }
    match env::var_os("LIGHTTPD2_INCLUDE_DIR").filter(|dirs| !dirs.is_empty()) {
        Some(dirs) => {
            let folders: Vec<_> = env::split_paths(&dirs).collect();
            host_headers::use_them(&mut shim, &folders);
        }
        None => {
            shim.include("include");
        }
    }
    for folder in ["ffi", "ffi/lua"] {
        shim.files(sources(Path::new(folder)));
    }
    let warnings = fs::read_to_string("ffi/warnings.args").expect("the list of warnings");
    shim.warnings(true)
        .warnings_into_errors(true)
        .flags(warnings.split_whitespace());
    // The host brings GLib, libev and its own functions along; nothing is
    // linked, and a function that is missing is reported by name at loading.
    shim.cargo_metadata(true)
        .flag("-fvisibility=hidden")
        .flag("-fno-strict-aliasing");
    shim.compile("mmc_shim");
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");

    #[cfg(feature = "bindgen")]
    {
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        fs::write(out.join("shim.rs"), declarations::of_shim()).expect("OUT_DIR can be written to");
    }
}

/// Headers of others are system headers, whose warnings are not ours.
fn system(shim: &mut cc::Build, folder: &Path) {
    shim.flag("-isystem").flag(folder);
}

/// All C of a folder but the probe, which is no part of the plugin.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("the folder is there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .filter(|path| !path.ends_with("abi_probe.c"))
        .collect();
    // In whatever order the system lists them, the library is the same.
    paths.sort();
    paths
}
