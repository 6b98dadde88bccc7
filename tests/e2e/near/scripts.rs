//! Scripts that take what was found lately.

use std::fs;

use testkit::{Memcached, Site, Tap, eventually};

use super::{LONG, PUBLISHED, status};

/// Answers `/get`, `/near`, `/set?VALUE` and `/delete`, with the key `k`.
const SCRIPT: &str = r#"
local con = memcached.new("$CACHE")
local near = { near_ms = 3600000 }
actions = function(vr)
	if not req then
		local path = vr.req.uri.path
		if path == "/near" then
			req = con:get("k", vr, near)
		elseif path == "/called" then
			local response = {}
			req = { response = response }
			con:get("k", function(r) response.data = r.data or ""; response.code = r.code; end, near)
			con:get("other", vr)
		elseif path == "/get" then
			req = con:get("k", vr, { near_ms = 0 })
		elseif path == "/set" then
			req = con:set("k", vr.req.uri.query, vr)
		else
			req = con:delete("k", vr)
		end
	end
	if not req.response.code then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.out:add(req.response.code .. " " .. (req.response.data or ""))
	end
	return lighty.HANDLER_GO_ON
end
"#;

fn site(cache: &Memcached, server: &dyn std::fmt::Display) -> Site {
    let options = crate::options(&[r#""key" => "k""#, LONG]);
    let config = format!(
        "if req.path == \"/lookup\" {{ memcached.lookup {options}; respond 200 => \"missed\"; }}\n\
         else {{ lua.handler \"$DIR/script.lua\"; }}\n{PUBLISHED}"
    );
    let site = Site::builder()
        .module("mod_lua")
        .start(&config, &[("CACHE", server)]);
    let script = SCRIPT.replace("$CACHE", &server.to_string());
    fs::write(site.dir().join("script.lua"), script).expect("a file");
    cache.set("k", 0, b"old");
    site
}

#[test]
fn they_ask_once() {
    let cache = Memcached::start();
    let tap = Tap::start(cache.addr());
    let site = site(&cache, &tap);
    assert_eq!(site.get("/near").text(), "1 old");
    tap.expect_sent(b"get k\r\n");
    cache.set("k", 0, b"new");
    for path in ["/near", "/called", "/near"] {
        assert_eq!(site.get(path).text(), "1 old", "{path}");
    }
    tap.expect_sent(b"get other\r\n");
    assert_eq!(site.get("/get").text(), "1 new");
    // What the script does itself is seen at once.
    assert_eq!(site.get("/set?own").text(), "1 ");
    assert_eq!(site.get("/near").text(), "1 own");
    assert_eq!(site.get("/delete").text(), "1 ");
    assert_eq!(site.get("/near").text(), "4 ");
    cache.set("k", 0, b"again");
    assert_eq!(
        site.get("/near").text(),
        "1 again",
        "what is not there is asked for"
    );
    site.stop();
}

/// Scripts and actions share what they have found.
#[test]
fn with_actions() {
    let cache = Memcached::start();
    let site = site(&cache, &cache);
    assert_eq!(site.get("/near").text(), "1 old");
    cache.set("k", 0, b"new");
    let page = site.get("/lookup");
    assert_eq!((status(&page), page.text().as_str()), ("near", "old"));
    site.get("/delete");
    cache.set("k", 0, b"new");
    eventually("the action has found it", || {
        status(&site.get("/lookup")) == "near"
    });
    cache.set("k", 0, b"newer");
    assert_eq!(site.get("/near").text(), "1 new");
    site.stop();
}
