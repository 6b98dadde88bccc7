//! A server that does not answer for a time, and comes back with what it had.

use memcached_core::pool::Hash;
use memcached_core::protocol::Key;
use testkit::{Site, eventually};

use super::Fleet;

/// The query is what is on a page, and no part of its key.
const CONFIG: &str = r#"
both = ["server" => $SERVERS, "key" => "%{req.path}", "ttl" => 300, "timeout_ms" => 100,
	"retry_ms" => 20$MORE];
if req.method == "PURGE" {
	memcached.delete (["server" => $SERVERS, "key" => "%{req.path}", "guard" => false,
		"headers" => false, "timeout_ms" => 100, "retry_ms" => 20$MORE]);
}
memcached.lookup (both, {
	header.add "X-Memcached" => "Hit";
}, {
	header.add "X-Memcached" => "Miss";
	respond 200 => "%{req.query}";
	memcached.store both;
});
"#;

const PATH: &str = "/page";

struct Flapping {
    fleet: Fleet,
    site: Site,
    home: usize,
    other: usize,
}

impl Flapping {
    fn start(more: &str) -> Self {
        let fleet = Fleet::start(Hash::Ketama, &[1, 1, 1]);
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(", {more}")
        };
        let site = Site::start(CONFIG, &[("SERVERS", &fleet.option), ("MORE", &more)]);
        let home = fleet.home(PATH);
        let key = Key::new(PATH.as_bytes()).expect("a key");
        let other = fleet.pool.route_to(&key, |at| at != home);
        Self {
            fleet,
            site,
            home,
            other,
        }
    }

    /// What is served where there is nothing, or `new`.
    fn ask(&self, new: &str) -> String {
        self.site.get(&format!("{PATH}?{new}")).text()
    }

    /// Asks for a page until a server has it.
    fn store(&self, new: &str, at: usize) {
        eventually("the page is stored", || {
            let shown = self.ask(new);
            assert_eq!(shown, new, "nothing else is served");
            let item = self.fleet.servers[at].get(PATH);
            item.is_some_and(|item| item.data == new.as_bytes())
        });
    }

    fn hang(&self) {
        self.fleet.servers[self.home].suspend();
    }

    fn come_back(&self) {
        self.fleet.servers[self.home].resume();
    }

    /// Asks until the server that is back serves what it has.
    fn await_home(&self) {
        eventually("the server that is back is used", || {
            let shown = self.site.get(&format!("{PATH}?new"));
            let item = self.fleet.servers[self.home].get(PATH);
            shown.cache() == "Hit" && item.is_some_and(|item| item.data == shown.body)
        });
    }
}

/// No other server has it, so what the server comes back with is all that there is.
#[test]
fn without_failover_nothing_is_stored_meanwhile() {
    let flapping = Flapping::start("");
    flapping.store("v1", flapping.home);
    for _ in 0..3 {
        flapping.hang();
        for number in 2..6 {
            let new = format!("v{number}");
            assert_eq!(flapping.ask(&new), new);
        }
        let others = flapping.fleet.holders_but(flapping.home, PATH);
        assert!(others.is_empty(), "{others:?}");
        flapping.come_back();
        flapping.await_home();
        assert_eq!(flapping.fleet.holders(PATH), [flapping.home]);
    }
    flapping.site.stop();
}

/// What was stored in the meantime is not served in the next one, once `failover_ttl` is
/// over; and a purge takes both out.
#[test]
fn with_failover_what_is_stored_meanwhile_is_soon_forgotten() {
    let flapping = Flapping::start(r#""failover" => "next", "failover_ttl" => 2"#);
    flapping.store("v1", flapping.home);
    flapping.hang();
    flapping.store("v2", flapping.other);
    assert_eq!(flapping.ask("v3"), "v2", "a hit from there");
    flapping.come_back();
    // The server has what it had, whose own life bounds that.
    flapping.await_home();
    eventually("v2 is forgotten", || {
        flapping.fleet.servers[flapping.other].get(PATH).is_none()
    });
    flapping.hang();
    flapping.store("v4", flapping.other);
    flapping.come_back();
    flapping.await_home();
    // It has connections of its own, which have to find out too.
    eventually("a purge can ask both servers", || {
        flapping.site.request("PURGE", PATH, &[]).status != 503
    });
    let holders = flapping.fleet.holders(PATH);
    assert!(holders.is_empty(), "{holders:?}");
    for number in 5..8 {
        let new = format!("v{number}");
        flapping.store(&new, flapping.home);
        // A machine that is busy may make any of these late, which is a miss.
        eventually("it is served from there", || {
            let page = flapping.site.get(&format!("{PATH}?{new}"));
            assert_eq!(page.text(), new, "nothing else is served");
            page.cache() == "Hit"
        });
        eventually("a purge reaches both", || {
            flapping.site.request("PURGE", PATH, &[]).status == 204
        });
    }
    flapping.site.stop();
}
