//! Handles that safe code keeps for longer than what they point to: they do
//! nothing any more then, and nothing that is gone is touched.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Site, host_layer_package};

use crate::valgrind;

/// Builds the plugin in `hoard/plugin.rs`, with the host layer of the library.
fn hoarder() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/hoard/plugin.rs");
    let targets = format!(
        "[lib]\nname = \"mod_memcached\"\ncrate-type = [\"cdylib\"]\npath = \"{}\"\n",
        path.display()
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hoard");
    host_layer_package(&folder, &targets);
    let out = env!("OUT_DIR");
    let shim = Path::new(out).join("libmmc_shim.a");
    let built = shim.metadata().and_then(|shim| shim.modified());
    // Cargo does not look whether a library of C has changed.
    let version = format!("shim={:?}", format!("{:?}", built.expect("the C half")));
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--offline", "--color", "never", "--lib", "--"])
        .arg(format!("-Lnative={out}"))
        .args(["-lstatic=mmc_shim", "-Clink-arg=-Wl,-z,nodelete"])
        .args(["--cfg", &version])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("OUT_DIR", out)
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    folder.join("target/debug/libmod_memcached.so")
}

#[test]
fn what_is_kept_too_long_does_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = valgrind::wrapper(&report);
    let site = Site::builder()
        .plugin(&hoarder())
        .workers(2)
        .environment("G_SLICE", "always-malloc")
        .wrapper(&wrapper.iter().map(String::as_str).collect::<Vec<_>>())
        .start(
            r#"hoard.keep { header.add "X-Kept" => "1"; respond 200 => "page"; };"#,
            &[],
        );
    for _ in 0..8 {
        let response = site.get("/");
        assert_eq!((response.status, response.text().as_str()), (200, "page"));
    }
    let log = site.stop();
    assert!(log.contains("loaded already"), "{log}");
    assert!(log.contains("hoarded"), "{log}");
    assert!(!log.contains("panic"), "{log}");
    let errors = valgrind::errors_in(&report);
    // What nobody may free any more is lost, as it should be.
    let invalid: Vec<_> = errors
        .iter()
        .filter(|error| !error.contains("<kind>Leak_"))
        .collect();
    assert!(invalid.is_empty(), "{}", invalid[0]);
}
