//! Pools that a setup block makes.

use memcached_core::pool::Hash;
use testkit::{Site, check_config_with};

use super::{Fleet, paths};

const CONFIG: &str = r#"
memcached.lookup (["pool" => "pages"], {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	respond 200 => "made";
	memcached.store ["server" => $SERVERS, "hash" => "nginx"];
});
"#;

/// An action that names the pool, and one that lists its servers, have one cache.
#[test]
fn a_pool_is_its_servers() {
    let fleet = Fleet::start(Hash::Nginx, &[1, 2, 1]);
    let setup = r#"memcached.pool "pages" => ["server" => $SERVERS, "hash" => "nginx"];"#;
    let site = Site::builder()
        .setup(setup)
        .start(CONFIG, &[("SERVERS", &fleet.option)]);
    for path in paths() {
        assert_eq!(site.get(&path).cache(), "Miss", "{path}");
        site.get_hit(&path);
        assert_eq!(fleet.holders(&path), [fleet.home(&path)], "{path}");
    }
    site.stop();
}

#[test]
fn what_can_be_said_of_a_pool() {
    let usual = r#"memcached.pool "a" => ["server" => ["127.0.0.1", "127.0.0.2"]];"#;
    for (setup, line) in [
        (usual, r#"memcached.lookup ["pool" => "a"];"#),
        (
            usual,
            r#"memcached.lookup ["pool" => "a", "timeout_ms" => 5];"#,
        ),
        (
            usual,
            r#"memcached.delete ["pool" => "a", "namespace" => "x"];"#,
        ),
        (
            r#"memcached.pool "a" => [];"#,
            r#"memcached.lookup ["pool" => "a"];"#,
        ),
        (
            r#"memcached.pool "a" => ["timeout_ms" => 5, "retry_ms" => 5, "failover" => "next"];
               memcached.pool "b" => ["connect_timeout_ms" => 5];"#,
            r#"memcached.lookup ["pool" => "b"];"#,
        ),
        ("", r#"memcached.lookup ["pool" => none];"#),
    ] {
        let checked = check_config_with(&Site::builder().setup(setup), line);
        assert_eq!(
            checked.status,
            Some(0),
            "{setup} {line}\n{}",
            checked.output
        );
    }
}

#[test]
fn what_is_no_pool() {
    let usual = r#"memcached.pool "a" => ["server" => ["127.0.0.1", "127.0.0.2"]];"#;
    for (setup, line, told) in [
        (
            usual,
            r#"memcached.lookup ["pool" => "b"];"#,
            &["\"pool\"", "(\"a\")", "\"b\""][..],
        ),
        (
            "",
            r#"memcached.lookup ["pool" => "b"];"#,
            &["\"pool\"", "(none)", "\"b\""],
        ),
        (
            usual,
            r#"memcached.lookup ["pool" => 5];"#,
            &["\"pool\"", "a number"],
        ),
        (
            usual,
            r#"memcached.lookup ["pool" => "a", "server" => "127.0.0.1"];"#,
            &["\"pool\" and \"server\" exclude"],
        ),
        (
            usual,
            r#"memcached.lookup ["retry_ms" => 5, "pool" => "a"];"#,
            &["\"pool\" and \"retry_ms\" exclude"],
        ),
        (
            r#"memcached.pool "a" => ["key" => "x"];"#,
            "",
            &["memcached.pool", "\"a\"", "\"key\"", "takes server"],
        ),
        (
            r#"memcached.pool "a" => ["server" => "x y"];"#,
            "",
            &["memcached.pool", "\"a\"", "x y"],
        ),
        (
            r#"memcached.pool "a" => ["server" => []];"#,
            "",
            &["memcached.pool", "\"a\"", "needs a server"],
        ),
        (
            r#"memcached.pool "a";"#,
            "",
            &["memcached.pool", "expected \"NAME\" => options"],
        ),
        (
            "memcached.pool;",
            "",
            &["memcached.pool", "expected \"NAME\" => options"],
        ),
        (
            r#"memcached.pool "" => [];"#,
            "",
            &["memcached.pool", "expected \"NAME\" => options"],
        ),
        (
            r#"memcached.pool "a" => []; memcached.pool "a" => [];"#,
            "",
            &["memcached.pool", "\"a\" already"],
        ),
    ] {
        let checked = check_config_with(&Site::builder().setup(setup), line);
        assert_eq!(
            checked.status,
            Some(1),
            "{setup} {line}\n{}",
            checked.output
        );
        for word in told {
            let output = &checked.output;
            assert!(output.contains(word), "{setup} {line}: {word} in\n{output}");
        }
    }
}
