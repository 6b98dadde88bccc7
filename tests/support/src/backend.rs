//! A backend for the server's `proxy`, which answers as a test wants.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::listen::listen;
use crate::wait::PATIENCE;

/// What the backend was asked.
#[derive(Clone, Debug)]
pub struct BackendRequest {
    /// The method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// The head's lines after the first.
    pub headers: Vec<String>,
}

type Answer = dyn Fn(&BackendRequest, &mut TcpStream);

/// A backend. Prints as `IP:PORT`. One request a connection; it lives as long
/// as the test program.
pub struct Backend {
    addr: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl Backend {
    /// Starts one that writes what `answer` does; the connection is closed
    /// when that returns.
    pub fn start(answer: impl Fn(&BackendRequest, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let addr = listen(move |stream| serve(stream, &answer, &counted));
        Self { addr, requests }
    }

    /// One that answers every request with these bytes.
    pub fn constant(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        // The server may go away before it has read all.
        Self::start(move |_, stream| drop(stream.write_all(&response)))
    }

    /// How many requests it has seen.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, answer: &Answer, requests: &AtomicUsize) {
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => lines.push(line.trim_end().to_owned()),
        }
    }
    let mut words = lines.first().map_or("", |line| line).split(' ');
    let request = BackendRequest {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        headers: lines.iter().skip(1).cloned().collect(),
    };
    requests.fetch_add(1, Ordering::SeqCst);
    answer(&request, reader.get_mut());
}
