//! Lines of the protocol as a server reads them, and its replies as it writes them.

use crate::protocol::{
    Command, Count, Delete, Direction, Key, MetaDelete, MetaStore, Reply, Status, Store, StoreMode,
    Touch, Version,
};

/// What a server reads.
pub(super) enum Line<'a> {
    /// A command, and the lines of its reply.
    Command(Command<Vec<u8>>, Style),
    /// `get`, `gets`.
    Get {
        keys: &'a [&'a str],
        with_version: bool,
    },
    /// `mg` with its flags.
    MetaGet { key: &'a str, flags: &'a [&'a str] },
    /// `mn`.
    MetaNoop,
}

/// How a reply is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Classic,
    Meta,
}

/// The words of a line.
pub(super) fn words(line: &str) -> Vec<&str> {
    // More than most have, so that it does not grow.
    let mut words = Vec::with_capacity(16);
    words.extend(line.split(' '));
    words
}

/// Reads the words of a line, and `data`, which is the block that follows if there is one.
///
/// # Panics
/// It is nothing that this project sends.
pub(super) fn read<'a>(words: &'a [&'a str], data: &[u8]) -> Line<'a> {
    let classic = |command: Command<Vec<u8>>| Line::Command(command, Style::Classic);
    match *words {
        ["get", ref keys @ ..] => Line::Get {
            keys,
            with_version: false,
        },
        ["gets", ref keys @ ..] => Line::Get {
            keys,
            with_version: true,
        },
        ["mg", key, ref flags @ ..] => Line::MetaGet { key, flags },
        ["mn"] => Line::MetaNoop,
        ["version"] => classic(Version.into()),
        ["delete", key] => classic(
            Delete {
                key: self::key(key),
                may_repeat: false,
            }
            .into(),
        ),
        ["touch", key, exptime] => classic(
            Touch {
                key: self::key(key),
                exptime: number(exptime),
            }
            .into(),
        ),
        [word @ ("incr" | "decr"), key, delta] => classic(
            Count {
                direction: if word == "incr" {
                    Direction::Up
                } else {
                    Direction::Down
                },
                key: self::key(key),
                delta: number(delta),
            }
            .into(),
        ),
        ["md", key, ref flags @ ..] => Line::Command(meta_delete(key, flags).into(), Style::Meta),
        ["ms", key, _, ref flags @ ..] => {
            Line::Command(meta_store(key, flags, data.to_vec()), Style::Meta)
        }
        [word, key, flags, exptime, _, ref rest @ ..] => classic(
            Store {
                mode: mode(word, rest).unwrap_or_else(|| panic!("the server reads {words:?}")),
                key: self::key(key),
                flags: number(flags),
                exptime: number(exptime),
                data: data.to_vec(),
            }
            .into(),
        ),
        _ => panic!("the server reads {words:?}"),
    }
}

/// Bytes of the block that follows a line, if one does.
pub(super) fn block_len(words: &[&str]) -> Option<usize> {
    match *words {
        ["ms", _, len, ..] | [_, _, _, _, len] | ["cas", _, _, _, len, _]
            if !["mg", "md", "get", "gets"].contains(&words[0]) =>
        {
            Some(number(len))
        }
        _ => None,
    }
}

/// What a server says to a command of one line.
pub(super) fn write(reply: &Reply<Vec<u8>>, style: Style) -> String {
    use Status::{Deleted, Exists, NotFound, NotStored, Stored, Touched};
    match (reply, style) {
        (Reply::Status(status), Style::Classic) => match status {
            Stored => "STORED",
            NotStored => "NOT_STORED",
            Exists => "EXISTS",
            NotFound => "NOT_FOUND",
            Deleted => "DELETED",
            Touched => "TOUCHED",
        }
        .into(),
        (Reply::Status(status), Style::Meta) => match status {
            Stored | Deleted | Touched => "HD",
            NotStored => "NS",
            Exists => "EX",
            NotFound => "NF",
        }
        .into(),
        (Reply::StoredAs(version), _) => format!("HD c{version}"),
        (Reply::Number(number), _) => number.to_string(),
        (Reply::NotCountable(text), _) => format!("CLIENT_ERROR {text}"),
        (Reply::ServerError(text), _) => format!("SERVER_ERROR {text}"),
        (Reply::Version(text), _) => format!("VERSION {text}"),
        (Reply::MetaNoop, _) => "MN".into(),
        (Reply::Values(_) | Reply::State(_), _) => unreachable!("these have lines of their own"),
    }
}

fn mode(word: &str, rest: &[&str]) -> Option<StoreMode> {
    match (word, rest) {
        ("set", []) => Some(StoreMode::Set),
        ("add", []) => Some(StoreMode::Add),
        ("replace", []) => Some(StoreMode::Replace),
        ("append", []) => Some(StoreMode::Append),
        ("prepend", []) => Some(StoreMode::Prepend),
        ("cas", [version]) => Some(StoreMode::Cas(number(version))),
        _ => None,
    }
}

fn meta_delete(key: &str, flags: &[&str]) -> MetaDelete {
    let mut delete = MetaDelete {
        key: self::key(key),
        version: None,
        invalidate: false,
        ttl: None,
    };
    for flag in flags {
        match flag.split_at(1) {
            ("I", "") => delete.invalidate = true,
            ("T", secs) => delete.ttl = Some(number(secs)),
            ("C", version) => delete.version = Some(number(version)),
            _ => panic!("the server reads md with {flag}"),
        }
    }
    delete
}

/// Without a version it is a `set` of another name.
fn meta_store(key: &str, flags: &[&str], data: Vec<u8>) -> Command<Vec<u8>> {
    let key = self::key(key);
    let (mut exptime, mut number_of, mut version, mut with_version) = (0, 0, None, false);
    for flag in flags {
        match flag.split_at(1) {
            ("T", secs) => exptime = number(secs),
            ("F", flags) => number_of = number(flags),
            ("C", of) => version = Some(number(of)),
            ("c", "") => with_version = true,
            _ => panic!("the server reads ms with {flag}"),
        }
    }
    match version {
        Some(version) => MetaStore {
            key,
            flags: number_of,
            exptime,
            version,
            with_version,
            data,
        }
        .into(),
        None => Store {
            mode: StoreMode::Set,
            key,
            flags: number_of,
            exptime,
            data,
        }
        .into(),
    }
}

fn key(text: &str) -> Key {
    Key::new(text.as_bytes()).expect("a key")
}

pub(super) fn number<N: std::str::FromStr>(text: &str) -> N {
    text.parse()
        .unwrap_or_else(|_| panic!("the server reads {text:?} for a number"))
}
