//! Who a server may be, and what the log says of others.

use std::process::Command;

use testkit::{Authority, Memcached, Years, project_root, self_signed};

use super::{HOST, Papers, fails, find, site, status};

/// By its IP address as by a name.
#[test]
fn the_right_ones() {
    let papers = Papers::new();
    papers.certify("address", &["127.0.0.1"], Years::Now);
    papers.certify("host", &[HOST], Years::Now);
    let named = format!("\"tls_name\" => \"{HOST}\"");
    for (certified, more) in [
        ("address", ""),
        ("host", &*named),
        ("server", ""),
        ("server", &named),
    ] {
        let cache = papers.memcached_as(certified, &[]);
        let site = site(&papers.options(more), &cache);
        find(&site, "/a");
        let log = site.stop();
        assert!(!log.contains("(error)"), "{certified} {more}: {log}");
    }
}

/// As the documentation makes them by OpenSSL.
#[test]
fn the_recipe() {
    let page = project_root().join("docs/fleet.md");
    let page = std::fs::read_to_string(page).expect("our own documentation");
    let (_, recipe) = page
        .split_once("    openssl req -x509 ")
        .expect("a recipe for an authority");
    let recipe: String = recipe
        .lines()
        .take_while(|line| !line.is_empty())
        .flat_map(|line| [line, "\n"])
        .collect();
    let recipe = format!("openssl req -x509 {recipe}").replace("192.0.2.7", "127.0.0.1");
    let papers = Papers::new();
    let made = Command::new("sh")
        .args(["-e", "-c", &recipe])
        .current_dir(papers.folder.folder())
        .output()
        .expect("a shell");
    assert!(made.status.success(), "{made:?}");
    // memcached runs as somebody else if we are root.
    papers.folder.open("server.key");
    let cache = papers.memcached();
    let named = format!("\"tls_name\" => \"{HOST}\"");
    for more in ["", &named] {
        let site = site(&papers.options(more), &cache);
        find(&site, "/a");
        site.stop();
    }
}

/// A host name that is looked up is what the certificate is for.
#[test]
fn a_host_name() {
    let papers = Papers::new();
    papers.certify("host", &["localhost"], Years::Now);
    let cache = papers.memcached_as("host", &[]);
    let name = format!("localhost:{}", cache.addr().port());
    let site = site(&papers.options(""), &name);
    find(&site, "/a");
    site.stop();
}

#[test]
fn the_wrong_ones() {
    let papers = Papers::new();
    papers.certify("expired", &["127.0.0.1"], Years::Past);
    papers.certify("early", &["127.0.0.1"], Years::Future);
    papers.certify("other", &["other.example.org", "127.0.0.2"], Years::Now);
    let strange = Authority::new("stranger").certify(&["127.0.0.1"], Years::Now);
    papers.folder.write("strange.pem", &strange.certificate);
    papers.folder.write("strange.key", &strange.key);
    for (certified, said) in [
        ("expired", "TLS: the server's certificate has expired, "),
        ("early", "TLS: the server's certificate is not valid yet"),
        (
            "other",
            "TLS: the server's certificate is not for 127.0.0.1; it is for ",
        ),
        (
            "strange",
            "TLS: the server's certificate is from an issuer that \"tls_ca\" does not have",
        ),
    ] {
        let cache = papers.memcached_as(certified, &[]);
        let log = fails(site(&papers.options(""), &cache), said);
        let line = format!("memcached {cache}: {said}");
        assert!(log.contains(&line), "{certified}: {log}");
        assert_eq!(cache.stat("curr_items"), 0, "{certified}");
    }
}

/// The certificate that the server shows is the one that is trusted.
#[test]
fn one_that_vouches_for_itself() {
    let papers = Papers::new();
    for as_authority in [false, true] {
        let alone = self_signed(&["127.0.0.1"], as_authority);
        papers.folder.write("alone.pem", &alone.certificate);
        papers.folder.write("alone.key", &alone.key);
        let cache = papers.memcached_as("alone", &[]);
        let ca = papers.option("tls_ca", "alone.pem");
        let site = site(
            &format!("\"tls\" => true, {ca}, \"connect_timeout_ms\" => 2000, \"retry_ms\" => 100"),
            &cache,
        );
        if as_authority {
            fails(site, "is that of an authority (CA:TRUE)");
        } else {
            find(&site, "/a");
            site.stop();
        }
    }
}

/// Servers that want to know who asks, in both versions: with 1.3 they say so when the
/// client has done its part already.
#[test]
fn a_client_that_has_to_say_who_it_is() {
    let papers = Papers::new();
    let known = papers.authority.certify(&["web.example.org"], Years::Now);
    papers.folder.write("web.pem", &known.certificate);
    papers.folder.write_with("web.key", &known.key, 0o600);
    let strange = Authority::new("stranger").certify(&["web.example.org"], Years::Now);
    papers.folder.write("strange.pem", &strange.certificate);
    papers.folder.write_with("strange.key", &strange.key, 0o600);
    let ca = papers.folder.path("ca.pem");
    let wanted = [
        "ssl_verify_mode=2".to_owned(),
        format!("ssl_ca_cert={}", ca.display()),
    ];
    let cache = papers.memcached_as("server", &wanted);
    let identity = |name: &str| {
        let certificate = papers.option("tls_cert", &format!("{name}.pem"));
        let key = papers.option("tls_key", &format!("{name}.key"));
        papers.options(&format!("{certificate}, {key}"))
    };
    let right = site(&identity("web"), &cache);
    find(&right, "/a");
    let log = right.stop();
    assert!(!log.contains("can be read by everybody"), "{log}");
    // Nor is any of its connections, though such a memcached takes no session again.
    assert!(!log.contains("TLS:"), "{log}");
    fails(
        site(&papers.options(""), &cache),
        "TLS: the server refuses the connection: it wants a certificate, see \"tls_cert\"",
    );
    fails(
        site(&identity("strange"), &cache),
        "TLS: the server refuses the connection: it does not know the issuer of our certificate",
    );
}

#[test]
fn a_plain_server_that_should_speak_tls() {
    let papers = Papers::new();
    let cache = Memcached::start();
    let log = fails(
        site(&papers.options(""), &cache),
        "TLS: the server does not speak TLS; is this its plain port?",
    );
    assert!(!log.contains("protocol error"), "{log}");
    assert_eq!(cache.stat("cmd_get") + cache.stat("cmd_set"), 0);
}

#[test]
fn a_server_with_tls_that_is_asked_in_plain() {
    let papers = Papers::new();
    let cache = papers.memcached();
    let site = site("\"retry_ms\" => 100", &cache);
    fails(site, "if it wants TLS, it needs \"tls\" => true");
    // Once it has answered, an end is nothing but an end.
    let mut plain = Memcached::start();
    let site = super::site("\"retry_ms\" => 100", &plain);
    find(&site, "/a");
    plain.kill();
    status(&site, "/a");
    let log = site.stop();
    assert!(!log.contains("TLS"), "{log}");
}
