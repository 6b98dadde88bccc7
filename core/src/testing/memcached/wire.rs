//! Random commands, several at a time, as bytes: both servers say the same bytes, but
//! for versions.

use super::items::Items;
use super::peer::Peer;
use super::random::{KNOWN, STEP, Version, command, is_known};
use crate::protocol::Command;

/// Commands that are sent together.
const TOGETHER: usize = 4;

/// As [`random::run`](super::random::run), but `ask` is given the bytes of several
/// commands and gives all bytes that come for them.
///
/// # Panics
/// The two differ.
pub fn run(
    script: &[u8],
    prefix: &str,
    slack: u64,
    mut now: impl FnMut() -> u64,
    mut ask: impl FnMut(&[u8]) -> Vec<u8>,
) {
    let (mut items, mut peer) = (Items::default(), Peer::default());
    let mut known = KNOWN.to_vec();
    let mut said = Vec::new();
    let mut steps = script.chunks_exact(STEP).peekable();
    while steps.peek().is_some() {
        let mut there = Vec::new();
        for count in 0..TOGETHER {
            let step = steps.next_if(|bytes| count == 0 || !is_alone(bytes));
            let Some(bytes) = step else {
                break;
            };
            let is_alone = is_alone(bytes);
            let bytes: [usize; STEP] = std::array::from_fn(|at| bytes[at].into());
            let version = known[bytes[STEP - 1] % known.len()];
            encode(&mut peer.received, &command(prefix, bytes, version.0));
            encode(&mut there, &command(prefix, bytes, version.1));
            if is_alone {
                break;
            }
        }
        said.push(String::from_utf8_lossy(&there).into_owned());
        peer.serve(&mut items, now());
        let expected = std::mem::take(&mut peer.replies);
        let got = ask(&there);
        let texts = [&expected, &got].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let difference = difference(&texts, slack, &mut known);
        said.extend(texts);
        let is_same = difference.is_none();
        assert!(is_same, "{difference:?}:\n{}", said.join("\n"));
    }
}

/// What counts is sent alone: while a reply is on its way from the item, memcached
/// makes a new one, without marks, and else counts in place.
fn is_alone(bytes: &[u8]) -> bool {
    let bytes: [usize; STEP] = std::array::from_fn(|at| bytes[at].into());
    matches!(command("k", bytes, 0), Command::Count(_))
}

fn encode(out: &mut Vec<u8>, command: &Command<Vec<u8>>) {
    command.encode_head(out);
    if let Some(data) = command.data() {
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

/// The first lines that do not mean the same.
fn difference(
    texts: &[String; 2],
    slack: u64,
    known: &mut Vec<Version>,
) -> Option<(String, String)> {
    let [mut expected, mut got] = texts.each_ref().map(|text| text.split_inclusive('\n'));
    loop {
        let (here, there) = match (expected.next(), got.next()) {
            (None, None) => return None,
            (here, there) => (here.unwrap_or_default(), there.unwrap_or_default()),
        };
        let [mine, other] = [here, there].map(|line| line.split_inclusive(' '));
        let is_same = mine.clone().count() == other.clone().count()
            && mine.zip(other).enumerate().all(|(at, (mine, other))| {
                let letter = if here.starts_with("VALUE ") && at == 4 {
                    ""
                } else {
                    "c"
                };
                if let Some(pair) = numbers(letter, mine, other) {
                    // There is no version 0: where it is named, there is none.
                    return pair == (0, 0) || is_known(known, pair);
                }
                let secs = numbers("t", mine, other);
                mine == other || secs.is_some_and(|(a, b)| a.abs_diff(b) <= slack)
            });
        if !is_same {
            return Some((here.to_owned(), there.to_owned()));
        }
    }
}

/// The numbers behind a letter, of two words that are alike apart from them.
fn numbers(letter: &str, here: &str, there: &str) -> Option<(u64, u64)> {
    let number = |word: &str| -> Option<(u64, String)> {
        let digits = word.trim_end();
        let end = word[digits.len()..].to_owned();
        Some((digits.strip_prefix(letter)?.parse().ok()?, end))
    };
    let ((a, end), (b, other_end)) = (number(here)?, number(there)?);
    (end == other_end).then_some((a, b))
}
