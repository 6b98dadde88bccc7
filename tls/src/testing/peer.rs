//! The other end of a session.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use crate::client::provider;

/// Which versions a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// 1.2 alone.
    Old,
    /// 1.3 alone.
    New,
}

/// Whether a server wants to know who asks.
#[derive(Clone, Copy, Debug)]
pub enum Demands<'a> {
    /// It does not.
    Nothing,
    /// A certificate from this authority, in PEM form.
    Certificate(&'a str),
}

/// A server, of which there can be many connections.
#[derive(Clone, Debug)]
pub struct PeerConfig(Arc<ServerConfig>);

impl PeerConfig {
    /// One that shows this certificate, in PEM form like its key.
    ///
    /// # Panics
    /// The files are of no use.
    #[must_use]
    pub fn new(certificate: &str, key: &str, versions: Versions, demands: Demands<'_>) -> Self {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
        let chain = chain.map(|one| one.expect("a certificate")).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let version = match versions {
            Versions::Old => &TLS12,
            Versions::New => &TLS13,
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[version])
            .expect("a version that there is");
        let builder = match demands {
            Demands::Nothing => builder.with_no_client_auth(),
            Demands::Certificate(authority) => {
                let mut roots = RootCertStore::empty();
                let root = CertificateDer::from_pem_slice(authority.as_bytes());
                roots
                    .add(root.expect("a certificate"))
                    .expect("an authority");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
                builder.with_client_cert_verifier(verifier.build().expect("an authority"))
            }
        };
        let config = builder
            .with_single_cert(chain, key)
            .expect("a key that fits");
        Self(Arc::new(config))
    }

    /// One that gives so many tickets to each connection, by which it could be resumed.
    ///
    /// # Panics
    /// There are connections already.
    #[must_use]
    pub fn with_tickets(mut self, count: usize) -> Self {
        let config = Arc::get_mut(&mut self.0).expect("nobody else has it");
        config.send_tls13_tickets = count;
        self
    }

    /// A new connection.
    ///
    /// # Panics
    /// The system has no randomness.
    #[must_use]
    pub fn accept(&self) -> Peer {
        let tls = ServerConnection::new(Arc::clone(&self.0));
        Peer {
            tls: tls.expect("a connection"),
        }
    }
}

/// One connection of a server.
#[derive(Debug)]
pub struct Peer {
    tls: ServerConnection,
}

impl Peer {
    /// Takes bytes of the client, and gives the plain ones that were in them; `None` if they
    /// are not what it expects.
    #[must_use]
    pub fn receive(&mut self, mut bytes: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        while !bytes.is_empty() {
            if self.tls.read_tls(&mut bytes).ok()? == 0 {
                break;
            }
            self.tls.process_new_packets().ok()?;
            // It ends where nothing is there at present.
            let _ = self.tls.reader().read_to_end(&mut plain);
        }
        Some(plain)
    }

    /// Sends plain bytes.
    ///
    /// # Panics
    /// The connection is over.
    pub fn send(&mut self, plain: &[u8]) {
        self.tls.set_buffer_limit(None);
        self.tls
            .writer()
            .write_all(plain)
            .expect("room without limit");
    }

    /// Says that it sends no more.
    pub fn close(&mut self) {
        self.tls.send_close_notify();
    }

    /// Changes its keys.
    pub fn change_keys(&mut self) {
        // TLS 1.2 cannot.
        let _ = self.tls.refresh_traffic_keys();
    }

    /// The bytes that are to be sent now.
    ///
    /// # Panics
    /// Never: memory takes all.
    #[must_use]
    pub fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut bytes).expect("memory");
        }
        bytes
    }

    /// Whether the client is known.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// The name that the client has asked for.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.tls.server_name()
    }
}
