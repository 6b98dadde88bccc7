//! Actions that speak to one place under different terms have nothing in common: what was said
//! in plain, or to another user, is no answer for who wants to know who says it.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use testkit::{Authority, Faulty, Memcached, Site, Years, eventually};

use super::Papers;

/// One port, behind which there are two servers: who begins with TLS gets one, all others get
/// the other. So does somebody who redirects connections.
struct TwoFaced(SocketAddr);

impl fmt::Display for TwoFaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TwoFaced {
    fn start(secured: SocketAddr, plain: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || serve(&stream, secured, plain));
            }
        });
        Self(addr)
    }
}

fn serve(stream: &TcpStream, secured: SocketAddr, plain: SocketAddr) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first)?;
    let server = TcpStream::connect(if first == [22] { secured } else { plain })?;
    thread::scope(|scope| {
        scope.spawn(|| pass(stream, &server));
        pass(&server, stream)
    })
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let passed = io::copy(&mut from, &mut to).map(drop);
    // Both may go away at any time.
    let _ = to.shutdown(std::net::Shutdown::Write);
    passed
}

/// Each path looks the key `k` up with options of its own, and forgets it at `PURGE`; what is
/// found is text.
fn config(paths: &[(&str, &str)]) -> String {
    let lookup = |(path, options): &(&str, &str)| {
        let both = crate::options(&[
            r#""key" => "k", "headers" => false, "timeout_ms" => 5000"#,
            options,
        ]);
        let near = both.replace(']', r#", "near_ms" => 60000]"#);
        format!(
            r#"
if req.path == "{path}" {{
	if req.method == "PURGE" {{ memcached.delete {both}; }}
	memcached.lookup ({near}, {{}}, {{ respond 200 => "missed"; }});
}}
"#
        )
    };
    let status = "header.overwrite \"X-Status\" => \"%{req.environment[MEMCACHED_STATUS]}\";";
    paths.iter().map(lookup).collect::<String>() + status
}

fn start(config: &str, server: &dyn fmt::Display) -> Site {
    Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(config, &[("CACHE", server)])
}

fn ask(site: &Site, path: &str) -> (String, String) {
    let page = site.get(path);
    let status = page.header("X-Status").unwrap_or_default().to_owned();
    (page.text(), status)
}

/// Asks until it is near.
fn bring_near(site: &Site, path: &str, text: &str) {
    eventually("it is near", || {
        let (found, status) = ask(site, path);
        assert!([text, "missed"].contains(&&*found), "{found}");
        status == "near"
    });
}

#[test]
fn what_was_said_in_plain() {
    let papers = Papers::new();
    let (secured, plain) = (papers.memcached(), Memcached::start());
    // It is never asked in plain, but by its owner.
    let server = TwoFaced::start(secured.addr(), plain.addr());
    let config = config(&[("/plain", ""), ("/secured", &papers.options(""))]);
    for (first, second) in [("/plain", "/secured"), ("/secured", "/plain")] {
        plain.set("k", 0, b"/plain");
        let site = start(&config, &server);
        secured.set("k", 0, b"/secured");
        bring_near(&site, first, first);
        let (found, status) = ask(&site, second);
        assert_eq!((&*found, &*status), (second, "hit"), "after {first}");
        bring_near(&site, second, second);
        bring_near(&site, first, first);
        site.stop();
    }
}

/// An item that is near for one is asked for by all others, and what they change is not near
/// any more.
#[test]
fn who_asks_under_other_terms_asks_anew() {
    let papers = Papers::new();
    papers.certify("client", &["client"], Years::Now);
    let write = |name: &str, text: &str| papers.folder.write(name, text);
    write("password", "word");
    write("other_password", "sesame");
    let other = Authority::new("other");
    let both = [papers.authority.certificate(), other.certificate()];
    write("both.pem", &both.concat());
    let cache = papers.memcached();
    let secured = |more: &[&str]| papers.options(&more.join(", "));
    let ca = |file: &str| {
        let ca = papers.option("tls_ca", file);
        format!("\"tls\" => true, \"connect_timeout_ms\" => 2000, {ca}")
    };
    let user = "\"user\" => \"u\"";
    let certificate = papers.option("tls_cert", "client.pem");
    let key = papers.option("tls_key", "client.key");
    let name = format!("\"tls_name\" => \"{}\"", super::HOST);
    let (password, other) = (
        papers.option("password_file", "password"),
        papers.option("password_file", "other_password"),
    );
    let paths = [
        ("/usual", secured(&[])),
        ("/others", ca("both.pem")),
        ("/name", secured(&[&name])),
        ("/certificate", secured(&[&certificate, &key])),
        ("/user", secured(&[user, &password])),
        ("/password", secured(&[user, &other])),
    ];
    let paths: Vec<_> = paths.iter().map(|(path, it)| (*path, &**it)).collect();
    let site = start(&config(&paths), &cache);
    for (at, (path, _)) in paths.iter().enumerate() {
        let text = format!("value {at}");
        cache.set("k", 0, text.as_bytes());
        let (found, _) = ask(&site, path);
        assert_eq!(found, text, "{path}");
        bring_near(&site, path, &text);
    }
    // Each has kept its own.
    for (at, (path, _)) in paths.iter().enumerate() {
        assert_eq!(ask(&site, path), (format!("value {at}"), "near".into()));
    }
    let purged = site.request("PURGE", paths[3].0, &[("Content-Length", "0")]);
    assert_eq!(purged.status, 204);
    for (path, _) in &paths {
        assert_eq!(ask(&site, path).0, "missed", "{path}");
    }
    site.stop();
}

/// Who is asked in plain does not answer; those who ask in TLS wait for nothing.
#[test]
fn lookups_are_not_joined() {
    let papers = Papers::new();
    let (secured, plain) = (papers.memcached(), Faulty::start());
    plain.behave(|peer| {
        // Read, but not answered.
        peer.request();
        peer.hang();
    });
    let addr = plain.to_string().parse().expect("an address");
    let server = TwoFaced::start(secured.addr(), addr);
    let config = config(&[("/plain", ""), ("/secured", &papers.options(""))]);
    let site = start(&config, &server);
    secured.set("k", 0, b"secured");
    let mut waiting = site.connect();
    waiting.send_request("GET", "/plain", &[]);
    plain.await_requests(1);
    assert_eq!(ask(&site, "/secured").0, "secured");
    let late = waiting.response("GET").expect("a response");
    assert_eq!(late.text(), "missed");
    site.stop();
}

/// What is looked up in plain and stored in TLS is two items, of which the one has nothing of
/// the other.
#[test]
fn a_page_is_stored_as_its_action_says() {
    let papers = Papers::new();
    let (secured, plain) = (papers.memcached(), Memcached::start());
    let server = TwoFaced::start(secured.addr(), plain.addr());
    for more in ["", r#""lock" => 10"#] {
        let whole = r#""key" => "k", "headers" => true"#;
        let looked_up = crate::options(&[whole, more]);
        let stored = crate::options(&[whole, more, &papers.options("")]);
        let config = format!(
            "memcached.lookup ({looked_up}, {{}}, {{ respond 200 => \"secret\"; memcached.store {stored}; }});"
        );
        let site = start(&config, &server);
        site.get("/");
        eventually("it is stored", || secured.get("k").is_some());
        let said = plain.get("k").map(|item| item.data).unwrap_or_default();
        assert!(said.is_empty(), "{}", said.escape_ascii());
        secured.delete("k");
        site.stop();
    }
}
