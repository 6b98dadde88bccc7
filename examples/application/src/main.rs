//! An application that needs a second for a page, so that it shows whether a cache is in front
//! of it: `slow-application ADDRESS`. It takes its time for each request by itself, and answers GET
//! alone.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, thread};

/// What a page takes to make, and for how long it may be kept, in seconds.
const EFFORT: Duration = Duration::from_secs(1);
const LIFETIME: u32 = 3;

/// Pages made so far.
static MADE: AtomicU32 = AtomicU32::new(0);

fn main() -> io::Result<()> {
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8000"))?;
    for client in listener.incoming() {
        let client = client?;
        thread::spawn(move || {
            // A client that has gone has no answer.
            let _ = serve(&client);
        });
    }
    Ok(())
}

/// Answers the requests of a connection one by one.
fn serve(mut client: &TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(client).lines();
    while let Some(request) = lines.next() {
        let request = request?;
        for header in lines.by_ref() {
            if header?.is_empty() {
                break;
            }
        }
        let answer = match request.split(' ').collect::<Vec<_>>()[..] {
            ["GET", path, _] => made(path),
            _ => text("405 Method Not Allowed", "Allow: GET\r\n", "GET alone\n"),
        };
        client.write_all(answer.as_bytes())?;
    }
    Ok(())
}

fn made(path: &str) -> String {
    thread::sleep(EFFORT);
    let number = MADE.fetch_add(1, Ordering::Relaxed) + 1;
    // The path comes from anybody, and is shown as text.
    let page = format!("page {number} of the application, for {path}\n");
    let lifetime = format!("Cache-Control: max-age={LIFETIME}\r\n");
    text("200 OK", &lifetime, &page)
}

fn text(status: &str, header: &str, body: &str) -> String {
    let len = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Type: text/plain\r\nContent-Length: {len}\r\n\r\n{body}"
    )
}
