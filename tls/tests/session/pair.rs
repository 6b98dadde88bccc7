//! Both ends of a connection, and the bytes between them.

use std::io::IoSlice;

use memcached_tls::testing::{Demands, Peer, PeerConfig, Versions};
use memcached_tls::{Client, Fault, Identity, PLAIN_EXTRA, Roots, ServerName, Session};
use testkit::{Authority, Certified, Years};

pub(crate) const NAME: &str = "cache.example.org";

pub(crate) const BOTH: [Versions; 2] = [Versions::Old, Versions::New];

pub(crate) fn client(authority: &str, name: &str, identity: Option<&Identity>) -> Client {
    let roots = Roots::from_pem(authority.as_bytes()).expect("an authority");
    let name = ServerName::new(name).expect("a name");
    Client::new(name, &roots, identity).expect("a client")
}

pub(crate) fn server(certified: &Certified, versions: Versions) -> PeerConfig {
    let Certified { certificate, key } = certified;
    PeerConfig::new(certificate, key, versions, Demands::Nothing)
}

/// A client and a server that belong together.
pub(crate) fn friends(versions: Versions) -> (Client, PeerConfig) {
    let authority = Authority::new("authority");
    let certified = authority.certify(&[NAME], Years::Now);
    (
        client(authority.certificate(), NAME, None),
        server(&certified, versions),
    )
}

pub(crate) struct Pair {
    pub(crate) session: Session,
    pub(crate) peer: Peer,
    /// Plain bytes that came to the client.
    pub(crate) to_client: Vec<u8>,
    /// Plain bytes that came to the server.
    pub(crate) to_server: Vec<u8>,
    /// The server does not like what it was sent.
    pub(crate) is_refused: bool,
    /// How many bytes are carried at once.
    pub(crate) step: usize,
}

impl Pair {
    pub(crate) fn new(client: &Client, peer: &PeerConfig) -> Self {
        Self {
            session: Session::new(client).expect("a session"),
            peer: peer.accept(),
            to_client: Vec::new(),
            to_server: Vec::new(),
            is_refused: false,
            step: usize::MAX,
        }
    }

    /// With the handshake done.
    pub(crate) fn open(client: &Client, peer: &PeerConfig) -> Self {
        let mut pair = Self::new(client, peer);
        pair.carry().expect("a handshake");
        assert!(!pair.session.is_handshaking());
        assert!(!pair.peer.is_handshaking());
        pair
    }

    /// The bytes that the client wants to send.
    pub(crate) fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.session.wants_write() {
            self.session.write_to(&mut bytes).expect("memory");
        }
        bytes
    }

    /// Gives the client bytes, in steps.
    pub(crate) fn give(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for part in bytes.chunks(self.step) {
            let before = self.to_client.len();
            let plain = &mut self.to_client;
            self.session
                .receive(part, |bytes| plain.extend_from_slice(bytes))?;
            assert!(self.to_client.len() - before <= part.len() + PLAIN_EXTRA);
        }
        Ok(())
    }

    /// Carries bytes both ways until none are left.
    pub(crate) fn carry(&mut self) -> Result<(), Fault> {
        loop {
            let sent = self.outgoing();
            for part in sent.chunks(self.step) {
                match self.peer.receive(part) {
                    Some(plain) => self.to_server.extend_from_slice(&plain),
                    None => self.is_refused = true,
                }
            }
            let received = self.peer.outgoing();
            if sent.is_empty() && received.is_empty() {
                return Ok(());
            }
            self.give(&received)?;
        }
    }

    /// Sends plain bytes, and carries them as it takes them.
    pub(crate) fn send(&mut self, mut plain: &[u8]) -> Result<(), Fault> {
        while !plain.is_empty() {
            let taken = self.session.send(&[IoSlice::new(plain)]);
            assert!(taken > 0, "it takes some once others are gone");
            plain = &plain[taken..];
            self.carry()?;
        }
        Ok(())
    }
}

/// What is said of a handshake that fails.
pub(crate) fn refusal(client: &Client, peer: &PeerConfig) -> String {
    let mut pair = Pair::new(client, peer);
    let fault = pair.carry().expect_err("no handshake");
    fault.to_string()
}
