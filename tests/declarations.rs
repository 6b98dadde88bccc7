//! `src/host/shim.rs`, which a build takes without libclang, is what bindgen makes of
//! `ffi/shim.h`.

#[path = "../build/declarations.rs"]
mod declarations;

#[test]
fn the_committed_declarations_are_those_of_the_header() {
    let made = declarations::of_shim();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/host/shim.rs");
    if std::env::var_os("WRITE_DECLARATIONS").is_some() {
        std::fs::write(path, &made).expect("our own file can be written to");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        made == committed,
        "ffi/shim.h has changed: run `make declarations`"
    );
}
