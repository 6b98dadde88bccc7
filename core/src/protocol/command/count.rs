//! `incr` and `decr` (protocol.txt, "Increment/Decrement").

use super::data::Data;
use super::family::{Family, Lane};
use crate::protocol::key::Key;
use crate::protocol::reply::ReplyForm;
use crate::protocol::wire::{CRLF, push_key, push_number};

/// Counts the decimal number that an item holds.
#[derive(Clone, Debug)]
pub struct Count {
    /// Whether it counts up or down.
    pub direction: Direction,
    /// The item's key.
    pub key: Key,
    /// The number that is added or subtracted.
    pub delta: u64,
}

/// The direction in which a number is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up; 0 follows 2^64 - 1.
    Up,
    /// Down, not below 0.
    Down,
}

impl<D: Data> Family<D> for Count {
    fn encode_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.direction {
            Direction::Up => b"incr",
            Direction::Down => b"decr",
        });
        push_key(out, &self.key);
        push_number(out, self.delta);
        out.extend_from_slice(CRLF);
    }

    fn data(&self) -> Option<&D> {
        None
    }

    fn lane(&self) -> Lane {
        Lane::Store
    }

    fn changes(&self) -> Option<&Key> {
        Some(&self.key)
    }

    fn batch_key(&self) -> Option<&Key> {
        None
    }

    /// It would count twice.
    fn may_repeat(&self) -> bool {
        false
    }

    fn reply_form(&self) -> ReplyForm<'_> {
        ReplyForm::Number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command::Command;

    #[test]
    fn wire_form() {
        for (direction, delta, line) in [
            (Direction::Up, 1, "incr a/b 1\r\n"),
            (
                Direction::Down,
                u64::MAX,
                "decr a/b 18446744073709551615\r\n",
            ),
        ] {
            let command = Count {
                direction,
                key: Key::new(b"a/b").unwrap(),
                delta,
            };
            let mut out = Vec::new();
            Command::<Vec<u8>>::from(command).encode_head(&mut out);
            assert_eq!(out, line.as_bytes());
        }
    }
}
