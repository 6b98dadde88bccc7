//! A memcached without meta commands.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::listen::listen;

/// Stands in front of a memcached and knows no meta commands; passes on all else.
/// Prints as `IP:PORT`. It lives as long as the test program.
pub struct Classic {
    addr: SocketAddr,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl fmt::Display for Classic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Classic {
    /// One that answers `ERROR`.
    pub fn answering(memcached: SocketAddr) -> Self {
        Self::start(memcached, false)
    }

    /// One that closes the connection, as proxies do.
    pub fn closing(memcached: SocketAddr) -> Self {
        Self::start(memcached, true)
    }

    fn start(memcached: SocketAddr, closes: bool) -> Self {
        let complaints: Arc<Mutex<Vec<String>>> = Arc::default();
        let shared = Arc::clone(&complaints);
        let addr = listen(move |asker| {
            if let Ok(answerer) = TcpStream::connect(memcached) {
                // Both may go away at any time.
                let _ = attend(&asker, &answerer, closes, &shared);
                let _ = answerer.shutdown(Shutdown::Both);
            }
            let _ = asker.shutdown(Shutdown::Both);
        });
        Self { addr, complaints }
    }
}

/// Whatever it was sent that it must not be sent fails the test.
impl Drop for Classic {
    fn drop(&mut self) {
        let complaints = self.complaints.lock();
        let complaints = complaints.unwrap_or_else(PoisonError::into_inner);
        if !thread::panicking() {
            assert!(complaints.is_empty(), "it received {complaints:?}");
        }
    }
}

fn attend(
    asker: &TcpStream,
    answerer: &TcpStream,
    closes: bool,
    complaints: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let (mut replies, mut back) = (answerer.try_clone()?, asker.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut replies, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut requests = BufReader::new(asker);
    let (mut forward, mut back) = (answerer, asker);
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        match words[0] {
            "mn" if closes => return Ok(()),
            // Nothing else is asked on that connection.
            "mn" => back.write_all(b"ERROR\r\n")?,
            "mg" | "ms" | "md" | "me" | "ma" => {
                let mut complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
                complaints.push(line);
                return Ok(());
            }
            "set" | "add" | "cas" => {
                let len: u64 = words[4].parse().map_err(io::Error::other)?;
                forward.write_all(line.as_bytes())?;
                io::copy(&mut (&mut requests).take(len + 2), &mut forward)?;
            }
            _ => forward.write_all(line.as_bytes())?,
        }
    }
}
