//! A pretended memcached at the other end of one connection: it checks what it
//! reads and answers well or badly, as it is told.

/// The most keys that one `get` may name, and the longest line of one.
const KEYS_MAX: usize = 16;
const LINE_MAX: usize = 1100;

/// What is stored and found under a key.
pub(super) fn value_of(key: &str) -> Vec<u8> {
    let repeat = match key.len() % 4 {
        0 => 0,
        1 => 1,
        2 => 60,
        _ => 1500,
    };
    format!("<{key}>").repeat(repeat).into_bytes()
}

/// A command as the server reads it.
pub(super) struct Read {
    pub(super) name: String,
    pub(super) keys: Vec<String>,
}

impl Read {
    /// Whether this server does not survive it.
    pub(super) fn is_poisonous(&self) -> bool {
        self.keys.iter().any(|key| key.ends_with("poison"))
    }
}

/// The bytes on their way in both directions.
#[derive(Default)]
pub(super) struct Memcached {
    pub(super) received: Vec<u8>,
    pub(super) replies: Vec<u8>,
}

impl Memcached {
    /// Reads one command and answers it, if one is there as a whole; or sends
    /// something that is no answer to any.
    pub(super) fn answer(&mut self, how: usize) -> Option<Read> {
        let unasked: &[u8] = match how {
            200..=203 => b"VALUE other 0 2\r\nno\r\nEND\r\n",
            204..=206 => b"SERVER_ERROR out of memory\r\n",
            207..=209 => b"CLIENT_ERROR bad\r\n",
            210..=211 => b"\r\nEND\r\nSTORED",
            _ => {
                let read = read_command(&mut self.received)?;
                if !read.is_poisonous() {
                    self.reply_to(&read, how);
                }
                return Some(read);
            }
        };
        self.replies.extend_from_slice(unasked);
        None
    }

    fn reply_to(&mut self, read: &Read, how: usize) {
        let reply: &[u8] = match &read.name[..] {
            "version" => b"VERSION 1\r\n",
            "get" | "gets" if how >= 180 && read.keys.len() > 1 => {
                return self.reply_in_part(read, how);
            }
            _ if how >= 190 => b"SERVER_ERROR x\r\n",
            "get" | "gets" => return self.reply_with_values(read, how),
            "incr" if how < 60 => b"CLIENT_ERROR no number\r\n",
            "incr" if how < 120 => b"42\r\n",
            "delete" if how < 120 => b"DELETED\r\n",
            "touch" if how < 120 => b"TOUCHED\r\n",
            "cas" if how < 120 => b"EXISTS\r\n",
            "incr" | "delete" | "touch" | "cas" => b"NOT_FOUND\r\n",
            _ => b"STORED\r\n",
        };
        self.replies.extend_from_slice(reply);
    }

    /// As a proxy answers that has lost one of its servers: the error stands in
    /// the place of a value, and some end the reply after the others.
    fn reply_in_part(&mut self, read: &Read, how: usize) {
        let broken = how % read.keys.len();
        for (at, key) in read.keys.iter().enumerate() {
            if at == broken {
                self.replies.extend_from_slice(b"SERVER_ERROR x\r\n");
                if how % 2 == 0 {
                    return;
                }
            } else {
                self.value(read, key);
            }
        }
        self.replies.extend_from_slice(b"END\r\n");
    }

    fn value(&mut self, read: &Read, key: &str) {
        let cas = if read.name == "gets" { " 9" } else { "" };
        let value = value_of(key);
        let head = format!("VALUE {key} 7 {}{cas}\r\n", value.len());
        self.replies.extend_from_slice(head.as_bytes());
        self.replies.extend_from_slice(&value);
        self.replies.extend_from_slice(b"\r\n");
    }

    /// Some of several keys are not there, and the values may come in another
    /// order than they were asked for.
    fn reply_with_values(&mut self, read: &Read, how: usize) {
        let there = |(at, _): &(usize, &String)| (how + at) % 4 != 3 && how < 120;
        let mut found: Vec<_> = read.keys.iter().enumerate().filter(there).collect();
        if how % 2 == 1 {
            found.reverse();
        }
        for (_, key) in found {
            self.value(read, key);
        }
        self.replies.extend_from_slice(b"END\r\n");
    }
}

/// Removes one command from what was received, if it has arrived as a whole.
/// Anything else is a panic.
fn read_command(received: &mut Vec<u8>) -> Option<Read> {
    let end = received.windows(2).position(|two| two == b"\r\n")?;
    let line = String::from_utf8(received[..end].to_vec()).expect("a line of ASCII");
    let words: Vec<_> = line.split(' ').collect();
    let (keys, len) = match words[..] {
        ["get" | "gets", ref keys @ ..] => {
            assert!(!keys.is_empty() && keys.len() <= KEYS_MAX, "{line}");
            assert!(line.len() <= LINE_MAX, "{line}");
            (keys, end + 2)
        }
        ["version"] => (&[][..], end + 2),
        ["delete", _] | ["touch", _, "30"] | ["incr", _, "1"] => (&words[1..2], end + 2),
        ["set" | "add" | "append" | "prepend", key, "7", "30", len]
        | ["cas", key, "7", "30", len, "9"] => {
            let len: usize = len.parse().expect("a length");
            let data = received.get(end + 2..end + 2 + len + 2)?;
            assert_eq!(data[..len], value_of(key));
            assert_eq!(&data[len..], b"\r\n");
            (&words[1..2], end + 2 + len + 2)
        }
        _ => panic!("the server reads \"{line}\""),
    };
    let keys = keys.iter().map(|&key| key.to_owned()).collect();
    let name = words[0].to_owned();
    received.drain(..len);
    Some(Read { name, keys })
}
