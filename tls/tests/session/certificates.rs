//! Who a server may be.

use memcached_tls::ServerName;
use memcached_tls::testing::Versions;
use testkit::{Authority, Years, self_signed};

use crate::pair::{BOTH, NAME, Pair, client, refusal, server};

#[test]
fn names() {
    let authority = Authority::new("authority");
    for (certified, asked, is_right) in [
        (NAME, NAME, true),
        (NAME, "Cache.Example.ORG", true),
        (NAME, "cache.example.org.", true),
        ("*.example.org", NAME, true),
        ("*.example.org", "a.cache.example.org", false),
        (NAME, "other.example.org", false),
        (NAME, "192.0.2.7", false),
        ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.8", false),
        ("192.0.2.7", NAME, false),
        ("2001:db8::1", "2001:DB8:0::1", true),
        ("2001:db8::1", "2001:db8::2", false),
    ] {
        let server = server(&authority.certify(&[certified], Years::Now), Versions::New);
        let client = client(authority.certificate(), asked, None);
        let case = format!("{certified} for {asked}");
        let mut pair = Pair::new(&client, &server);
        match pair.carry() {
            Ok(()) => assert!(is_right && !pair.session.is_handshaking(), "{case}"),
            Err(fault) => {
                let said = fault.to_string();
                assert!(!is_right, "{case}: {said}");
                assert!(
                    said.contains("the server's certificate is not for"),
                    "{said}"
                );
                assert!(said.contains("\"tls_name\""), "{said}");
            }
        }
    }
}

#[test]
fn what_is_no_name() {
    for text in [
        "", ".", "a b", "-", "1.2.3", "[::1]", "unix:/a", "a..b", "ä",
    ] {
        assert_eq!(ServerName::new(text), None, "{text}");
    }
    let name = ServerName::new("cache.example.org.").expect("a name");
    assert_eq!(name.to_string(), NAME);
}

#[test]
fn what_is_wrong_is_said() {
    let authority = Authority::new("authority");
    let stranger = Authority::new("stranger");
    let alone = self_signed(&[NAME], false);
    let both = self_signed(&[NAME], true);
    for versions in BOTH {
        for (certified, root, said) in [
            (
                authority.certify(&[NAME], Years::Past),
                authority.certificate(),
                "has expired, ",
            ),
            (
                authority.certify(&[NAME], Years::Future),
                authority.certificate(),
                "is not valid yet",
            ),
            (
                stranger.certify(&[NAME], Years::Now),
                authority.certificate(),
                "from an issuer that \"tls_ca\" does not have",
            ),
            (
                authority.certify(&[], Years::Now),
                authority.certificate(),
                "it is for no name",
            ),
            (
                both.clone(),
                &*both.certificate,
                "is that of an authority (CA:TRUE)",
            ),
            (
                alone.clone(),
                authority.certificate(),
                "from an issuer that \"tls_ca\" does not have",
            ),
        ] {
            let refusal = refusal(&client(root, NAME, None), &server(&certified, versions));
            assert!(refusal.starts_with("TLS: "), "{refusal}");
            assert!(refusal.contains(said), "{said}: {refusal}");
        }
    }
}

/// A certificate that vouches for itself will do, if it is no authority's.
#[test]
fn a_server_that_is_known_by_its_own_certificate() {
    let alone = self_signed(&[NAME], false);
    let client = client(&alone.certificate, NAME, None);
    Pair::open(&client, &server(&alone, Versions::New));
}

/// One file can have several.
#[test]
fn several_authorities() {
    let (one, other) = (Authority::new("one"), Authority::new("other"));
    let both = format!("{}\n# and\n{}", one.certificate(), other.certificate());
    for authority in [&one, &other] {
        let certified = authority.certify(&[NAME], Years::Now);
        Pair::open(
            &client(&both, NAME, None),
            &server(&certified, Versions::New),
        );
    }
}
