//! Files that are of no use.

use memcached_tls::{Identity, MaterialError, Roots, Wrong};
use testkit::{Authority, Certified, Years};

#[test]
fn authorities() {
    let authority = Authority::new("authority");
    let certified = authority.certify(&["a"], Years::Now);
    assert!(Roots::from_pem(authority.certificate().as_bytes()).is_ok());
    let pem = authority.certificate();
    let broken = format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (text, expected) in [
        ("", "it has no certificate in PEM form"),
        ("not PEM", "it has no certificate in PEM form"),
        (&*certified.key, "it has no certificate in PEM form"),
        (&pem[..pem.len() / 2], "it is no PEM file: "),
        (&pem.replace('M', "?"), "it is no PEM file: "),
        (&broken, "certificate 2 in it cannot be read: "),
    ] {
        let error = Roots::from_pem(text.as_bytes()).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn identities() {
    let authority = Authority::new("authority");
    let Certified { certificate, key } = authority.certify(&["a"], Years::Now);
    let other = authority.certify(&["a"], Years::Now);
    let made = |certificate: &str, key: &str| {
        Identity::from_pem(certificate.as_bytes(), key.as_bytes()).map(drop)
    };
    assert_eq!(made(&certificate, &key), Ok(()));
    let nothing = MaterialError::Nothing;
    for (certificate, key, expected) in [
        ("", &*key, Wrong::Certificate(nothing("certificate"))),
        (&*key, &key, Wrong::Certificate(nothing("certificate"))),
        (&certificate, "", Wrong::Key(nothing("key"))),
        (&certificate, &certificate, Wrong::Key(nothing("key"))),
        (
            &certificate,
            &other.key,
            Wrong::Key(MaterialError::OtherKey),
        ),
        (
            &certificate,
            &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            Wrong::Key(MaterialError::Encrypted),
        ),
    ] {
        assert_eq!(made(certificate, key), Err(expected));
    }
    let garbage = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(matches!(
        made(&certificate, garbage),
        Err(Wrong::Key(MaterialError::Key(_)))
    ));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(
        made(garbage, &key),
        Err(Wrong::Certificate(MaterialError::Certificate {
            number: 1,
            ..
        }))
    ));
}

/// Their texts can stand in a log: no key is in them.
#[test]
fn keys_are_not_shown() {
    let Certified { certificate, key } = Authority::new("a").certify(&["a"], Years::Now);
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes());
    let shown = format!("{identity:?}");
    let body: Vec<&str> = key.lines().collect();
    assert!(!shown.contains(body[1]), "{shown}");
}
