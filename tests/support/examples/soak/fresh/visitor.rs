//! One visitor: asks for pages in many ways and looks at every byte that comes.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt;
use testkit::{Client, PATIENCE, Response, random_bytes};

use super::checks::{Asked, Seen, What, check};
use super::figures::Figures;
use super::ledger::Ledger;

/// A slow reader takes so much at a time, and waits so long after that.
const SIP: usize = 2000;
const SIP_PAUSE: Duration = Duration::from_millis(20);

/// Where a backend ends a body early, lighttpd2 leaves the client waiting for the
/// rest. That is over after this time, longer than the backend pauses.
const REST: Duration = Duration::from_millis(3500);

pub(crate) struct Visitor {
    pub name: u64,
    pub servers: [SocketAddr; 2],
    pub ledger: Arc<Ledger>,
    pub is_over: Arc<AtomicBool>,
    /// Longest pause between two requests.
    pub pause: Duration,
    /// Whether it reads all it gets in sips.
    pub is_slow: bool,
}

/// What is to be asked.
struct Request {
    asked: Asked,
    server: usize,
    accepts_gzip: bool,
    /// Leaves after this time.
    leaves: Option<Duration>,
    pause: Duration,
}

impl Visitor {
    pub(crate) fn run(&self) -> Figures {
        let mut figures = Figures::default();
        let mut clients = [None, None];
        // The last version that was seen of each page.
        let mut tags = vec![None; self.ledger.pages().len()];
        for turn in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let (page, request) = self.choose(turn, &tags);
            let client = &mut clients[request.server];
            if self.is_slow {
                self.sip(&request, &mut figures);
            } else if let Some(tag) = self.ask(client, &request, &mut figures) {
                tags[page] = Some(tag);
            }
            thread::sleep(request.pause);
        }
        figures
    }

    fn choose(&self, turn: u64, tags: &[Option<String>]) -> (usize, Request) {
        let dice = random_bytes(self.name << 40 | turn, 12);
        let choice = usize::from(dice[0]) << 8 | usize::from(dice[1]);
        let pages = self.ledger.pages();
        // Half of the requests are for a fifth of the pages.
        let page = match dice[2] {
            0..128 => choice % pages.len() / 5 * 5,
            _ => choice % pages.len(),
        };
        let (kind, path) = &pages[page];
        let mut asked = Asked {
            kind: *kind,
            path: path.clone(),
            method: "GET",
            visitor: format!("{}-{turn}", self.name),
            range: None,
            tag: None,
        };
        let first = usize::from(dice[4] % 30);
        match dice[3] {
            0..=11 => asked.method = "HEAD",
            12..=14 => asked.method = "POST",
            15..=30 => asked.range = Some((first, first + usize::from(dice[5]))),
            31..=60 => asked.tag.clone_from(&tags[page]),
            _ => {}
        }
        if self.is_slow {
            asked.method = "GET";
        }
        let request = Request {
            asked,
            server: usize::from(dice[6] & 1),
            accepts_gzip: dice[7] < 64,
            leaves: (dice[8] < 5).then(|| Duration::from_millis(dice[9].into()) / 4),
            pause: self.pause * u32::from(dice[10]) / 256,
        };
        (page, request)
    }

    /// Sends it; the tag of the page that came.
    fn ask(
        &self,
        client: &mut Option<Client>,
        request: &Request,
        figures: &mut Figures,
    ) -> Option<String> {
        let asked = &request.asked;
        let server = self.servers[request.server];
        let mut connected = client.take().unwrap_or_else(|| Client::connect(server));
        if asked.method == "POST" {
            self.ledger.changes(&asked.path);
        }
        let sent = Instant::now();
        send(&mut connected, request, &[]);
        if let Some(time) = request.leaves {
            thread::sleep(time);
            connected.reset();
            figures.left += 1;
            return None;
        }
        patience(&connected, PATIENCE);
        let head = connected.head();
        let first = sent.elapsed();
        patience(&connected, REST);
        let body = head
            .as_ref()
            .ok()
            .map(|head| connected.body_of(asked.method, head));
        let seen = Seen {
            sent,
            took: if matches!(body, Some(Err(_))) {
                first
            } else {
                sent.elapsed()
            },
            head: head.map_err(|error| error.to_string()),
            body: body.map(|body| body.map_err(|error| error.to_string())),
        };
        let tag = self.judge(asked, &seen, figures);
        let is_whole = matches!(seen.body, Some(Ok(_)));
        let closes = seen
            .head
            .is_ok_and(|head| head.header("Connection") == Some("close"));
        if is_whole && !closes {
            *client = Some(connected);
        }
        tag
    }

    /// Reads so slowly that the server has to wait.
    fn sip(&self, request: &Request, figures: &mut Figures) {
        let mut client = Client::connect(self.servers[request.server]);
        sockopt::set_socket_recv_buffer_size(client.socket(), 4096).expect("a socket option");
        let sent = Instant::now();
        send(&mut client, request, &[("Connection", "close")]);
        let (mut bytes, mut sip) = (Vec::new(), [0; SIP]);
        let mut took = None;
        let end = loop {
            match client.socket().read(&mut sip) {
                Ok(0) => break Ok(()),
                Ok(count) => bytes.extend_from_slice(&sip[..count]),
                Err(error) => break Err(error.to_string()),
            }
            took.get_or_insert_with(|| {
                patience(&client, REST);
                sent.elapsed()
            });
            thread::sleep(SIP_PAUSE);
        };
        figures.slow += 1;
        // The rest is its own doing.
        let took = took.unwrap_or_else(|| sent.elapsed());
        let seen = match (parse(&bytes), end) {
            (Ok(response), Ok(())) => {
                let mut head = response;
                let body = std::mem::take(&mut head.body);
                Seen {
                    sent,
                    took,
                    body: Some(whole(&head, body)),
                    head: Ok(head),
                }
            }
            (Ok(head), Err(error)) => Seen {
                sent,
                took,
                head: Ok(head),
                body: Some(Err(error)),
            },
            (Err(error), _) => Seen {
                sent,
                took,
                head: Err(error.to_string()),
                body: None,
            },
        };
        self.judge(&request.asked, &seen, figures);
    }

    fn judge(&self, asked: &Asked, seen: &Seen, figures: &mut Figures) -> Option<String> {
        figures.requests += 1;
        figures.note(seen.took, asked, seen);
        match check(asked, seen, &self.ledger) {
            Ok(verdict) => {
                figures.add(asked, &verdict);
                if verdict.is_invalidated {
                    self.ledger.purged(asked.kind, &asked.path, seen.sent);
                }
                match verdict.what {
                    What::Page(tag) => Some(tag),
                    _ => None,
                }
            }
            Err(error) => {
                figures.complain(&error, asked, seen);
                None
            }
        }
    }
}

fn patience(client: &Client, time: Duration) {
    let socket = client.socket();
    socket.set_read_timeout(Some(time)).expect("a time-out");
}

fn send(client: &mut Client, request: &Request, more: &[(&str, &str)]) {
    let asked = &request.asked;
    let range = asked
        .range
        .map(|(first, last)| format!("bytes={first}-{last}"));
    let mut headers = vec![("X-Visitor", &*asked.visitor)];
    headers.extend(more);
    headers.extend(range.as_deref().map(|range| ("Range", range)));
    headers.extend(asked.tag.as_deref().map(|tag| ("If-None-Match", tag)));
    if request.accepts_gzip {
        headers.push(("Accept-Encoding", "gzip"));
    }
    if asked.method == "POST" {
        headers.push(("Content-Length", "0"));
    }
    client.send_request(asked.method, &asked.path, &headers);
}

/// What was read to its end.
fn parse(bytes: &[u8]) -> io::Result<Response> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let words = lines.next().unwrap_or_default();
    let status = words.split(' ').nth(1).and_then(|word| word.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(Response {
        status: status.ok_or(io::ErrorKind::InvalidData)?,
        headers: headers
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        body: bytes[end + 4..].to_vec(),
    })
}

fn whole(head: &Response, body: Vec<u8>) -> Result<Vec<u8>, String> {
    let len = head
        .header("Content-Length")
        .and_then(|len| len.parse().ok());
    if len.is_some_and(|len: usize| len != body.len()) {
        return Err("it is not whole".into());
    }
    Ok(body)
}
