//! What other clients store is found, and the other way round.

use std::io::Write;
use std::process::{Command, Stdio};

use memcached_core::pool::Hash;
use testkit::{Client, Nginx};

use super::{Fleet, many_paths as paths};

const PYTHON: &str = r#"
import pylibmc, sys
servers = [line.split() for line in sys.argv[1].split(",")]
client = pylibmc.Client([address for address, _ in servers])
client.behaviors = {"ketama_weighted": True}
if any(weight != "1" for _, weight in servers):
    sys.exit("pylibmc takes no weights")
for path in sys.stdin.read().split():
    if sys.argv[2] == "set":
        client.set(path, "foreign " + path, 300)
    else:
        print(path, client.get(path).decode() if client.get(path) else "missing")
"#;

const PHP: &str = r#"
$client = new Memcached();
$client->setOption(Memcached::OPT_LIBKETAMA_COMPATIBLE, true);
$client->setOption(Memcached::OPT_COMPRESSION, false);
foreach (explode(",", $argv[1]) as $server) {
    [$address, $weight] = explode(" ", $server);
    [$host, $port] = explode(":", $address);
    $client->addServer($host, (int)$port, (int)$weight);
}
foreach (preg_split("/\s+/", trim(stream_get_contents(STDIN))) as $path) {
    if ($argv[2] == "set") $client->set($path, "foreign $path", 300);
    else echo $path, " ", $client->get($path) ?: "missing", "\n";
}
"#;

/// Runs a client's script, which stores or shows the pages of [`paths`].
fn run(program: &[&str], fleet: &Fleet, weights: &[u16], what: &str) -> String {
    let servers = fleet.servers.iter().zip(weights);
    let servers: Vec<_> = servers
        .map(|(server, weight)| format!("{server} {weight}"))
        .collect();
    let mut process = Command::new(program[0])
        .args(&program[1..])
        .args([&servers.join(","), what])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program[0]));
    let paths: Vec<_> = paths().collect();
    let mut input = process.stdin.take().expect("a pipe");
    input
        .write_all(paths.join("\n").as_bytes())
        .expect("it reads");
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{program:?} {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// Both ways.
fn exchange(program: &[&str], weights: &[u16]) {
    let fleet = Fleet::start(Hash::Ketama, weights);
    let site = fleet.site("");
    run(program, &fleet, weights, "set");
    for path in paths() {
        let hit = site.get(&path);
        let found = (hit.cache(), hit.text());
        assert_eq!(found, ("Hit", format!("foreign {path}")), "{path}");
        assert_eq!(site.request("PURGE", &path, &[]).status, 204);
    }
    for path in paths() {
        assert_eq!(site.get(&path).cache(), "Miss", "{path}");
    }
    for path in paths() {
        site.get_hit(&path);
    }
    let shown = run(program, &fleet, weights, "get");
    for path in paths() {
        let line = format!("{path} page of {path}\n");
        assert!(shown.contains(&line), "{path}\n{shown}");
    }
    site.stop();
}

#[test]
fn pylibmc_and_we() {
    exchange(&["/usr/bin/python3", "-c", PYTHON], &[1, 1, 1, 1, 1]);
}

#[test]
fn php_and_we() {
    exchange(&["php", "-r", PHP, "--"], &[1, 1, 1, 1, 1]);
    exchange(&["php", "-r", PHP, "--"], &[1, 3, 2]);
}

/// nginx, which finds what we have stored, and stores what we find, with its ring and
/// without one.
#[test]
fn nginx_and_we() {
    for (hash, ours, theirs, weights) in [
        (Hash::Nginx, "nginx", " consistent", &[1, 1, 1, 1, 1][..]),
        (Hash::Nginx, "nginx", " consistent", &[1, 3, 2]),
        (Hash::Modulo, "modulo", "", &[1, 1, 1, 1, 1]),
        (Hash::Modulo, "modulo", "", &[1, 3, 2]),
    ] {
        let fleet = Fleet::start(hash, weights);
        let servers = fleet.servers.iter().zip(weights);
        let servers: Vec<_> = servers
            .map(|(server, weight)| (server.to_string(), *weight))
            .collect();
        let nginx = Nginx::with_servers(&servers, theirs);
        let site = fleet.site(&format!("\"hash\" => \"{ours}\""));
        let mut client = Client::connect(nginx.addr);
        for path in paths() {
            let text = format!("foreign {path}");
            let len = text.len();
            let head = format!("PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n");
            client.send((head + &text).as_bytes());
            let stored = client.response("PUT").expect("a response");
            assert_eq!(stored.status, 201, "{}", nginx.log());
            let hit = site.get(&path);
            assert_eq!((hit.cache(), hit.text()), ("Hit", text), "{ours} {path}");
            assert_eq!(site.request("PURGE", &path, &[]).status, 204);
            assert_eq!(client.get(&path).status, 404, "{ours} {path}");
        }
        for path in paths() {
            site.get(&path);
            site.get_hit(&path);
            let found = client.get(&path);
            let page = (200, format!("page of {path}"));
            assert_eq!((found.status, found.text()), page, "{ours} {path}");
        }
        site.stop();
    }
}
