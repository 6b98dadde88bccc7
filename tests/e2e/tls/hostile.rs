//! Servers that want to keep the worker busy. The keys of others come all the same.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

use memcached_tls::testing::Versions;
use testkit::{Faulty, Memcached, Peer, Site, eventually, slack};

use super::Papers;
use super::peer::{Connection, TlsServer, config};

/// Pages of both are asked for at the same time until the log says this of the bad one; those of
/// the other are found meanwhile.
fn good_ones_come(papers: &Papers, bad: &dyn Display, said: &str) {
    let good = Memcached::start();
    good.set("/good", 0, b"good");
    let ca = papers.option("tls_ca", "ca.pem");
    let times = "\"connect_timeout_ms\" => 300, \"timeout_ms\" => 300, \"retry_ms\" => 20";
    let lookup = |server: &str, more: &str| {
        format!(
            "memcached.lookup ([\"server\" => \"{server}\", {more}], {{}}, {{ respond 200 => \
             \"missed\"; }});"
        )
    };
    let text = format!(
        "if req.path == \"/good\" {{ {} }} else {{ {} }}",
        lookup("$GOOD", "\"timeout_ms\" => 5000"),
        lookup("$CACHE", &format!("\"tls\" => true, {ca}, {times}")),
    );
    let site = Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&text, &[("CACHE", bad), ("GOOD", &good)]);
    let before = site.resident_kib();
    thread::scope(|scope| {
        for client in 0..4 {
            let site = &site;
            scope.spawn(move || {
                let mut connection = site.connect();
                for number in 0..20 {
                    let page = connection.get(&format!("/bad/{client}/{number}"));
                    assert_eq!(page.text(), "missed");
                }
            });
        }
        let begin = Instant::now();
        for _ in 0..200 {
            assert_eq!(site.get("/good").text(), "good");
        }
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(10) + slack(), "{took:?}");
    });
    eventually(&format!("{said:?} in the log"), || {
        site.get("/bad");
        site.log().contains(&format!("memcached {bad}: {said}"))
    });
    let grown = site.resident_kib().saturating_sub(before);
    // AddressSanitizer keeps 16 MiB of what was freed, and notes beside what is not.
    let watched = std::env::var_os("ASAN_OPTIONS").is_some();
    let most = if watched { 40 } else { 8 };
    assert!(grown < most * 1024, "{grown} KiB more");
    site.stop();
}

fn behind_the_handshake(
    versions: Versions,
    said: &str,
    treat: impl Fn(&mut Connection) -> Option<()> + Send + Sync + 'static,
) {
    let papers = Papers::new();
    let server = TlsServer::with(config(&papers, versions), move |connection| {
        if connection.shake_hands(usize::MAX, Duration::ZERO).is_some() {
            let _ = treat(connection);
        }
    });
    good_ones_come(&papers, &server, said);
}

#[test]
fn new_keys_for_ever() {
    let said = "TLS: peer misbehaved: TooManyKeyUpdateRequests";
    behind_the_handshake(Versions::New, said, |connection| {
        loop {
            connection.change_keys()?;
        }
    });
}

#[test]
fn tickets_for_ever() {
    let papers = Papers::new();
    let config = config(&papers, Versions::New).with_tickets(1500);
    let server = TlsServer::with(config, |connection| {
        connection.shake_hands(usize::MAX, Duration::ZERO);
        connection.await_end();
    });
    let said = "TLS: the server sends much and says nothing";
    good_ones_come(&papers, &server, said);
}

/// One byte at a time of a value that never ends.
#[test]
fn a_value_for_ever() {
    behind_the_handshake(Versions::New, "no answer within 300 ms", |connection| {
        loop {
            let line = connection.line()?;
            let Some(key) = line.strip_prefix("get ") else {
                connection.send(b"VERSION 1\r\n")?;
                continue;
            };
            connection.send(format!("VALUE {key} 0 100000000\r\n").as_bytes())?;
            loop {
                connection.send(b"x")?;
            }
        }
    });
}

/// What follows the last word of a server is nothing, however much that is.
#[test]
fn data_behind_the_last_word() {
    for versions in [Versions::Old, Versions::New] {
        let said = "connection closed before the answer";
        behind_the_handshake(versions, said, |connection| {
            connection.line()?;
            connection.close()?;
            loop {
                connection.raw(&[0; 4096])?;
            }
        });
    }
}

/// Bytes that could still become the server's first word.
#[test]
fn a_handshake_for_ever() {
    let papers = Papers::new();
    let server = Faulty::start();
    server.behave(|peer| {
        peer.answers_version = false;
        // A record of 16 KiB, in which a message of 64 KiB begins.
        peer.send(&[22, 3, 3, 0x40, 0, 2, 0, 0xff, 0xff]);
        peer.drip(&[0; 16 << 10], 1, Duration::from_millis(1));
        Peer::hang(peer);
    });
    good_ones_come(&papers, &server, "no TLS handshake within 300 ms");
}
