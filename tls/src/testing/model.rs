//! Random scripts for both ends of a connection, and for somebody in between.

use std::io::IoSlice;

use super::peer::{Demands, Peer, PeerConfig, Versions};
use crate::{Client, PLAIN_EXTRA, Roots, ServerName, Session};

/// A client, and a server that it trusts, in each version.
#[derive(Debug)]
pub struct Friends {
    client: Client,
    servers: [PeerConfig; 2],
}

impl Friends {
    /// All in PEM form; the certificate is for `name`.
    ///
    /// # Panics
    /// They are of no use.
    #[must_use]
    pub fn new(authority: &str, certificate: &str, key: &str, name: &str) -> Self {
        let roots = Roots::from_pem(authority.as_bytes()).expect("an authority");
        let name = ServerName::new(name).expect("a name");
        let server = |versions| PeerConfig::new(certificate, key, versions, Demands::Nothing);
        Self {
            client: Client::new(name, &roots, None).expect("a client"),
            servers: [server(Versions::Old), server(Versions::New)],
        }
    }

    /// Runs a script, each byte of which says what happens next.
    ///
    /// # Panics
    /// An end was given what the other has not sent, or not in order; or all of it was not
    /// given though nobody was in between.
    pub fn run(&self, script: &[u8]) {
        let (&version, script) = script.split_first().unwrap_or((&0, &[]));
        let mut run = Run {
            session: Session::new(&self.client).expect("a session"),
            peer: self.servers[usize::from(version % 2)].accept(),
            to_client: Vec::new(),
            to_server: Vec::new(),
            from_client: Sent::default(),
            from_server: Sent::default(),
            is_changed: false,
            key_changes: 0,
            client_ended: false,
            server_ended: false,
        };
        run.follow(script);
    }
}

/// So often a server may change its keys without sending anything else.
const KEY_CHANGES_MAX: usize = 32;

/// Plain bytes that one end has sent. They follow from their places, so that the other knows
/// whether it has the right ones.
#[derive(Default)]
struct Sent {
    sent: usize,
    received: usize,
}

/// The plain byte at a place.
fn byte_at(place: usize) -> u8 {
    u8::try_from(place % 251).expect("less than 256")
}

impl Sent {
    fn next(&self, count: usize) -> Vec<u8> {
        (self.sent..self.sent + count).map(byte_at).collect()
    }

    fn receive(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            assert!(self.received < self.sent, "nobody has sent that");
            assert_eq!(byte, byte_at(self.received), "at {}", self.received);
            self.received += 1;
        }
    }
}

/// One connection.
struct Run {
    session: Session,
    peer: Peer,
    /// Bytes on their way.
    to_client: Vec<u8>,
    to_server: Vec<u8>,
    from_client: Sent,
    from_server: Sent,
    /// Somebody has changed bytes on their way.
    is_changed: bool,
    /// How often the server has changed its keys since it has sent anything else.
    key_changes: usize,
    client_ended: bool,
    server_ended: bool,
}

impl Run {
    fn follow(&mut self, script: &[u8]) {
        let mut bytes = script.iter().copied();
        while let Some(what) = bytes.next() {
            let count = usize::from(bytes.next().unwrap_or_default());
            match what % 12 {
                0 => self.give_client(count),
                1 => self.give_client(count * 257),
                2 => self.give_server(count),
                3 => self.give_server(count * 257),
                4 => self.client_sends(count),
                5 => self.client_sends(count * 257),
                6 => self.server_sends(count),
                7 => self.server_sends(count * 257),
                8 => self.change(count, what),
                9 => {
                    let inserted: Vec<u8> = bytes.by_ref().take(count).collect();
                    self.insert(&inserted);
                }
                10 => self.lose(count),
                _ => self.close_or_change_keys(count),
            }
            self.collect();
        }
        if !self.is_changed {
            self.come_to_an_end();
        }
    }

    /// Nobody was in between, so all of it arrives.
    fn come_to_an_end(&mut self) {
        self.collect();
        while !self.to_client.is_empty() || !self.to_server.is_empty() {
            self.give_client(usize::MAX);
            self.give_server(usize::MAX);
            self.collect();
        }
        if !self.client_ended && !self.server_ended {
            assert!(!self.session.is_handshaking() && !self.peer.is_handshaking());
        }
        for sent in [&self.from_client, &self.from_server] {
            assert_eq!(sent.received, sent.sent);
        }
    }

    /// Puts what both ends want to send on its way.
    fn collect(&mut self) {
        while self.session.wants_write() {
            let written = self.session.write_to(&mut self.to_server);
            assert!(written.expect("memory") > 0);
        }
        let outgoing = self.peer.outgoing();
        self.to_client.extend(outgoing);
    }

    fn give_client(&mut self, most: usize) {
        let count = most.min(self.to_client.len());
        let given: Vec<u8> = self.to_client.drain(..count).collect();
        if self.client_ended {
            return;
        }
        let (mut plain, was_handshaking) = (0, self.session.is_handshaking());
        let from_server = &mut self.from_server;
        let result = self.session.receive(&given, |bytes| {
            plain += bytes.len();
            from_server.receive(bytes);
        });
        assert!(plain <= count + PLAIN_EXTRA);
        if was_handshaking && self.session.is_handshaking() {
            assert_eq!(plain, 0);
        }
        if let Err(fault) = result {
            assert!(self.is_changed || self.server_ended, "{fault}");
            self.client_ended = true;
        }
    }

    fn give_server(&mut self, most: usize) {
        let count = most.min(self.to_server.len());
        let given: Vec<u8> = self.to_server.drain(..count).collect();
        if self.server_ended {
            return;
        }
        if let Some(plain) = self.peer.receive(&given) {
            self.from_client.receive(&plain);
        } else {
            assert!(self.is_changed || self.client_ended);
            self.server_ended = true;
        }
    }

    fn client_sends(&mut self, count: usize) {
        if self.client_ended {
            return;
        }
        let plain = self.from_client.next(count);
        let (one, other) = plain.split_at(count / 2);
        let is_handshaking = self.session.is_handshaking();
        let taken = self.session.send(&[IoSlice::new(one), IoSlice::new(other)]);
        assert!(taken <= count && (taken == 0 || !is_handshaking));
        self.from_client.sent += taken;
    }

    fn server_sends(&mut self, count: usize) {
        if !self.server_ended && !self.peer.is_handshaking() {
            self.peer.send(&self.from_server.next(count));
            self.key_changes *= usize::from(count == 0);
            self.from_server.sent += count;
        }
    }

    fn change(&mut self, at: usize, how: u8) {
        let len = self.to_client.len().max(1);
        if let Some(byte) = self.to_client.get_mut(at % len) {
            *byte ^= how.max(1);
            self.is_changed = true;
        }
    }

    fn insert(&mut self, bytes: &[u8]) {
        self.to_client.splice(..0, bytes.iter().copied());
        self.is_changed |= !bytes.is_empty();
    }

    fn lose(&mut self, count: usize) {
        let count = count.min(self.to_client.len());
        self.is_changed |= count > 0;
        self.to_client.drain(..count);
    }

    fn close_or_change_keys(&mut self, which: usize) {
        match which % 8 {
            0 if !self.client_ended => {
                self.session.close();
                self.client_ended = true;
                // What comes then is for nobody.
                self.is_changed = true;
            }
            1 if !self.server_ended => {
                self.peer.close();
                self.server_ended = true;
                self.is_changed = true;
            }
            2.. if !self.server_ended && !self.peer.is_handshaking() => {
                self.peer.change_keys();
                self.key_changes += 1;
                // Nobody needs that, so that it ends the connection.
                self.is_changed |= self.key_changes > KEY_CHANGES_MAX;
            }
            _ => {}
        }
    }
}
