//! Compiles the half that is C, as the plugin's is.

fn main() {
    println!("cargo::rerun-if-changed=src/planted.c");
    // As in the plugin; reports then name functions after the module's end too.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    cc::Build::new().file("src/planted.c").compile("planted");
}
