//! A responder behind the server's `fastcgi`, which answers as a test wants.

use std::fmt;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::listen::listen;
use crate::wait::PATIENCE;

const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

/// What the responder was asked: the variables, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct FastCgiRequest {
    /// Names and values.
    pub variables: Vec<(String, String)>,
}

impl FastCgiRequest {
    /// The value of a variable; of several of that name the last, as most
    /// responders have it.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().rfind(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

type Answer = dyn Fn(&FastCgiRequest) -> Vec<u8>;

/// A responder. Prints as `IP:PORT`. It lives as long as the test program.
pub struct FastCgi {
    addr: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl fmt::Display for FastCgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

impl FastCgi {
    /// Starts one whose responses, in the form of CGI, `answer` makes.
    pub fn start(answer: impl Fn(&FastCgiRequest) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        // The server may go away at any time.
        let addr = listen(move |stream| drop(serve(stream, &answer, &counted)));
        Self { addr, requests }
    }

    /// How many requests it has seen.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Serves one connection, request after request.
fn serve(stream: TcpStream, answer: &Answer, requests: &AtomicUsize) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut stream = BufReader::new(stream);
    let (mut id, mut keep, mut params) = ([0; 2], false, Vec::new());
    loop {
        let (head, content) = read_record(&mut stream)?;
        match head[1] {
            BEGIN_REQUEST => {
                id = [head[2], head[3]];
                keep = content.get(2).is_some_and(|flags| flags & 1 != 0);
                params.clear();
            }
            PARAMS => params.extend(content),
            STDIN if content.is_empty() => {
                let request = FastCgiRequest {
                    variables: read_variables(&params)?,
                };
                requests.fetch_add(1, Ordering::SeqCst);
                let response = answer(&request);
                let mut out = Vec::new();
                for part in response.chunks(0xfff8) {
                    append_record(&mut out, STDOUT, id, part);
                }
                append_record(&mut out, STDOUT, id, b"");
                append_record(&mut out, END_REQUEST, id, &[0; 8]);
                stream.get_mut().write_all(&out)?;
                if !keep {
                    return Ok(());
                }
            }
            _ => {}
        }
    }
}

fn read_record(stream: &mut impl Read) -> io::Result<([u8; 8], Vec<u8>)> {
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    let len = usize::from(u16::from_be_bytes([head[4], head[5]]));
    let mut content = vec![0; len + usize::from(head[6])];
    stream.read_exact(&mut content)?;
    content.truncate(len);
    Ok((head, content))
}

fn append_record(out: &mut Vec<u8>, kind: u8, id: [u8; 2], content: &[u8]) {
    let len = u16::try_from(content.len()).expect("a part of a stream");
    let [high, low] = len.to_be_bytes();
    out.extend([1, kind, id[0], id[1], high, low, 0, 0]);
    out.extend(content);
}

fn read_variables(mut params: &[u8]) -> io::Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    while !params.is_empty() {
        let (name_len, value_len) = (read_len(&mut params)?, read_len(&mut params)?);
        let name = read_text(&mut params, name_len)?;
        variables.push((name, read_text(&mut params, value_len)?));
    }
    Ok(variables)
}

/// One byte, or four of which the first has its highest bit set.
fn read_len(params: &mut &[u8]) -> io::Result<usize> {
    let mut bytes = [0; 4];
    params.read_exact(&mut bytes[3..])?;
    if bytes[3] & 0x80 != 0 {
        bytes[0] = bytes[3] & 0x7f;
        params.read_exact(&mut bytes[1..])?;
    }
    Ok(u32::from_be_bytes(bytes) as usize)
}

fn read_text(params: &mut &[u8], len: usize) -> io::Result<String> {
    let mut text = vec![0; len];
    params.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
