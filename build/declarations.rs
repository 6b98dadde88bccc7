//! How Rust's declarations are made of `ffi/shim.h`: by the build with the feature
//! `bindgen`, and by the test that compares them with `src/host/shim.rs`.

/// The declarations, formatted where there is a rustfmt.
pub(crate) fn of_shim() -> String {
    bindgen::Builder::default()
        .header("ffi/shim.h")
        .allowlist_item("(mmc|MMC)_.*")
        .prepend_enum_name(false)
        .derive_default(false)
        .layout_tests(false)
        .disable_header_comment()
        .raw_line("// Made of ffi/shim.h by `make declarations`.")
        .generate()
        .expect("ffi/shim.h is valid C")
        .to_string()
}
