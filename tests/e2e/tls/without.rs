//! A library that was built without TLS.

use testkit::{Memcached, Site, check_config_with, small_library};

use super::{Papers, find, pages, status};

/// Whoever asks for TLS must not be spoken to in plain.
#[test]
fn options_that_need_it_are_refused() {
    let papers = Papers::new();
    let ca = papers.option("tls_ca", "ca.pem");
    let builder = Site::builder().plugin(&small_library());
    for options in ["\"tls\" => true".into(), format!("{ca}, \"tls\" => true")] {
        for config in [
            format!("memcached.lookup [{options}];"),
            format!("setup {{ memcached.pool \"p\" => [{options}]; }}"),
        ] {
            let checked = check_config_with(&builder, &config);
            let said = &checked.output;
            assert_eq!(checked.status, Some(1), "{config}: {said}");
            assert!(said.contains("option \"tls"), "{config}: {said}");
            assert!(
                said.contains("this build of the plugin has no TLS"),
                "{config}: {said}"
            );
        }
    }
}

#[test]
fn all_else_works() {
    let cache = Memcached::start();
    let site = Site::builder()
        .plugin(&small_library())
        .setup(r#"log [default => "stderr"];"#)
        .start(&pages("\"tls\" => false"), &[("CACHE", &cache)]);
    status(&site, "/a");
    find(&site, "/a");
    let purged = site.request("PURGE", "/a", &[("Content-Length", "0")]);
    assert_eq!(purged.status, 204);
    assert_eq!(status(&site, "/a"), "miss");
    let log = site.stop();
    assert!(!log.contains("(error)"), "{log}");
}
