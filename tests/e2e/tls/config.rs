//! What is refused when the configuration is read.

use testkit::{Authority, Site, Years, check_config, check_config_with};

use super::Papers;

#[test]
fn files_that_are_of_no_use() {
    let papers = Papers::new();
    papers.folder.write("empty.pem", "");
    papers.folder.write("long.pem", &"x".repeat((4 << 20) + 1));
    let other = Authority::new("other").certify(&["a"], Years::Now);
    papers.folder.write("other.key", &other.key);
    let ca = |file: &str| papers.option("tls_ca", file);
    let identity = |certificate: &str, key: &str| {
        let certificate = papers.option("tls_cert", certificate);
        let key = papers.option("tls_key", key);
        format!("{}, {certificate}, {key}", ca("ca.pem"))
    };
    let cases = [
        (
            ca("missing.pem"),
            "option \"tls_ca\": cannot use file \"",
            "No such file",
        ),
        (
            ca(""),
            "option \"tls_ca\": cannot use file \"",
            "not a file",
        ),
        (
            ca("long.pem"),
            "option \"tls_ca\": cannot use file \"",
            "longer than 4194304 bytes",
        ),
        (
            ca("empty.pem"),
            "option \"tls_ca\": cannot use file \"",
            "it has no certificate in PEM form",
        ),
        (
            ca("server.key"),
            "option \"tls_ca\": cannot use file \"",
            "it has no certificate in PEM form",
        ),
        (
            identity("server.key", "server.key"),
            "option \"tls_cert\": cannot use file \"",
            "it has no certificate in PEM form",
        ),
        (
            identity("server.pem", "server.pem"),
            "option \"tls_key\": cannot use file \"",
            "it has no key in PEM form",
        ),
        (
            identity("server.pem", "other.key"),
            "option \"tls_key\": cannot use file \"",
            "its key is not the one of the certificate",
        ),
    ];
    for (options, option, why) in cases {
        let checked = check_config(&format!("memcached.lookup [\"tls\" => true, {options}];"));
        let said = &checked.output;
        assert_eq!(checked.status, Some(1), "{options}: {said}");
        assert!(said.contains("memcached.lookup: "), "{options}: {said}");
        assert!(
            said.contains(option) && said.contains(why),
            "{options}: {said}"
        );
        assert!(
            said.contains(papers.folder.folder().to_str().expect("a path")),
            "{said}"
        );
    }
}

#[test]
fn options_that_do_not_go_together() {
    let papers = Papers::new();
    let ca = papers.option("tls_ca", "ca.pem");
    for (options, said) in [
        (
            ca.clone(),
            "option \"tls_ca\" needs \"tls\" => true beside it",
        ),
        (
            format!("\"tls\" => false, {ca}"),
            "option \"tls_ca\" needs \"tls\" => true beside it",
        ),
        (
            "\"tls_name\" => \"a\"".into(),
            "option \"tls_name\" needs \"tls\" => true beside it",
        ),
        (
            format!(
                "\"tls\" => true, {ca}, {}",
                papers.option("tls_cert", "server.pem")
            ),
            "option \"tls_cert\" needs \"tls_key\" beside it",
        ),
        (
            format!(
                "\"tls\" => true, {ca}, {}",
                papers.option("tls_key", "server.key")
            ),
            "option \"tls_key\" needs \"tls_cert\" beside it",
        ),
        (
            format!("\"tls\" => true, {ca}, \"server\" => \"unix:/tmp/a.sock\""),
            "no certificate can be for \"unix:/tmp/a.sock\"; \"tls_name\" says for which name it is",
        ),
        (
            format!("\"pool\" => \"tls\", {ca}"),
            "options \"pool\" and \"tls_ca\" exclude each other",
        ),
    ] {
        let pool = r#"memcached.pool "tls" => ["server" => "127.0.0.1"];"#;
        let config = format!("memcached.lookup [{options}];");
        let checked = check_config_with(&Site::builder().setup(pool), &config);
        assert_eq!(checked.status, Some(1), "{options}: {}", checked.output);
        assert!(
            checked.output.contains(said),
            "{options}: {}",
            checked.output
        );
    }
}

#[test]
fn a_key_that_everybody_can_read() {
    let papers = Papers::new();
    let certificate = papers.option("tls_cert", "server.pem");
    let key = papers.option("tls_key", "server.key");
    let options = papers.options(&format!("{certificate}, {key}"));
    let checked = check_config(&format!("memcached.lookup [{options}];"));
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    let warning = "of \"tls_key\" can be read by everybody";
    assert!(checked.output.contains(warning), "{}", checked.output);
}

/// The authorities of the system, or a line that says that it has none.
#[test]
fn authorities_of_the_system() {
    let config = r#"memcached.lookup ["tls" => true, "server" => "cache.example.invalid"];"#;
    let papers = Papers::new();
    let ca = papers.folder.path("ca.pem").display().to_string();
    let some = Site::builder().environment("SSL_CERT_FILE", &ca);
    let checked = check_config_with(&some, config);
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    let none = Site::builder()
        .environment("SSL_CERT_FILE", "/nonexistent")
        .environment("SSL_CERT_DIR", "/nonexistent");
    let checked = check_config_with(&none, config);
    assert_eq!(checked.status, Some(1), "{}", checked.output);
    let said = "option \"tls\": this system has no certificates of authorities";
    assert!(checked.output.contains(said), "{}", checked.output);
    assert!(
        checked.output.contains("\"tls_ca\" can name"),
        "{}",
        checked.output
    );
}
