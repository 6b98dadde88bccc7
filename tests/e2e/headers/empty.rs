//! Errors without a body, in whose place the server sends a page of its own when
//! it makes them itself.

use std::io::Write;

use testkit::{Backend, Client};

use super::Cached;

const HEAD: &str =
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/x-own\r\nETag: \"a\"\r\nX-Own: 1\r\n";

fn start() -> Cached {
    let backend = Backend::start(|_, stream| {
        drop(write!(stream, "{HEAD}Content-Length: 0\r\n\r\n"));
    });
    let cached = Cached::start(r#""status" => [404]"#, backend);
    cached.get("/a", &[]);
    let item = cached.stored("/a");
    assert!(item.ends_with("\r\n\r\n"), "{item}");
    cached
}

#[test]
fn a_hit_is_what_was_stored() {
    let cached = start();
    let mut client = Client::connect(cached.site.addr);
    // The connection can be used again.
    for method in ["GET", "HEAD", "GET", "GET"] {
        client.send_request(method, "/a", &[]);
        let hit = client.response(method).expect("a response");
        assert_eq!((hit.status, hit.cache()), (404, "Hit"), "{method}");
        for (name, value) in [
            ("Content-Type", "text/x-own"),
            ("ETag", "\"a\""),
            ("X-Own", "1"),
        ] {
            assert_eq!(hit.header(name), Some(value), "{method} {name}");
        }
        assert_eq!(hit.text(), "", "{method}");
    }
    assert_eq!(cached.backend.requests(), 1);
    cached.site.stop();
}

#[test]
fn a_client_of_http_1_0_sees_its_end() {
    let cached = start();
    let mut client = Client::connect(cached.site.addr);
    client.send(b"GET /a HTTP/1.0\r\n\r\n");
    let hit = client.response("GET").expect("a response");
    assert_eq!((hit.status, &*hit.text()), (404, ""));
    assert_eq!(hit.header("ETag"), Some("\"a\""));
    assert!(hit.header("Transfer-Encoding").is_none());
    assert_eq!(cached.backend.requests(), 1);
    cached.site.stop();
}
