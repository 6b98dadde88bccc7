//! What scripts purge.

use std::fs;

use testkit::{Memcached, Site, eventually};

use super::{builder, cached, numbering, shown};

/// A site in front of whose pages a script runs for targets below `/script`.
fn site(cache: &Memcached, script: &str) -> Site {
    let pages = cached(r#""namespace" => "site", "key" => "%{req.path}""#);
    let config = format!(
        "if req.path =^ \"/script\" {{ lua.handler \"$DIR/script.lua\"; }} else {{\n{pages}}}\n"
    );
    let names: [(&str, &dyn std::fmt::Display); 2] = [("CACHE", cache), ("BACKEND", &numbering())];
    let site = builder().module("mod_lua").start(&shown(&config), &names);
    let text = script.replace("$CACHE", &cache.to_string());
    fs::write(site.dir().join("script.lua"), text).expect("a file");
    site
}

/// Answers with the code of the response to a call.
fn calling(call: &str) -> String {
    format!(
        r#"
local con = memcached.new("$CACHE")
actions = function(vr)
	if not req then
		local message
		req, message = {call}
		if not req then
			req = {{ response = {{ code = message }} }}
		end
	end
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add(req.response.code .. " " .. (req.response.error or ""))
	end
	return lighty.HANDLER_GO_ON
end
"#
    )
}

#[test]
fn a_script_bumps() {
    let mut cache = Memcached::start();
    let site = site(&cache, &calling(r#"con:bump("site", vr)"#));
    site.get("/page");
    let before = site.get_hit("/page").text();
    assert_eq!(site.get("/script").text(), "1 ");
    let after = site.get("/page");
    assert_eq!(after.cache(), "Miss");
    assert_ne!(after.text(), before);
    cache.kill();
    let answer = site.get("/script").text();
    assert!(answer.starts_with("5 "), "{answer}");
    site.stop();
}

#[test]
fn a_script_marks_an_item() {
    let mut cache = Memcached::start();
    let site = site(&cache, &calling(r#"con:invalidate("k", 30, vr)"#));
    assert_eq!(site.get("/script").text(), "4 ");
    cache.set("k", 0, b"page");
    assert_eq!(site.get("/script").text(), "1 ");
    let marks = cache.command("mg k t");
    assert!(["HD t30 X W", "HD t29 X W"].contains(&&*marks), "{marks}");
    cache.kill();
    let answer = site.get("/script").text();
    assert!(answer.starts_with("5 "), "{answer}");
    site.stop();
}

#[test]
fn what_is_wrong_with_a_call() {
    let cache = Memcached::start();
    for (call, expected) in [
        (r#"con:bump("a b", vr)"#, "invalid namespace \"a b\""),
        (r#"con:bump("", vr)"#, "invalid namespace \"\""),
        (r#"con:invalidate("a b", 5, vr)"#, "invalid key \"a b\""),
    ] {
        let site = site(&cache, &calling(call));
        let answer = site.get("/script").text();
        assert!(answer.contains(expected), "{call}: {answer}");
        site.stop();
    }
    for (call, expected) in [
        (
            "con:bump({}, vr)",
            "namespace must be a string, not a table",
        ),
        ("con:bump(\"a\")", "wrong number of arguments"),
        ("con:invalidate(\"k\", vr)", "wrong number of arguments"),
        (
            "con:invalidate(\"k\", 0, vr)",
            "seconds must be a number from 1 to 2592000",
        ),
        (
            "con:invalidate(\"k\", 2592001, vr)",
            "seconds must be a number from 1 to 2592000",
        ),
        (
            "con:invalidate(\"k\", \"x\", vr)",
            "seconds must be a number from 1 to 2592000",
        ),
        (
            "con:invalidate(\"k\", 0/0, vr)",
            "seconds must be a number from 1 to 2592000",
        ),
        (
            "con:invalidate(\"k\", 5, 5)",
            "cb | vr must be a function or a vrequest",
        ),
    ] {
        let site = site(&cache, &calling(call));
        let mut client = site.connect();
        client.send_request("GET", "/script", &[]);
        eventually(call, || site.log().contains(expected));
        site.stop();
    }
}

/// Callbacks, in the order of the calls of one script.
#[test]
fn callbacks() {
    let cache = Memcached::start();
    let site = site(
        &cache,
        r#"
local con = memcached.new("$CACHE")
actions = function(vr)
	con:set("k", "page", function() end)
	con:invalidate("k", 9.9, function(response)
		con:bump("other", function(bumped)
			con:set("told", response.code .. " " .. bumped.code .. " " .. bumped.key, function() end)
		end)
	end)
	return lighty.HANDLER_GO_ON
end
"#,
    );
    site.get("/script");
    eventually("both callbacks", || cache.get("told").is_some());
    let told = cache.get("told").expect("told").data;
    assert_eq!(String::from_utf8_lossy(&told), "1 1 other");
    assert!(cache.get("#namespace:other").is_some());
    site.stop();
}
