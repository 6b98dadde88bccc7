//! Handles that safe code keeps for longer than what they point to: they do
//! nothing any more then, and nothing that is gone is touched.

use std::fmt::Display;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use testkit::{Backend, BackendRequest, Site, eventually, free_port, host_layer_package};

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
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    folder.join("target/debug/libmod_memcached.so")
}

/// Runs a site of that plugin under valgrind, and gives its log, after what was
/// invalid was looked for.
fn log_of(config: &str, names: &[(&str, &dyn Display)], visit: impl FnOnce(&Site)) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.xml");
    let wrapper = valgrind::wrapper(&report);
    let site = Site::builder()
        .plugin(&hoarder())
        .workers(2)
        .environment("G_SLICE", "always-malloc")
        .wrapper(&wrapper.iter().map(String::as_str).collect::<Vec<_>>())
        .start(config, names);
    visit(&site);
    let log = site.stop();
    assert!(log.contains("loaded already"), "{log}");
    assert!(!log.contains("panic"), "{log}");
    let errors = valgrind::errors_in(&report);
    // What nobody may free any more is lost, as it should be.
    let invalid: Vec<_> = errors
        .iter()
        .filter(|error| !error.contains("<kind>Leak_"))
        .collect();
    assert!(invalid.is_empty(), "{}", invalid[0]);
    log
}

#[test]
fn what_is_kept_too_long_does_nothing() {
    let page = r#"hoard.keep { header.add "X-Kept" => "1"; respond 200 => "page"; };"#;
    let log = log_of(page, &[], |site| {
        for _ in 0..8 {
            let response = site.get("/");
            assert_eq!((response.status, response.text().as_str()), (200, "page"));
        }
    });
    assert!(log.contains("hoarded"), "{log}");
}

/// What a backend was asked, in order.
type Asked = Arc<Mutex<Vec<BackendRequest>>>;

fn backend(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> (Backend, Asked) {
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let backend = Backend::start(move |request, stream| {
        seen.lock().expect("no panic").push(request.clone());
        answer(&request.target, stream);
    });
    (backend, asked)
}

/// Visitors have their page at once; the block runs for copies of their requests,
/// with all that these had, whether they wait or leave.
#[test]
fn copies_run_without_their_clients() {
    let (backend, asked) = backend(|target, stream| {
        let answer: &[u8] = match target {
            "/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "/closed" => b"",
            "/silent" => {
                // Until the other side closes.
                let _ = stream.read(&mut [0]);
                return;
            }
            "/large" => {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n"));
                drop(stream.write_all(&vec![b'x'; 4_000_000]));
                return;
            }
            _ => b"HTTP/1.1 201 OK\r\nContent-Length: 3\r\n\r\nabc",
        };
        drop(stream.write_all(answer));
    });
    let config = r#"
if req.path == "/dead" {
    hoard.copy { proxy "127.0.0.1:$DEAD"; };
} else if req.path == "/static" {
    docroot "$DIR/www";
    hoard.copy { static; };
} else if req.path == "/nothing" {
    hoard.copy { header.add "X-Nothing" => "1"; };
} else if req.path =~ "^/(captured)" {
    hoard.copy { proxy "$BACKEND"; };
} else {
    env.set "PAGE" => "%{req.path}";
    hoard.copy { req_header.add "X-Page" => "%{req.environment[PAGE]}"; proxy "$BACKEND"; };
}
respond 200 => "page";
"#;
    let dead = free_port();
    let names: [(&str, &dyn Display); 2] = [("BACKEND", &backend), ("DEAD", &dead)];
    let log = log_of(config, &names, |site| {
        std::fs::create_dir(site.dir().join("www")).expect("a folder");
        std::fs::write(site.dir().join("www/static"), "file").expect("a file");
        let cookie = [("Cookie", "a=b"), ("Range", "bytes=0-1")];
        for (path, end) in [
            ("/a%20b?c=d", "copy ended: 201, true"),
            ("/dead", "copy ended: 503, true"),
            ("/static", "copy ended: 200, true"),
            ("/nothing", "copy ended: 404, true"),
            ("/captured", "copy ended: 201, true"),
            ("/large", "copy ended: 200, true"),
            ("/closed", ", false"),
            ("/silent", "copy ended: 0, false"),
        ] {
            let ends = || site.log().matches(end).count();
            let before = ends();
            let response = site.request("GET", path, &cookie);
            assert_eq!((response.status, response.text().as_str()), (200, "page"));
            eventually(path, || ends() > before);
        }
        let response = site.request("POST", "/post", &[("Content-Length", "0")]);
        assert_eq!(response.text(), "page");
        site.await_log("no copy");
        for _ in 0..20 {
            let mut client = site.connect();
            client.send_request("GET", "/left", &[]);
            drop(client);
        }
        eventually("those who left", || {
            let asked = asked.lock().expect("no panic");
            asked
                .iter()
                .filter(|request| request.target == "/left")
                .count()
                == 20
        });
        // One is under way when the server stops.
        site.get("/silent");
        eventually("the last one", || {
            let asked = asked.lock().expect("no panic");
            asked.last().is_some_and(|last| last.target == "/silent")
        });
    });
    // Each of them ends once, the last ones because the server stops.
    assert_eq!(log.matches("copy ended").count(), 8 + 20 + 1, "{log}");
    let asked = asked.lock().expect("no panic");
    let first = &asked[0];
    assert_eq!(
        (first.method.as_str(), first.target.as_str()),
        ("GET", "/a%20b?c=d")
    );
    let has = |line: &str| first.headers.iter().any(|header| header == line);
    assert!(
        has("X-Copy: 1") && has("Cookie: a=b") && has("X-Page: /a b"),
        "{first:?}"
    );
    assert!(
        !first
            .headers
            .iter()
            .any(|header| header.starts_with("Range"))
    );
    let captured = asked.iter().find(|request| request.target == "/captured");
    let headers = &captured.expect("a request").headers;
    assert!(headers.iter().any(|header| header == "X-Copy: captures"));
}
