//! One of several servers is down: the others do not notice.

use memcached_core::pool::Hash;
use testkit::{Faulty, Memcached};

use super::{Fleet, paths};

/// Short, so that it is tried again soon.
const HASTY: &str = r#""timeout_ms" => 200, "connect_timeout_ms" => 200, "retry_ms" => 50"#;

/// Where a page is not found, and after a while is.
fn fill(fleet: &Fleet, site: &testkit::Site) {
    for path in paths() {
        site.get(&path);
    }
    for path in paths() {
        site.get_hit(&path);
        assert_eq!(fleet.holders(&path).len(), 1, "{path}");
    }
}

#[test]
fn keys_of_a_killed_server_miss_and_are_stored_nowhere() {
    let mut fleet = Fleet::start(Hash::Ketama, &[1, 1, 1, 1, 1]);
    let site = fleet.site(HASTY);
    fill(&fleet, &site);
    let dead = fleet.home("/page/0");
    fleet.servers[dead].kill();
    let items = |fleet: &Fleet| {
        let servers = fleet.servers.iter().enumerate();
        let living = servers.filter(|(at, _)| *at != dead);
        living
            .map(|(_, server)| server.stat("curr_items"))
            .sum::<u64>()
    };
    let before = items(&fleet);
    for _ in 0..5 {
        for path in paths() {
            let expected = if fleet.home(&path) == dead {
                "Miss"
            } else {
                "Hit"
            };
            assert_eq!(site.get(&path).cache(), expected, "{path}");
        }
    }
    assert_eq!(items(&fleet), before, "stored nowhere else");
    fleet.servers[dead].restart();
    for path in paths() {
        site.get_hit(&path);
        assert_eq!(fleet.holders(&path), [fleet.home(&path)], "{path}");
    }
    let log = site.stop();
    let name = fleet.servers[dead].to_string();
    assert!(log.contains(&format!("memcached {name}: ")), "{log}");
    for (at, server) in fleet.servers.iter().enumerate() {
        let is_named = log.contains(&format!("memcached {server}: "));
        assert_eq!(is_named, at == dead, "{server}\n{log}");
    }
}

#[test]
fn a_server_that_hangs_delays_its_own_keys_alone() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1, 1, 1]);
    // Who is asked for a key of the one that hangs waits long.
    let site = fleet.site(r#""timeout_ms" => 3600000"#);
    fill(&fleet, &site);
    let hung = fleet.home("/page/0");
    fleet.servers[hung].suspend();
    let mut waiting = site.connect();
    waiting.send_request("GET", "/page/0", &[]);
    site.await_read();
    for path in paths().filter(|path| fleet.home(path) != hung) {
        assert_eq!(site.get(&path).cache(), "Hit", "{path}");
    }
    fleet.servers[hung].resume();
    let late = waiting.response("GET").expect("an answer");
    assert_eq!(late.cache(), "Hit");
    site.stop();
}

/// Each of these is in the place of one of three servers; its keys miss within the
/// time-outs, those of the others hit, whatever happens beside them.
#[test]
fn the_others_hit_beside_any_faulty_one() {
    let garbage = Faulty::start();
    garbage.behave(|peer| {
        while peer.request().is_some() {
            peer.send(b"\x00\xffVALUE nonsense\r\n\r\nEND\r\nEND\r\n");
        }
    });
    let silent = Faulty::start();
    silent.behave(|peer| while peer.request().is_some() {});
    let full = Faulty::with_full_queue();
    for (name, faulty) in [("garbage", &garbage), ("silent", &silent), ("full", &full)] {
        let living = [Memcached::start(), Memcached::start()];
        let texts = [
            living[0].to_string(),
            faulty.to_string(),
            living[1].to_string(),
        ];
        let fleet = Fleet::of(Hash::Ketama, &texts);
        let site = fleet.site(HASTY);
        let of_living = || paths().filter(|path| fleet.home(path) != 1);
        for path in of_living() {
            site.get(&path);
            site.get_hit(&path);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for path in paths().filter(|path| fleet.home(path) == 1) {
                        assert_eq!(site.get(&path).cache(), "Miss", "{name} {path}");
                    }
                });
                scope.spawn(|| {
                    for _ in 0..5 {
                        for path in of_living() {
                            assert_eq!(site.get(&path).cache(), "Hit", "{name} {path}");
                        }
                    }
                });
            }
        });
        let log = site.stop();
        assert!(
            log.contains(&format!("memcached {faulty}: ")),
            "{name}\n{log}"
        );
        for server in &living {
            assert!(
                !log.contains(&format!("memcached {server}: ")),
                "{name}\n{log}"
            );
        }
    }
}
