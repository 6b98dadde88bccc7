//! Pages that share an item by mistake: something before an action changed their
//! paths into one, as for a front controller.

use core::hash::{BuildHasher, BuildHasherDefault};
use core::sync::atomic::{AtomicU64, Ordering};
use std::hash::DefaultHasher;

use super::request::Request;
use super::spelling::simplified;

/// How many keys are remembered.
const SLOTS: usize = 16;

/// Notices that requests for different paths have the same key. Several threads may
/// share it; of keys that come rarely it may miss some.
///
/// A path that something changed is no mistake in itself: `index` makes
/// `/index.html` of `/`, and a `rewrite` may only rename. So the last requests are
/// compared.
#[derive(Debug, Default)]
pub struct Collapse {
    /// Half of the hash of a key, then half of that of the path that had it last; 0
    /// if there was none.
    last: [AtomicU64; SLOTS],
}

impl Collapse {
    /// A request has this key, with a path in it that was
    /// [changed before](super::Parts::has_changed_path). Whether the last one with
    /// the same key was for another path; spellings of one path are the same.
    #[must_use]
    pub fn notices(&self, key: &[u8], request: &Request<'_>) -> bool {
        // One with an escape that is none has an item of its own.
        let Some(path) = simplified(request.target_path()) else {
            return false;
        };
        let of_key = hash(key);
        let new = of_key << 32 | hash(&path) & u64::from(u32::MAX);
        let slot = usize::try_from(of_key >> 32).unwrap_or(0) % SLOTS;
        let last = self.last[slot].swap(new, Ordering::Relaxed);
        last != 0 && last != new && last >> 32 == new >> 32
    }
}

fn hash(bytes: &[u8]) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(target: &str) -> Request<'_> {
        Request {
            raw: target.as_bytes(),
            target: target.as_bytes(),
            sent_on: b"/index.php",
            path: b"/index.php",
            host: None,
            is_secure: false,
            listener_port: None,
        }
    }

    #[test]
    fn other_paths_with_one_key() {
        let collapse = Collapse::default();
        for (key, target, expected) in [
            ("k", "/a", false),
            ("k", "/a", false),
            ("k", "/a?x=1", false),
            ("k", "/%61", false),
            ("k", "/x/../a", false),
            ("k", "/a%", false),
            ("k", "/b", true),
            ("k", "/b", false),
            ("k", "/a/", true),
        ] {
            let found = collapse.notices(key.as_bytes(), &asked(target));
            assert_eq!(found, expected, "{key} {target}");
        }
    }

    #[test]
    fn other_keys() {
        let collapse = Collapse::default();
        for round in 0..3 {
            for number in 0..1000 {
                let (key, target) = (format!("key {number}"), format!("/{number}"));
                let found = collapse.notices(key.as_bytes(), &asked(&target));
                assert!(!found, "{round} {number}");
            }
        }
        // What comes between, under other keys, does not matter.
        assert!(!collapse.notices(b"k", &asked("/a")));
        assert!(!collapse.notices(b"l", &asked("/b")));
        assert!(collapse.notices(b"k", &asked("/b")));
    }
}
