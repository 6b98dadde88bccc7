//! Connections to one server. Each has one request under way at a time. Those that the server
//! closes while it is asked nothing, or has not answered yet, are made anew.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::pages::Pages;
use crate::response::Incoming;

/// Longer than any response takes.
const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};

/// What one slice showed.
#[derive(Default)]
pub(crate) struct Sample {
    /// How long each response took, in microseconds.
    pub(crate) waits: Vec<u32>,
    /// From the first request to the last response.
    pub(crate) elapsed: Duration,
}

/// A server that closes more connections than this within a slice answers nobody.
const CLOSED_MAX: usize = 4096;

pub(crate) struct Group {
    port: u16,
    epoll: OwnedFd,
    clients: Vec<Client>,
}

struct Client {
    socket: TcpStream,
    incoming: Incoming,
    request: Vec<u8>,
    /// It waits for a response.
    asks: bool,
    since: Instant,
}

/// What was read on a connection.
enum Came {
    Part,
    Response,
    /// Nothing of the response, and the connection is closed.
    Closed,
}

impl Group {
    pub(crate) fn open(port: u16, clients: usize) -> io::Result<Self> {
        let mut group = Self {
            port,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            clients: Vec::with_capacity(clients),
        };
        for place in 0..clients {
            group.clients.push(Client {
                socket: group.connect(place)?,
                incoming: Incoming::default(),
                request: Vec::new(),
                asks: false,
                since: Instant::now(),
            });
        }
        Ok(group)
    }

    fn connect(&self, place: usize) -> io::Result<TcpStream> {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let data = epoll::EventData::new_u64(place as u64);
        epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN)?;
        Ok(socket)
    }

    /// Sends the request of a client, on a new connection if it must be.
    fn send(&mut self, place: usize) -> Result<(), String> {
        if self.clients[place].send().is_ok() {
            return Ok(());
        }
        let socket = self.connect(place);
        let client = &mut self.clients[place];
        let sent = socket.and_then(|socket| {
            client.socket = socket;
            client.send()
        });
        sent.map_err(|error| format!("cannot send: {error}"))
    }

    /// Asks for pages, for a time or to the end of them, and reads all responses.
    pub(crate) fn run(
        &mut self,
        pages: &mut Pages,
        time: Option<Duration>,
        length: usize,
    ) -> Result<Sample, String> {
        let mut sample = Sample::default();
        let mut bytes = vec![0; 128 * 1024];
        let mut events = Vec::with_capacity(1024);
        let begin = Instant::now();
        let (mut under_way, mut closed) = (0_usize, 0);
        for place in 0..self.clients.len() {
            let client = &mut self.clients[place];
            client.since = begin;
            client.asks = pages.next(&mut client.request);
            if client.asks {
                self.send(place)?;
                under_way += 1;
            }
        }
        while under_way > 0 {
            events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&PATIENCE))
                .map_err(|error| error.to_string())?;
            if events.is_empty() {
                return Err("no response within ten seconds".to_owned());
            }
            for event in &events {
                let place = usize::try_from(event.data.u64()).expect("a place");
                let client = &mut self.clients[place];
                match client.read(&mut bytes, length)? {
                    Came::Part => continue,
                    Came::Response => {}
                    Came::Closed if closed < CLOSED_MAX => {
                        closed += 1;
                        let asks = client.asks;
                        let socket = self.connect(place).map_err(|error| error.to_string())?;
                        self.clients[place].socket = socket;
                        if asks {
                            self.send(place)?;
                        }
                        continue;
                    }
                    Came::Closed => return Err("it closes all connections".to_owned()),
                }
                let now = Instant::now();
                let wait = now.duration_since(client.since).as_micros();
                sample.waits.push(u32::try_from(wait).unwrap_or(u32::MAX));
                let goes_on = time.is_none_or(|time| now.duration_since(begin) < time);
                client.since = now;
                client.asks = goes_on && pages.next(&mut client.request);
                if client.asks {
                    self.send(place)?;
                } else {
                    under_way -= 1;
                }
                sample.elapsed = now.duration_since(begin);
            }
        }
        Ok(sample)
    }
}

impl Client {
    fn send(&mut self) -> io::Result<()> {
        // It is far smaller than the socket's buffer, which is empty.
        self.socket.write_all(&self.request)
    }

    fn read(&mut self, bytes: &mut [u8], length: usize) -> Result<Came, String> {
        match self.socket.read(bytes) {
            Ok(0) if self.incoming.is_empty() => Ok(Came::Closed),
            Ok(0) => Err("the server has closed a connection".to_owned()),
            Ok(count) if self.incoming.read(&bytes[..count], length)? => Ok(Came::Response),
            Ok(_) => Ok(Came::Part),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Came::Part),
            Err(error) if self.incoming.is_empty() && is_reset(&error) => Ok(Came::Closed),
            Err(error) => Err(format!("cannot read: {error}")),
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionReset
}
