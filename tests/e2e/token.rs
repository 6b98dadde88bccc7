//! Servers that want to be told who asks.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;
use testkit::{Memcached, Site, check_config, eventually};

/// A folder with the users of a memcached, and with passwords.
struct Secrets(TempDir);

impl Secrets {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // memcached runs as somebody else if we are root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("our own");
        let secrets = Self(folder);
        secrets.write("users", "other:word\nuser:secret\n", 0o644);
        secrets.write("password", "secret\n", 0o600);
        secrets.write("wrong", "sesame\n", 0o600);
        secrets.write("open", "secret", 0o604);
        secrets
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.path(name), text).expect("a file");
        let mode = Permissions::from_mode(mode);
        fs::set_permissions(self.path(name), mode).expect("our own file");
    }

    fn options(&self, password: &str) -> String {
        let path = self.path(password);
        format!(
            r#""user" => "user", "password_file" => "{}", "retry_ms" => 100"#,
            path.display()
        )
    }
}

fn config(options: &str) -> String {
    let both = crate::options(&[options]);
    format!(
        r#"
memcached.cache ({both}, {{
	respond 200 => "page";
}});
header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
"#
    )
}

fn start(options: &str, cache: &Memcached) -> Site {
    Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config(options), &[("CACHE", cache)])
}

fn status(site: &Site, path: &str) -> String {
    let page = site.get(path);
    assert_eq!((page.status, page.text().as_str()), (200, "page"));
    page.header("X-Status").unwrap_or_default().to_owned()
}

#[test]
fn pages_are_kept_by_who_may() {
    let secrets = Secrets::new();
    let mut cache = Memcached::start_with_users(&secrets.path("users"));
    let site = start(&secrets.options("password"), &cache);
    status(&site, "/a");
    eventually("a hit", || status(&site, "/a") == "hit");
    // On each new connection.
    cache.restart();
    eventually("a hit again", || status(&site, "/a") == "hit");
    let log = site.stop();
    assert!(!log.contains("secret"), "{log}");
    assert!(!log.contains("can be read by everybody"), "{log}");
}

/// Pages come all the same, and the log says why they are not kept.
#[test]
fn a_wrong_password() {
    let secrets = Secrets::new();
    let cache = Memcached::start_with_users(&secrets.path("users"));
    for options in [&*secrets.options("wrong"), r#""retry_ms" => 100"#] {
        let site = start(options, &cache);
        let said = if options.contains("user") {
            "the server does not take \"user\" and password"
        } else {
            "CLIENT_ERROR unauthenticated"
        };
        eventually("it is said", || {
            assert_ne!(status(&site, "/a"), "hit");
            site.log().contains(said)
        });
        let log = site.stop();
        assert!(!log.contains("sesame"), "{log}");
    }
}

/// One that wants no token stores it as an item, which nobody looks up.
#[test]
fn a_server_without_users() {
    let secrets = Secrets::new();
    let cache = Memcached::start();
    let site = start(&secrets.options("open"), &cache);
    status(&site, "/a");
    eventually("a hit", || status(&site, "/a") == "hit");
    let log = site.stop();
    assert!(log.contains("can be read by everybody"), "{log}");
    assert!(!log.contains("user secret"), "{log}");
}

#[test]
fn what_is_no_token() {
    let secrets = Secrets::new();
    secrets.write("empty", "\n", 0o600);
    secrets.write("blank", "two words\n", 0o600);
    secrets.write("long", &"x".repeat(300), 0o600);
    let file = |name: &str| format!("\"{}\"", secrets.path(name).display());
    let password = file("password");
    for (options, expected) in [
        (
            r#""user" => "user""#.to_owned(),
            "option \"user\" needs \"password_file\" beside it",
        ),
        (
            format!("\"password_file\" => {password}"),
            "option \"password_file\" needs \"user\" beside it",
        ),
        (
            format!("\"user\" => \"a b\", \"password_file\" => {password}"),
            "the user has a blank",
        ),
        (
            format!("\"user\" => 1, \"password_file\" => {password}"),
            "option \"user\" must be none or a name, found a number",
        ),
        (
            r#""user" => "u", "password_file" => "password""#.to_owned(),
            "not an absolute path",
        ),
        (
            format!(
                "\"user\" => \"u\", \"password_file\" => {}",
                file("missing")
            ),
            "No such file",
        ),
        (
            format!("\"user\" => \"u\", \"password_file\" => {}", file("")),
            "not a file",
        ),
        (
            format!("\"user\" => \"u\", \"password_file\" => {}", file("empty")),
            "the password is empty",
        ),
        (
            format!("\"user\" => \"u\", \"password_file\" => {}", file("blank")),
            "the password has a blank",
        ),
        (
            format!("\"user\" => \"u\", \"password_file\" => {}", file("long")),
            "longer than 254 bytes",
        ),
    ] {
        let config = format!("memcached.lookup [{options}];");
        let checked = check_config(&config);
        let said = &checked.output;
        assert_eq!(checked.status, Some(1), "{options}: {said}");
        assert!(said.contains(expected), "{options}: {said}");
        assert!(!said.contains("two words"), "{said}");
    }
}
