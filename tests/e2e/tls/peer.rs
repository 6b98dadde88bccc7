//! A server that speaks TLS as a test tells it to.

use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use memcached_tls::testing::{Demands, Peer, PeerConfig, Versions};
use testkit::PATIENCE;

use super::Papers;

/// Prints as its address. What it does with each connection is up to a function.
pub(super) struct TlsServer(SocketAddr);

impl fmt::Display for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TlsServer {
    pub(super) fn start(
        papers: &Papers,
        versions: Versions,
        treat: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        Self::with(config(papers, versions), treat)
    }

    /// One with this certificate, and so on.
    pub(super) fn with(
        config: PeerConfig,
        treat: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let treat = Arc::new(treat);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
                let mut connection = Connection {
                    stream,
                    tls: config.accept(),
                    lines: Vec::new(),
                };
                let treat = Arc::clone(&treat);
                thread::spawn(move || treat(&mut connection));
            }
        });
        Self(addr)
    }
}

/// What shows the usual certificate.
pub(super) fn config(papers: &Papers, versions: Versions) -> PeerConfig {
    let read = |name: &str| std::fs::read_to_string(papers.folder.path(name)).expect("a file");
    let (certificate, key) = (read("server.pem"), read("server.key"));
    PeerConfig::new(&certificate, &key, versions, Demands::Nothing)
}

/// One connection; closed when the function that treats it returns.
pub(super) struct Connection {
    stream: TcpStream,
    tls: Peer,
    /// Plain bytes that came and were not asked for yet.
    lines: Vec<u8>,
}

impl Connection {
    /// Does its part of the handshake, and sends so many bytes at once.
    pub(super) fn shake_hands(&mut self, step: usize, pause: Duration) -> Option<()> {
        while self.tls.is_handshaking() {
            self.read()?;
            for part in self.tls.outgoing().chunks(step) {
                self.raw(part)?;
                thread::sleep(pause);
            }
        }
        Some(())
    }

    fn read(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        let count = self
            .stream
            .read(&mut buffer)
            .ok()
            .filter(|&count| count > 0)?;
        let plain = self.tls.receive(&buffer[..count])?;
        self.lines.extend_from_slice(&plain);
        Some(())
    }

    /// The next line that the plugin sends.
    pub(super) fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.lines.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.lines.drain(..end + 2).collect();
                return String::from_utf8(line[..end].into()).ok();
            }
            self.read()?;
        }
    }

    /// Sends plain bytes in TLS.
    pub(super) fn send(&mut self, plain: &[u8]) -> Option<()> {
        let sealed = self.seal(plain);
        self.raw(&sealed)
    }

    /// What sends plain bytes.
    pub(super) fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        self.tls.send(plain);
        self.tls.outgoing()
    }

    /// Says that nothing more comes.
    pub(super) fn close(&mut self) -> Option<()> {
        let mut last = Vec::new();
        self.tls_end(&mut last);
        self.raw(&last)
    }

    /// Appends what says that nothing more comes.
    pub(super) fn tls_end(&mut self, sealed: &mut Vec<u8>) {
        self.tls.close();
        sealed.extend(self.tls.outgoing());
    }

    /// Says that it has new keys.
    pub(super) fn change_keys(&mut self) -> Option<()> {
        self.tls.change_keys();
        let said = self.tls.outgoing();
        self.raw(&said)
    }

    /// Sends bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).ok()
    }

    /// Answers all lookups with a value.
    pub(super) fn serve(&mut self, value: &[u8]) -> Option<()> {
        loop {
            let line = self.line()?;
            let answer = match line.split_once(' ') {
                Some(("get", key)) => testkit::value_reply(key, value),
                _ => b"VERSION 1\r\n".to_vec(),
            };
            self.send(&answer)?;
        }
    }

    /// Waits until the plugin has closed it.
    pub(super) fn await_end(&mut self) {
        while self.read().is_some() {}
    }
}
