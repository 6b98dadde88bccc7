//! What the worker changes itself is not near any more.

use std::fs;
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use testkit::{Faulty, Memcached, Site, eventually, value_reply};

use super::{LONG, PUBLISHED, bring_near, status};

/// A lookup of the key `k`, and what else stands in front of it.
fn lookup(before: &str) -> String {
    let options = crate::options(&[r#""key" => "k""#, LONG]);
    format!("{before}\nmemcached.lookup {options};\nrespond 200 => \"missed\";\n{PUBLISHED}")
}

/// Stores the query of `/make?...`.
fn maker() -> String {
    let options = crate::options(&[r#""key" => "k""#]);
    format!(
        r#"
if req.path == "/make" {{
	respond 200 => "%{{req.query}}";
	memcached.store {options};
}}
"#
    )
}

#[test]
fn own_stores() {
    let cache = Memcached::start();
    cache.set("k", 0, b"old");
    let site = Site::start(&lookup(&maker()), &[("CACHE", &cache)]);
    bring_near(&site, "/");
    for number in 0..5 {
        let text = format!("new{number}");
        assert_eq!(site.get(&format!("/make?{text}")).text(), text);
        // What is found while it is being stored does not count.
        eventually("the new value is near", || {
            let page = site.get("/");
            status(&page) == "near" && page.text() == text
        });
    }
    site.stop();
}

#[test]
fn own_deletes() {
    let cache = Memcached::start();
    let delete = crate::options(&[r#""key" => "k", "headers" => false"#]);
    let site = Site::start(
        &lookup(&format!("memcached.delete {delete};")),
        &[("CACHE", &cache)],
    );
    for method in ["PURGE", "DELETE"] {
        cache.set("k", 0, b"old");
        bring_near(&site, "/");
        assert_eq!(site.request(method, "/", &[]).status, 204);
        assert_eq!(site.get("/").text(), "missed");
    }
    site.stop();
}

/// Soft ones, invalidations by requests, and whole namespaces.
#[test]
fn other_purges() {
    let backend = testkit::Backend::constant(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 4\r\n\r\npage",
    );
    let cache = Memcached::start();
    let options = crate::options(&[LONG, r#""namespace" => "n""#]);
    let soft = crate::options(&[r#""namespace" => "n", "key" => none, "soft" => 60"#]);
    let bump = crate::options(&[r#""namespace" => "n""#]);
    let config = format!(
        r#"
if req.path == "/bump" {{
	memcached.delete {bump};
}} else {{
	memcached.delete {soft};
	memcached.cache ({options}, {{ proxy "$BACKEND"; }});
}}
{PUBLISHED}"#
    );
    let site = Site::start(&config, &[("CACHE", &cache), ("BACKEND", &backend)]);
    let fill = || {
        eventually("it is near", || status(&site.get("/a")) == "near");
    };
    fill();
    assert_eq!(site.request("PURGE", "/a", &[]).status, 204);
    assert_eq!(status(&site.get("/a")), "stale");
    fill();
    let post = site.request("POST", "/a", &[("Content-Length", "0")]);
    assert_eq!(post.status, 200);
    assert_eq!(status(&site.get("/a")), "miss");
    fill();
    assert_eq!(site.request("PURGE", "/bump", &[]).status, 204);
    assert_eq!(status(&site.get("/a")), "miss");
    site.stop();
}

#[test]
fn scripts() {
    let cache = Memcached::start();
    let config = lookup("if req.path == \"/script\" { lua.handler \"$DIR/script.lua\"; }");
    let builder = Site::builder().module("mod_lua");
    let site = builder.start(&config, &[("CACHE", &cache)]);
    let script = format!(
        r#"
local con = memcached.new("{cache}")
actions = function(vr)
	if not req then
		local query = vr.req.uri.query
		if query == "set" then
			req = con:set("k", "set", vr)
		elseif query == "setq" then
			con:setq("k", "setq")
			req = con:get("other", vr)
		elseif query == "append" then
			req = con:append("k", "+", vr)
		elseif query == "delete" then
			req = con:delete("k", vr)
		end
	end
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add("done")
	end
	return lighty.HANDLER_GO_ON
end
"#
    );
    fs::write(site.dir().join("script.lua"), script).expect("a file");
    for (call, after) in [
        ("set", "set"),
        ("setq", "setq"),
        ("append", "old+"),
        ("delete", "missed"),
    ] {
        site.get("/script?delete");
        cache.set("k", 0, b"old");
        bring_near(&site, "/");
        assert_eq!(
            site.get(&format!("/script?{call}")).text(),
            "done",
            "{call}"
        );
        assert_eq!(site.get("/").text(), after, "{call}");
    }
    site.stop();
}

/// The answer to a lookup that was sent before a store comes after it.
#[test]
fn what_was_asked_before_does_not_come_back() {
    let cache = Faulty::start();
    cache.set("k", b"new");
    let gate = Arc::new((Mutex::new(true), Condvar::new()));
    let (asked, was_asked) = mpsc::channel();
    let at_gate = Arc::clone(&gate);
    cache.behave(move |peer| {
        while let Some(request) = peer.request() {
            let mut held = at_gate.0.lock().unwrap();
            if request.verb == "get" && *held {
                // What it has read is from before the store.
                asked.send(()).unwrap();
                while *held {
                    held = at_gate.1.wait(held).unwrap();
                }
                peer.send(&value_reply("k", b"old"));
            } else {
                peer.answer(&request);
            }
        }
    });
    let patient = r#""timeout_ms" => 20000"#;
    let config = lookup(&maker()).replace(LONG, &format!("{LONG}, {patient}"));
    let site = Site::start(&config, &[("CACHE", &cache)]);
    thread::scope(|scope| {
        let first = scope.spawn(|| site.get("/"));
        was_asked.recv().expect("a lookup");
        assert_eq!(site.get("/make?new").text(), "new");
        eventually("it is stored", || {
            cache.requests().iter().any(|request| request.verb == "set")
        });
        *gate.0.lock().unwrap() = false;
        gate.1.notify_all();
        assert_eq!(first.join().expect("a response").text(), "old");
    });
    let page = site.get("/");
    assert_eq!((page.text().as_str(), status(&page)), ("new", "hit"));
    site.stop();
}
