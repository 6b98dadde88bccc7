//! Servers that speak TLS badly, or too slowly.

use std::time::{Duration, Instant};

use memcached_tls::testing::Versions;
use testkit::{Faulty, Peer, Site, eventually, slack};

use super::Papers;
use super::peer::{Connection, TlsServer};

const BOTH: [Versions; 2] = [Versions::Old, Versions::New];

/// Looks pages up alone; a miss is "missed".
fn site(papers: &Papers, times: &str, server: &dyn std::fmt::Display) -> Site {
    let ca = papers.option("tls_ca", "ca.pem");
    let config = crate::looked_up(&format!("\"tls\" => true, {ca}, {times}"));
    Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&config, &[("CACHE", server)])
}

const USUAL: &str = r#""connect_timeout_ms" => 2000, "timeout_ms" => 2000, "retry_ms" => 50"#;

/// Each answer is a miss until the log says why.
fn misses(server: &dyn std::fmt::Display, papers: &Papers, times: &str, said: &[&str]) {
    let site = site(papers, times, server);
    eventually(&format!("one of {said:?} in the log"), || {
        let page = site.get("/a");
        assert_eq!((page.status, page.text().as_str()), (200, "missed"));
        let log = site.log();
        said.iter()
            .any(|said| log.contains(&format!("memcached {server}: {said}")))
    });
    site.stop();
}

#[test]
fn silence_costs_no_more_than_the_time_for_connecting() {
    let papers = Papers::new();
    let server = Faulty::start();
    server.behave(Peer::hang);
    let times = r#""connect_timeout_ms" => 150, "timeout_ms" => 5000, "retry_ms" => 50"#;
    let site = site(&papers, times, &server);
    let begin = Instant::now();
    assert_eq!(site.get("/a").text(), "missed");
    assert!(begin.elapsed() < Duration::from_millis(150) + slack());
    site.await_log("no TLS handshake within 150 ms");
    site.stop();
}

#[test]
fn a_handshake_that_takes_too_long() {
    let papers = Papers::new();
    for versions in BOTH {
        let server = TlsServer::start(&papers, versions, |connection| {
            connection.shake_hands(1, Duration::from_millis(1));
            connection.serve(b"found");
        });
        let times = r#""connect_timeout_ms" => 100, "timeout_ms" => 5000, "retry_ms" => 50"#;
        misses(&server, &papers, times, &["no TLS handshake within 100 ms"]);
    }
}

#[test]
fn a_handshake_in_bits() {
    let papers = Papers::new();
    for versions in BOTH {
        let server = TlsServer::start(&papers, versions, |connection| {
            connection.shake_hands(1, Duration::ZERO);
            connection.serve(b"found");
        });
        let site = site(&papers, USUAL, &server);
        assert_eq!(site.get_hit("/a").text(), "found", "{versions:?}");
        let log = site.stop();
        assert!(!log.contains("(error)"), "{log}");
    }
}

/// What one connection does after the handshake, and one of these lines says so.
fn after(
    said: &[&str],
    treat: impl Fn(&mut Connection) -> Option<()> + Copy + Send + Sync + 'static,
) {
    let papers = Papers::new();
    for versions in BOTH {
        let server = TlsServer::start(&papers, versions, move |connection| {
            if connection.shake_hands(usize::MAX, Duration::ZERO).is_some() {
                let _ = treat(connection);
            }
        });
        misses(&server, &papers, USUAL, said);
    }
}

#[test]
fn garbage_behind_the_handshake() {
    after(
        &["TLS: what the server sends is no TLS any more"],
        |connection| {
            connection.line()?;
            connection.raw(b"VALUE /a 0 5\r\nplain\r\nEND\r\n")?;
            connection.await_end();
            None
        },
    );
}

#[test]
fn a_record_that_is_too_long() {
    after(&["TLS: "], |connection| {
        connection.line()?;
        connection.raw(&[23, 3, 3, 0xff, 0xff])?;
        connection.await_end();
        None
    });
}

#[test]
fn a_byte_that_was_changed() {
    after(&["TLS: bytes were changed on their way"], |connection| {
        connection.line()?;
        let mut sealed = connection.seal(b"VALUE /a 0 5\r\nplain\r\nEND\r\n");
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        connection.raw(&sealed)?;
        connection.await_end();
        None
    });
}

#[test]
fn data_that_nobody_asked_for() {
    after(&["protocol error: "], |connection| {
        connection.send(b"END\r\nVALUE /a 0 5\r\nplain\r\nEND\r\n")?;
        connection.await_end();
        None
    });
}

#[test]
fn a_value_of_another_key() {
    after(&["protocol error: "], |connection| {
        connection.line()?;
        connection.send(b"VALUE /b 0 5\r\nother\r\nEND\r\n")?;
        connection.await_end();
        None
    });
}

/// The server says that it closes, or just does, in the middle of a value.
#[test]
fn an_end_in_the_middle() {
    let said = [
        "connection closed before the answer",
        "Connection reset by peer",
    ];
    after(&said, |connection| {
        connection.line()?;
        connection.send(b"VALUE /a 0 5\r\npla")?;
        connection.close()
    });
    after(&said, |connection| {
        connection.line()?;
        connection.send(b"VALUE /a 0 5\r\npla")
    });
    after(&said, |connection| {
        connection.line()?;
        let sealed = connection.seal(b"VALUE /a 0 5\r\nplain\r\nEND\r\n");
        connection.raw(&sealed[..sealed.len() - 1])
    });
}

#[test]
fn an_end_in_the_handshake() {
    let papers = Papers::new();
    let server = Faulty::start();
    server.behave(|peer| {
        peer.answers_version = false;
        peer.skip(50);
        peer.close();
    });
    let said = [
        "TLS: the server closed the connection at once",
        "TLS handshake: Connection reset by peer",
    ];
    misses(&server, &papers, USUAL, &said);
}

/// A value and the end of the connection in one read: the value counts.
#[test]
fn an_end_behind_the_answer() {
    let papers = Papers::new();
    for versions in BOTH {
        let server = TlsServer::start(&papers, versions, |connection| {
            let treat = |connection: &mut Connection| {
                connection.shake_hands(usize::MAX, Duration::ZERO)?;
                let line = connection.line()?;
                let key = line.strip_prefix("get ")?;
                let mut sealed = connection.seal(&testkit::value_reply(key, b"found"));
                connection.tls_end(&mut sealed);
                connection.raw(&sealed)
            };
            let _ = treat(connection);
        });
        let site = site(&papers, USUAL, &server);
        for _ in 0..5 {
            assert_eq!(site.get_hit("/a").text(), "found", "{versions:?}");
        }
        site.stop();
    }
}
