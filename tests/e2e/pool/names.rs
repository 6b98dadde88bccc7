//! Servers that are given as host names.

use std::fmt::Display;
use std::path::Path;
use std::process::Command;

use memcached_core::pool::Hash;
use testkit::{Site, SiteBuilder, eventually};

use super::Fleet;

/// A server whose host names are those in a file.
pub(crate) fn builder(folder: &Path, names: &str) -> SiteBuilder {
    let (library, file) = (folder.join("names.so"), folder.join("names"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/pool/names.c");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([library.as_os_str(), source.as_ref()])
        .status()
        .expect("a C compiler");
    assert!(status.success());
    std::fs::write(&file, names).expect("a file");
    Site::builder()
        .environment("LD_PRELOAD", &library.display().to_string())
        .environment("NAMES", &file.display().to_string())
}

/// The servers of a fleet by these names.
fn named(fleet: &Fleet, names: &[&str]) -> String {
    let servers = fleet.servers.iter().zip(names);
    let servers = servers.map(|(server, name)| format!("\"{name}:{}\"", server.addr().port()));
    format!("[{}]", servers.collect::<Vec<_>>().join(", "))
}

const CONFIG: &str = r#"
both = ["server" => $SERVERS, "retry_ms" => 20];
memcached.lookup (both, {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	respond 200 => "made";
	memcached.store both;
});
"#;

#[test]
fn names_are_looked_up_when_the_configuration_is_read() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1]);
    let servers = named(&fleet, &["one.example", "two.example"]);
    let folder = tempfile::tempdir().expect("a folder");
    let names = "one.example 127.0.0.1\ntwo.example 127.0.0.1\n";
    let site =
        builder(folder.path(), names).start(CONFIG, &[("SERVERS", &servers as &dyn Display)]);
    for number in 0..40 {
        let path = format!("/{number}");
        site.get(&path);
        site.get_hit(&path);
        assert_eq!(fleet.holders(&path).len(), 1, "{path}");
    }
    for server in &fleet.servers {
        assert!(server.stat("curr_items") > 0);
    }
    site.stop();
}

#[test]
fn a_name_that_is_not_known_yet_is_that_of_a_server_that_is_down() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1]);
    let servers = named(&fleet, &["one.example", "late.example"]);
    let folder = tempfile::tempdir().expect("a folder");
    let known = "one.example 127.0.0.1\n";
    let site =
        builder(folder.path(), known).start(CONFIG, &[("SERVERS", &servers as &dyn Display)]);
    let late = format!("late.example:{}", fleet.servers[1].addr().port());
    site.await_log(&format!(
        "option \"server\": \"{late}\" cannot be looked up, and counts as down"
    ));
    let paths: Vec<_> = (0..40).map(|number| format!("/{number}")).collect();
    for path in &paths {
        assert_eq!(site.get(path).cache(), "Miss");
    }
    eventually("the keys of the other are there", || {
        let hits = paths.iter().filter(|path| site.get(path).cache() == "Hit");
        hits.count() as u64 == fleet.servers[0].stat("curr_items")
    });
    assert!(fleet.servers[0].stat("curr_items") > 0);
    assert_eq!(fleet.servers[1].stat("curr_items"), 0);
    site.await_log(&format!(
        "memcached {late}: its name could not be looked up yet"
    ));
    // It comes to be known.
    let both = format!("{known}late.example 127.0.0.1\n");
    std::fs::write(folder.path().join("names"), both).expect("a file");
    for path in &paths {
        site.get_hit(path);
    }
    assert!(fleet.servers[1].stat("curr_items") > 0);
    site.stop();
}
