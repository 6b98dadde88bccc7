//! Each key is on one server, the same for all that has to do with it.

use memcached_core::pool::Hash;
use testkit::check_config;

use super::{Fleet, paths};

#[test]
fn pages_are_where_the_ring_says_and_nowhere_else() {
    for (hash, name, weights) in [
        (Hash::Ketama, "ketama", &[1, 1, 1, 1, 1][..]),
        (Hash::Ketama, "ketama", &[1, 3, 2]),
        (Hash::Nginx, "nginx", &[1, 1, 4]),
        (Hash::Modulo, "modulo", &[2, 1, 1]),
    ] {
        let fleet = Fleet::start(hash, weights);
        let site = fleet.site(&format!("\"hash\" => \"{name}\""));
        for path in paths() {
            assert_eq!(site.get(&path).cache(), "Miss", "{path}");
        }
        for path in paths() {
            let hit = site.get_hit(&path);
            assert_eq!(hit.text(), format!("page of {path}"));
            assert_eq!(fleet.holders(&path), [fleet.home(&path)], "{name} {path}");
        }
        for at in 0..weights.len() {
            // By chance a server may have none.
            let own = paths().filter(|path| fleet.home(path) == at);
            let items = fleet.servers[at].stat("curr_items");
            assert_eq!(items, own.count() as u64, "{name} {at}");
        }
        site.stop();
    }
}

#[test]
fn a_purge_goes_to_the_server_that_has_the_item() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
    let site = fleet.site("");
    for path in paths() {
        site.get(&path);
        site.get_hit(&path);
        // One that is not asked.
        let other = &fleet.servers[(fleet.home(&path) + 1) % 3];
        other.set(&path, 0, b"not ours");
        // `delete` is of the right path or 404.
        assert_eq!(site.request("PURGE", &path, &[]).status, 204, "{path}");
        assert_eq!(site.request("PURGE", &path, &[]).status, 404, "{path}");
        assert_eq!(site.get(&path).cache(), "Miss", "{path}");
    }
    site.stop();
}

#[test]
fn the_log_has_the_names_in_the_ring() {
    let fleet = Fleet::start(Hash::Ketama, &[1, 1]);
    let site = fleet.site_logging("");
    site.get("/");
    let log = site.stop();
    let first = &fleet.servers[0];
    let told = format!("names of servers in the ring: {first} is \"{first}\", ");
    assert!(log.contains(&told), "{log}");
}

#[test]
fn lists_that_are_pools() {
    for server in [
        r#"["127.0.0.1"]"#,
        r#"["127.0.0.1", "127.0.0.1:7", "[::1]:8", "unix:/run/a.sock"]"#,
        r#"["127.0.0.1" => 1, "127.0.0.2" => 1000]"#,
        r#"["a=127.0.0.1", "a.b-c_1=unix:/run/a=b.sock"]"#,
        r#""alpha=127.0.0.1:11211""#,
    ] {
        for hash in ["ketama", "nginx", "modulo"] {
            let line =
                format!("memcached.lookup [\"server\" => {server}, \"hash\" => \"{hash}\"];");
            let checked = check_config(&line);
            assert_eq!(checked.status, Some(0), "{line}\n{}", checked.output);
        }
    }
}

#[test]
fn lists_that_are_none() {
    let many: Vec<_> = (1..=101).map(|at| format!("\"10.0.0.{at}\"")).collect();
    let many = format!("[{}]", many.join(", "));
    for (options, told) in [
        (r#""server" => []"#, &["\"server\"", "needs a server"][..]),
        (r#""server" => 5"#, &["\"server\"", "address", "a number"]),
        (r#""server" => [5]"#, &["\"server\"", "address", "a number"]),
        (
            r#""server" => ["127.0.0.1" => 0]"#,
            &["\"server\"", "from 1 to 1000", "0"],
        ),
        (
            r#""server" => ["127.0.0.1" => 1001]"#,
            &["\"server\"", "from 1 to 1000", "1001"],
        ),
        (
            r#""server" => ["127.0.0.1" => "5"]"#,
            &["\"server\"", "weights", "a string"],
        ),
        (r#""server" => [default => 5]"#, &["\"server\"", "default"]),
        (
            r#""server" => ["127.0.0.1", "127.0.0.1:11211"]"#,
            &["\"server\"", "\"127.0.0.1\"", "two"],
        ),
        (
            r#""server" => ["a=127.0.0.1", "a=127.0.0.2"]"#,
            &["\"server\"", "\"a\"", "two"],
        ),
        (
            r#""server" => "a b=127.0.0.1""#,
            &["\"server\"", "a b=127.0.0.1", "NAME=ADDRESS"],
        ),
        (
            r#""server" => "=127.0.0.1""#,
            &["\"server\"", "NAME=ADDRESS"],
        ),
        (
            r#""server" => ["127.0.0.1", "1.2.3"]"#,
            &["\"server\"", "1.2.3"],
        ),
        (r#""hash" => "crc""#, &["\"hash\"", "ketama", "crc"]),
        (r#""hash" => 5"#, &["\"hash\"", "ketama", "a number"]),
        (
            &format!("\"server\" => {many}"),
            &["\"server\"", "at most 100", "101"],
        ),
    ] {
        for action in ["memcached.lookup", "memcached.store", "memcached.delete"] {
            let checked = check_config(&format!("{action} [{options}];"));
            assert_eq!(checked.status, Some(1), "{options}\n{}", checked.output);
            for word in told.iter().chain([&action]) {
                let output = &checked.output;
                assert!(output.contains(word), "{options}: {word} in\n{output}");
            }
        }
    }
}
