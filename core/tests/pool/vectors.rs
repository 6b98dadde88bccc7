//! Keys are where other clients look for them.

use memcached_core::pool::Hash;

use crate::naive::Naive;
use crate::servers::{HASHES, key, pool};

const OWNERS: &str = include_str!("owners.txt");
const LARGE: &str = include_str!("large.txt");

/// A list of servers, and where the keys are by each of [`HASHES`].
#[derive(Default)]
struct List<'a> {
    name: &'a str,
    servers: Vec<(String, u16)>,
    owners: [Vec<usize>; 3],
    /// How many the ring has, by the first two.
    points: Vec<usize>,
}

fn digits(text: &str) -> Vec<usize> {
    let digits = text.chars().map(|digit| digit.to_digit(36).unwrap());
    digits.map(|digit| digit as usize).collect()
}

fn numbers(text: &str) -> Vec<usize> {
    let numbers = text.split_whitespace();
    numbers.map(|number| number.parse().unwrap()).collect()
}

fn observed() -> (Vec<List<'static>>, Vec<&'static str>) {
    let (lists, keys) = OWNERS.split_once("\nkeys\n").unwrap();
    let mut all: Vec<List<'_>> = Vec::new();
    for line in lists.lines().filter(|line| !line.starts_with('#')) {
        let Some((word, rest)) = line.split_once(' ') else {
            continue;
        };
        if word == "list" {
            all.push(List {
                name: rest,
                ..List::default()
            });
            continue;
        }
        let list = all.last_mut().unwrap();
        match word {
            "server" => {
                let (address, weight) = rest.split_once(' ').unwrap();
                list.servers.push((address.into(), weight.parse().unwrap()));
            }
            "ketama" => list.owners[0] = digits(rest),
            "nginx" => list.owners[1] = digits(rest),
            "modulo" => list.owners[2] = digits(rest),
            "points" => list.points = numbers(rest),
            _ => panic!("{line}"),
        }
    }
    (all, keys.lines().collect())
}

#[test]
fn every_key_is_where_others_have_it() {
    let (lists, keys) = observed();
    assert_eq!((lists.len(), keys.len()), (13, 300));
    for list in &lists {
        for (hash, owners) in HASHES.into_iter().zip(&list.owners) {
            assert_eq!(owners.len(), keys.len());
            let pool = pool(hash, &list.servers);
            let naive = Naive::new(hash, &list.servers);
            for (text, owner) in keys.iter().zip(owners) {
                let found = pool.route(&key(text));
                assert_eq!(found, *owner, "{}, {hash:?}, {text}", list.name);
                let twin = naive.route(text.as_bytes());
                assert_eq!(twin, *owner, "{}, {hash:?}, {text}, naive", list.name);
            }
        }
    }
}

#[test]
fn rings_have_as_many_points_as_those_of_others() {
    for list in observed().0 {
        if list.servers.len() == 1 {
            continue;
        }
        for (hash, points) in [Hash::Ketama, Hash::Nginx].into_iter().zip(list.points) {
            // Points that two servers have are one here.
            let own = pool(hash, &list.servers).points();
            assert!(
                (points - 2..=points).contains(&own),
                "{}, {hash:?}",
                list.name
            );
        }
    }
}

/// The lists of [`LARGE`].
fn large_servers(what: &str, count: usize) -> Vec<(String, u16)> {
    let servers = (0..count).map(|at| {
        let port = if at % 3 == 0 { 11211 } else { 12000 + at };
        let weight = if what == "weighted" {
            at * 7 % 11 + 1
        } else {
            1
        };
        let weight = u16::try_from(weight).unwrap();
        (format!("10.9.0.{}:{port}", at + 1), weight)
    });
    match what {
        "equal" | "weighted" => servers.collect(),
        named => named.split(',').map(|server| (server.into(), 1)).collect(),
    }
}

#[test]
fn rings_of_many_servers_are_rounded_as_those_of_others() {
    let lines: Vec<_> = LARGE
        .lines()
        .filter(|line| line.contains(": ") && !line.starts_with('#'))
        .collect();
    assert_eq!(lines.len(), 13);
    for line in lines {
        let (list, owners) = line.rsplit_once(": ").unwrap();
        let (what, count) = list.split_once(' ').unwrap();
        let pool = pool(Hash::Ketama, &large_servers(what, count.parse().unwrap()));
        let owners = numbers(owners);
        assert_eq!(owners.len(), 60);
        for (number, owner) in owners.into_iter().enumerate() {
            let text = format!("key{number}");
            assert_eq!(pool.route(&key(&text)), owner, "{list}, {text}");
        }
    }
}
