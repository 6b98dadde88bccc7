//! What differs between the releases of memcached that tests know, as docs/operations.md says.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use testkit::{Memcached, PATIENCE};

/// What is in backquotes in a cell of a table, as lines.
fn quoted(cell: &str) -> String {
    let parts = cell.split('`').skip(1).step_by(2);
    parts.flat_map(|line| [line, "\r\n"]).collect()
}

/// The answer to a command; `mn` shows where it ends.
fn answer(stream: &mut BufReader<TcpStream>, command: &str) -> String {
    let command = format!("{command}mn\r\n");
    stream
        .get_mut()
        .write_all(command.as_bytes())
        .expect("memcached reads");
    let mut text = String::new();
    loop {
        let start = text.len();
        stream.read_line(&mut text).expect("a line");
        assert!(text.len() > start, "memcached closes after {text:?}");
        if &text[start..] == "MN\r\n" {
            text.truncate(start);
            return text;
        }
    }
}

#[test]
fn it_answers_as_the_table_of_releases_has_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let text = fs::read_to_string(path).expect("our own documentation");
    let (_, text) = text.split_once("| sent |").expect("the table");
    let mut lines = text.lines();
    let releases: Vec<_> = lines.next().expect("its head").split('|').collect();
    let rows: Vec<Vec<_>> = lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').skip(1).map(quoted).collect())
        .collect();
    assert!(rows.len() > 4, "{rows:?}");

    let memcached = Memcached::start();
    let stream = TcpStream::connect(memcached.addr()).expect("memcached listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut stream = BufReader::new(stream);
    let version = answer(&mut stream, "version\r\n");
    let version = version.trim().trim_start_matches("VERSION ");
    println!("memcached {version}");
    let Some(column) = releases.iter().position(|name| name.trim() == version) else {
        // Another release than those of Debian 12 and 13: nothing is claimed of it.
        return;
    };
    for row in &rows {
        assert_eq!(answer(&mut stream, &row[0]), row[column + 1], "{}", row[0]);
    }
}
