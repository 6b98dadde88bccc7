//! One connection of a memcached that a test tells what to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::faulty::{FaultyRequest, Shared, lock};

/// One connection that the plugin has made. When the function that treats it
/// returns, it is closed.
pub struct Peer {
    /// 0 for the first since the behaviour changed.
    pub number: usize,
    /// Whether `version` is answered without any ado, as soon as something is
    /// read. If not, it is a line like any other.
    pub answers_version: bool,
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
    era: usize,
    id: usize,
    ended: bool,
}

impl Peer {
    pub(crate) fn new(
        stream: TcpStream,
        number: usize,
        id: usize,
        era: usize,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            number,
            answers_version: true,
            stream: BufReader::new(stream),
            shared,
            era,
            id,
            ended: false,
        }
    }

    /// The function that treats it has returned.
    pub(crate) fn end(mut self) {
        if !self.ended {
            self.close();
        }
    }

    /// Reads one request; `None` when the plugin or a change of behaviour has
    /// ended the connection.
    pub fn request(&mut self) -> Option<FaultyRequest> {
        let line = self.line()?;
        let words: Vec<&str> = line.split(' ').collect();
        let (key, more, len): (_, &[&str], _) = match words[..] {
            ["get" | "gets", key, ref more @ ..] => (key, more, None),
            ["mn"] => ("", &[], None),
            ["set" | "add", key, _, _, len] => (key, &[], Some(len.parse().ok()?)),
            ["delete", key] => (key, &[], None),
            _ => {
                lock(&self.shared.complaints).push(line);
                return None;
            }
        };
        let mut data = Vec::new();
        if let Some(len) = len {
            data.resize(len, 0);
            self.stream.read_exact(&mut data).ok()?;
            let mut end = [0; 2];
            self.stream.read_exact(&mut end).ok()?;
            if end != *b"\r\n" {
                lock(&self.shared.complaints).push(format!("{line}, then no line end"));
            }
        }
        let request = FaultyRequest {
            verb: words[0].into(),
            key: key.into(),
            more: more.iter().map(|&key| key.into()).collect(),
            data,
        };
        if !self.is_over() {
            lock(&self.shared.requests).push(request.clone());
        }
        Some(request)
    }

    /// Reads a line that begins a request, and no more.
    pub fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok()?;
            let line = line.strip_suffix("\r\n")?;
            if line != "version" || !self.answers_version {
                return Some(line.to_owned());
            }
            self.send(b"VERSION 1.6.18\r\n");
        }
    }

    /// Reads `count` bytes and forgets them; false if the connection ends.
    pub fn skip(&mut self, count: u64) -> bool {
        let mut part = (&mut self.stream).take(count);
        std::io::copy(&mut part, &mut std::io::sink()).is_ok_and(|read| read == count)
    }

    /// Sends bytes; those for which nobody is left are lost.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Sends bytes in parts of `part` bytes, with a pause before each but the
    /// first; ends early when nobody reads them any more.
    pub fn drip(&mut self, bytes: &[u8], part: usize, pause: Duration) {
        for (at, part) in bytes.chunks(part).enumerate() {
            if at > 0 {
                thread::sleep(pause);
            }
            if self.is_over() || self.stream.get_mut().write_all(part).is_err() {
                break;
            }
        }
    }

    /// Whether the behaviour has changed.
    pub fn is_over(&self) -> bool {
        self.shared.era.load(Ordering::SeqCst) != self.era
    }

    /// Reads whatever comes, without an answer, until the plugin ends the
    /// connection.
    pub fn hang(&mut self) {
        let _ = std::io::copy(&mut self.stream, &mut std::io::sink());
    }

    /// Reads nothing more, until the behaviour changes.
    pub fn ignore(&mut self) {
        while !self.is_over() {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends the connection in order, and waits until the plugin has too.
    pub fn close(&mut self) {
        self.ended = true;
        // Gone already where it fails.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
        self.hang();
    }

    /// Makes the end of the connection a reset; it comes when the function
    /// returns.
    pub fn reset(&mut self) {
        self.ended = true;
        // A second descriptor would keep the connection open.
        if let Some((_, stream)) = lock(&self.shared.open).get_mut(&self.id) {
            *stream = None;
        }
        rustix::net::sockopt::set_socket_linger(self.stream.get_ref(), Some(Duration::ZERO))
            .expect("a socket option");
    }

    /// Answers one request as a memcached does that has what was stored.
    pub fn answer(&mut self, request: &FaultyRequest) {
        let reply = if request.verb == "set" {
            lock(&self.shared.items).insert(request.key.clone(), request.data.clone());
            b"STORED\r\n".to_vec()
        } else if request.verb == "add" {
            let mut items = lock(&self.shared.items);
            if items.contains_key(&request.key) {
                b"NOT_STORED\r\n".to_vec()
            } else {
                items.insert(request.key.clone(), request.data.clone());
                b"STORED\r\n".to_vec()
            }
        } else if request.verb == "mn" {
            b"MN\r\n".to_vec()
        } else if request.verb == "delete" {
            match lock(&self.shared.items).remove(&request.key) {
                Some(_) => b"DELETED\r\n".to_vec(),
                None => b"NOT_FOUND\r\n".to_vec(),
            }
        } else {
            let items = lock(&self.shared.items);
            let found = |key| items.get(key).map(|data: &Vec<u8>| (key, data.clone()));
            values_reply(request.keys().filter_map(found))
        };
        self.send(&reply);
    }

    /// Behaves well from here on.
    pub fn serve(&mut self) {
        while let Some(request) = self.request() {
            self.answer(&request);
        }
    }
}

/// What a memcached answers to a `get` that finds something.
pub fn value_reply(key: &str, data: &[u8]) -> Vec<u8> {
    values_reply([(key, data.to_vec())])
}

/// What a memcached answers to a `get` of several keys.
pub fn values_reply<'k>(found: impl IntoIterator<Item = (&'k str, Vec<u8>)>) -> Vec<u8> {
    let mut reply = Vec::new();
    for (key, data) in found {
        reply.extend(format!("VALUE {key} 0 {}\r\n", data.len()).into_bytes());
        reply.extend(data);
        reply.extend_from_slice(b"\r\n");
    }
    reply.extend_from_slice(b"END\r\n");
    reply
}
