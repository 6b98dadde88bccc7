//! Keys whose replies were late: they are asked for on a connection of their own
//! for a while, where they hold up nobody but each other.

use core::time::Duration;

use crate::protocol::Key;
use crate::time::Time;

/// How long a key counts as slow after its last late reply.
const SLOW_FOR: Duration = Duration::from_secs(10);

/// The most keys that are remembered; past it the oldest is forgotten.
const KEYS_MAX: usize = 64;

/// A short list: it is empty while all is well, and searched for every lookup.
#[derive(Debug, Default)]
pub(super) struct SlowKeys(Vec<(Key, Time)>);

impl SlowKeys {
    pub(super) fn contains(&self, key: &Key, now: Time) -> bool {
        self.0
            .iter()
            .any(|(slow, until)| slow == key && now < *until)
    }

    /// The reply for a key was late.
    pub(super) fn insert(&mut self, key: Key, now: Time) {
        self.0.retain(|(slow, until)| *slow != key && now < *until);
        if self.0.len() == KEYS_MAX {
            self.0.remove(0);
        }
        self.0.push((key, now + SLOW_FOR));
    }

    /// The reply for a key came in time.
    pub(super) fn remove(&mut self, key: &Key) {
        self.0.retain(|(slow, _)| slow != key);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_micros(ms * 1000)
    }

    fn key(number: usize) -> Key {
        Key::new(number.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_key_is_slow_for_a_while_or_until_its_reply_comes_in_time() {
        let mut slow = SlowKeys::default();
        slow.insert(key(1), at(0));
        slow.insert(key(2), at(0));
        slow.insert(key(1), at(9000));
        assert!(slow.contains(&key(2), at(9999)) && !slow.contains(&key(3), at(0)));
        assert!(!slow.contains(&key(2), at(10_000)));
        assert!(slow.contains(&key(1), at(18_999)));
        slow.remove(&key(1));
        assert!(!slow.contains(&key(1), at(9000)));
        // Those whose time is over are forgotten at the next chance.
        slow.insert(key(3), at(20_000));
        assert_eq!(slow.0.len(), 1);
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut slow = SlowKeys::default();
        for number in 0..=KEYS_MAX {
            slow.insert(key(number), at(0));
        }
        assert!(!slow.contains(&key(0), at(1)));
        assert!((1..=KEYS_MAX).all(|number| slow.contains(&key(number), at(1))));
    }
}
