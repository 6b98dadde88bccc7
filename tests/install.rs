//! What `make install` does to a folder of modules.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use object::{Object, ObjectSection};
use testkit::{Host, plugin_library};

fn install(arguments: &[&str], environment: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/install"));
    for name in ["MODULE_DIR", "DESTDIR", "PREFIX", "LIGHTTPD2_WORKER"] {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .env("MOD_MEMCACHED_SO", plugin_library())
        .envs(environment.iter().copied())
        .output()
        .expect("the script runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Beside the C module, stripped, and tried by the server; its removal leaves that one.
#[test]
fn the_c_module_stays_and_comes_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let modules = folder.path().join("not/there/yet");
    let worker = Host::find().worker;
    let environment: [(&str, &Path); 2] = [("MODULE_DIR", &modules), ("LIGHTTPD2_WORKER", &worker)];
    let output = install(&[], &environment);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("takes it"), "{}", said(&output));
    let c_module = modules.join("libmod_memcached.so");
    fs::write(&c_module, "the C module").expect("a file");

    let installed = modules.join("mod_memcached.so");
    let bytes = fs::read(&installed).expect("the library");
    let file = object::File::parse(bytes.as_slice()).expect("an ELF file");
    assert!(file.section_by_name(".symtab").is_none(), "it is stripped");
    let debug = file.sections().find(|section| {
        let name = section.name().expect("a name");
        name.starts_with(".debug")
    });
    assert!(debug.is_none(), "it is stripped");

    let link = modules.join("mod_memcached");
    let target = fs::read_link(&link).expect("a link");
    assert_eq!(target, Path::new("mod_memcached.so"));

    let output = install(&["--remove"], &environment);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!installed.exists());
    assert!(fs::symlink_metadata(&link).is_err(), "the link is gone");
    assert_eq!(fs::read_to_string(&c_module).expect("it"), "the C module");
}

/// Which name comes first is up to the `GLib` that the server has. The other module here is a
/// library that loads but is none of lighttpd2's.
#[test]
fn the_plugin_is_loaded_instead_of_the_c_module() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let modules = folder.path().join("modules");
    let worker = Host::find().worker;
    let config = folder.path().join("lighttpd2.conf");
    let text = "setup { module_load \"mod_memcached\"; } memcached.status;";
    fs::write(&config, text).expect("a file");
    let is_taken = || {
        let mut command = Command::new(&worker);
        command.arg("-m").arg(&modules).arg("-t").arg("-c");
        command.arg(&config).output().expect("the server runs")
    };
    let environment: [(&str, &Path); 2] = [("MODULE_DIR", &modules), ("LIGHTTPD2_WORKER", &worker)];
    make_other_library(&modules);
    let output = is_taken();
    assert!(!output.status.success(), "the other one is loaded");
    let output = install(&[], &environment);
    assert!(output.status.success(), "{}", said(&output));
    let output = is_taken();
    assert!(output.status.success(), "{}", said(&output));
    assert!(install(&["--remove"], &environment).status.success());
    assert!(!is_taken().status.success(), "the other one is back");
}

/// Where the C module would be.
fn make_other_library(modules: &Path) {
    fs::create_dir(modules).expect("a folder");
    let source = modules.with_extension("c");
    fs::write(&source, "int nothing_of_lighttpd2;\n").expect("a file");
    let compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(modules.join("libmod_memcached.so"))
        .arg(&source)
        .status();
    assert!(compiler.expect("cc runs").success());
}

#[test]
fn packages_are_made_below_destdir() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let environment: [(&str, &Path); 2] = [
        ("MODULE_DIR", Path::new("/usr/lib/lighttpd2")),
        ("DESTDIR", folder.path()),
    ];
    let output = install(&[], &environment);
    assert!(output.status.success(), "{}", said(&output));
    let installed = folder.path().join("usr/lib/lighttpd2/mod_memcached.so");
    assert!(installed.exists());
    assert!(install(&["--remove"], &environment).status.success());
    assert!(!installed.exists());
}

/// The folder that a server of this prefix says it has.
#[test]
fn the_server_says_where_its_modules_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("sbin/lighttpd2-worker");
    let modules = folder.path().join("lib/modules of it");
    fs::create_dir(folder.path().join("sbin")).expect("a folder");
    let script = format!(
        "#!/bin/sh\necho '  -m, --module-dir=PATH   module directory [default: {}]'\n",
        modules.display()
    );
    fs::write(&program, script).expect("a file");
    let chmod = Command::new("chmod").arg("+x").arg(&program).status();
    assert!(chmod.expect("chmod runs").success());
    let output = install(&[], &[("PREFIX", folder.path())]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(modules.join("mod_memcached.so").exists());
}

#[test]
fn what_is_missing_is_said() {
    let nothing = Path::new("/nonexistent");
    let output = install(
        &[],
        &[("MOD_MEMCACHED_SO", nothing), ("MODULE_DIR", nothing)],
    );
    assert!(!output.status.success());
    assert!(
        said(&output).contains("Run make build first"),
        "{}",
        said(&output)
    );
    assert!(!nothing.exists());
}

/// Such as one whose libraries are where nobody looks for them.
#[test]
fn a_server_that_does_not_run_says_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let worker = folder.path().join("libexec/lighttpd2-worker");
    fs::create_dir(folder.path().join("libexec")).expect("a folder");
    let text = "#!/bin/sh\necho 'cannot open shared object file' >&2\nexit 127\n";
    fs::write(&worker, text).expect("a script");
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o755)).expect("its owner's");
    let output = install(&["--folder"], &[("PREFIX", folder.path())]);
    assert!(!output.status.success());
    for expected in [
        "does not run",
        "cannot open shared object file",
        "LD_LIBRARY_PATH",
    ] {
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
}
