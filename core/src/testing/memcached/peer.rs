//! The server's end of a connection: bytes that come, bytes that go.

use std::io::Write as _;

use super::items::{Items, Looked};
use super::lines::{self, Line, number};
use crate::protocol::{Command, Reply};

/// What a server understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// All that this project sends.
    #[default]
    Meta,
    /// No meta commands; each is an error.
    Classic,
    /// No meta commands; each ends the connection, as with a proxy.
    Closing,
}

/// Room for a line, so that replies seldom grow.
const LINE: usize = 160;

/// One connection, as the server has it.
#[derive(Debug, Default)]
pub struct Peer {
    /// What the server understands.
    pub dialect: Dialect,
    /// What has come and was not read.
    pub received: Vec<u8>,
    /// What is to go.
    pub replies: Vec<u8>,
    /// The server has ended the connection.
    pub is_closed: bool,
}

impl Peer {
    /// A connection of a server that understands so much.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            ..Self::default()
        }
    }

    /// Answers what has come as a whole.
    ///
    /// # Panics
    /// It is nothing that this project sends.
    pub fn serve(&mut self, items: &mut Items, now: u64) {
        let mut received = core::mem::take(&mut self.received);
        let mut done = 0;
        while !self.is_closed {
            let Some(taken) = self.serve_next(&received[done..], items, now) else {
                break;
            };
            done += taken;
        }
        received.drain(..done);
        self.received = received;
    }

    /// Answers the next line, if it has come as a whole; how long it was, with its block.
    fn serve_next(&mut self, received: &[u8], items: &mut Items, now: u64) -> Option<usize> {
        let end = received.windows(2).position(|two| two == b"\r\n")?;
        let line = core::str::from_utf8(&received[..end]).expect("ASCII");
        let mut taken = end + 2;
        if self.dialect != Dialect::Meta && !is_classic(line) {
            // A block that follows is read as the next command.
            self.is_closed = self.dialect == Dialect::Closing;
            if !self.is_closed {
                self.say("ERROR");
            }
            return Some(taken);
        }
        let words = lines::words(line);
        let mut data: &[u8] = &[];
        if let Some(len) = lines::block_len(&words) {
            let block = received.get(taken..taken + len + 2)?;
            data = block.strip_suffix(b"\r\n").expect("the end of a block");
            taken += len + 2;
        }
        match lines::read(&words, data) {
            Line::MetaNoop => self.say("MN"),
            Line::Get { keys, with_version } => self.get(items, now, keys, with_version),
            Line::MetaGet { key, flags } => self.meta_get(items, now, key, flags),
            Line::Command(command, style) => {
                let reply = items.serve(now, &command);
                let mut text = lines::write(&reply, style);
                if asks_for_version(&command) && matches!(reply, Reply::Status(_)) {
                    // There is none, and it says so.
                    text += " c0";
                }
                self.say(&text);
            }
        }
        Some(taken)
    }

    fn get(&mut self, items: &mut Items, now: u64, keys: &[&str], with_version: bool) {
        for key in keys {
            let Some(item) = items.at(now, key.as_bytes()) else {
                continue;
            };
            let len = item.data.len();
            self.replies.reserve(LINE + len);
            self.write(format_args!("VALUE {key} {} {len}", item.flags));
            if with_version {
                self.write(format_args!(" {}", item.version));
            }
            self.say("");
            self.replies.extend_from_slice(&item.data);
            self.say("");
        }
        self.say("END");
    }

    /// Flags are answered in the order in which they were asked for.
    fn meta_get(&mut self, items: &mut Items, now: u64, key: &str, flags: &[&str]) {
        let value_of = |letter: char| flags.iter().find_map(|flag| flag.strip_prefix(letter));
        let has = |letter: &str| flags.contains(&letter);
        let (lives, below) = (value_of('N').map(number), value_of('R').map(number));
        let Some(looked) = items.look(now, key.as_bytes(), lives, below) else {
            if !has("q") {
                self.say(&if has("k") {
                    format!("EN k{key}")
                } else {
                    "EN".into()
                });
            }
            return;
        };
        let Looked {
            flags: of_item,
            data,
            marks,
            is_new,
        } = looked;
        let len = data.len();
        self.replies.reserve(LINE + len);
        if has("v") {
            self.write(format_args!("VA {len}"));
        } else {
            self.write(format_args!("HD"));
        }
        // What a new item has to live is known once the flag that makes it is read.
        let mut ttl = marks.ttl_left;
        for flag in flags {
            match flag.split_at(1) {
                ("N", _) if is_new => ttl = lives.filter(|&secs| secs > 0),
                ("v" | "q", "") | ("R" | "N", _) => {}
                ("k", "") => self.write(format_args!(" k{key}")),
                ("s", "") => self.write(format_args!(" s{len}")),
                ("f", "") => self.write(format_args!(" f{of_item}")),
                ("c", "") => self.write(format_args!(" c{}", marks.version)),
                ("t", "") => match ttl {
                    Some(secs) => self.write(format_args!(" t{secs}")),
                    None => self.write(format_args!(" t-1")),
                },
                _ => panic!("the server reads mg with {flag}"),
            }
        }
        for (mark, letter) in [(marks.taken, " Z"), (marks.stale, " X"), (marks.won, " W")] {
            if mark {
                self.replies.extend_from_slice(letter.as_bytes());
            }
        }
        self.say("");
        if has("v") {
            self.replies.extend_from_slice(&data);
            self.say("");
        }
    }

    fn write(&mut self, text: core::fmt::Arguments<'_>) {
        self.replies.write_fmt(text).expect("memory");
    }

    fn say(&mut self, line: &str) {
        self.replies.extend_from_slice(line.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }
}

fn asks_for_version(command: &Command<Vec<u8>>) -> bool {
    matches!(command, Command::MetaStore(store) if store.with_version)
}

fn is_classic(line: &str) -> bool {
    const WORDS: [&str; 13] = [
        "get", "gets", "set", "add", "replace", "append", "prepend", "cas", "delete", "touch",
        "incr", "decr", "version",
    ];
    line.split(' ')
        .next()
        .is_some_and(|word| WORDS.contains(&word))
}
