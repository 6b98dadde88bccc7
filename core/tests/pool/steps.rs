//! How many keys move when a server is added in steps, as the documentation says.

use memcached_core::pool::Hash;

use crate::servers::{key, pool};

/// Three servers of a weight, and one with another.
fn servers(weight: u16, fourth: u16) -> Vec<(String, u16)> {
    let mut servers: Vec<_> = (1..=3).map(|at| (format!("10.0.0.{at}"), weight)).collect();
    if fourth > 0 {
        servers.push(("10.0.0.4".to_owned(), fourth));
    }
    servers
}

/// Of a thousand keys, those that are on another server.
fn moved(hash: Hash, before: &[(String, u16)], after: &[(String, u16)]) -> usize {
    let (before, after) = (pool(hash, before), pool(hash, after));
    let moved = (0..10_000).filter(|number| {
        let key = key(&format!("page:{number}"));
        before.route(&key) != after.route(&key)
    });
    moved.count() / 10
}

#[test]
fn a_fourth_server_gets_a_quarter() {
    for hash in [Hash::Ketama, Hash::Nginx] {
        let moved = moved(hash, &servers(1, 0), &servers(1, 1));
        assert!((220..=290).contains(&moved), "{hash:?}: {moved}");
    }
}

#[test]
fn in_steps_of_weights_few_move_with_nginx() {
    let steps = [0, 1, 2, 4, 7, 10];
    for (hash, first, most) in [(Hash::Nginx, 20..=40, 75), (Hash::Ketama, 150..=250, 250)] {
        let moved = steps.windows(2).map(|step| {
            let [before, after] = [step[0], step[1]].map(|fourth| servers(10, fourth));
            moved(hash, &before, &after)
        });
        let moved: Vec<_> = moved.collect();
        assert!(first.contains(&moved[0]), "{hash:?}: {moved:?}");
        assert!(
            moved.iter().all(|&keys| keys <= most),
            "{hash:?}: {moved:?}"
        );
    }
}
