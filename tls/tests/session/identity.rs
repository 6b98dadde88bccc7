//! Servers that want to know who asks.

use memcached_tls::testing::{Demands, PeerConfig, Versions};
use memcached_tls::{Fault, Identity};
use testkit::{Authority, Certified, Years};

use crate::pair::{BOTH, NAME, Pair, client};

/// With 1.3 the client is told after its own end of the handshake.
fn ask(identity: Option<&Certified>, root: &Authority, versions: Versions) -> Result<(), Fault> {
    let Certified { certificate, key } = root.certify(&[NAME], Years::Now);
    let demands = Demands::Certificate(root.certificate());
    let server = PeerConfig::new(&certificate, &key, versions, demands);
    let identity = identity.map(|of| {
        Identity::from_pem(of.certificate.as_bytes(), of.key.as_bytes()).expect("an identity")
    });
    let client = client(root.certificate(), NAME, identity.as_ref());
    let mut pair = Pair::new(&client, &server);
    pair.carry()?;
    pair.send(b"version\r\n")?;
    assert_eq!(pair.to_server, b"version\r\n");
    Ok(())
}

#[test]
fn they_are_told() {
    let authority = Authority::new("authority");
    let known = authority.certify(&["web.example.org"], Years::Now);
    for versions in BOTH {
        ask(Some(&known), &authority, versions).expect("a connection");
    }
}

#[test]
fn they_refuse_others() {
    let authority = Authority::new("authority");
    let unknown = Authority::new("stranger").certify(&[NAME], Years::Now);
    let expired = authority.certify(&[NAME], Years::Past);
    for versions in BOTH {
        for (identity, said) in [
            (None, "it wants a certificate, see \"tls_cert\""),
            (
                Some(&unknown),
                "it does not know the issuer of our certificate",
            ),
            (Some(&expired), "our certificate has expired"),
        ] {
            let fault = ask(identity, &authority, versions).expect_err("a refusal");
            let said_so = fault.to_string();
            assert!(said_so.contains(said), "{versions:?} {said}: {said_so}");
        }
    }
}
