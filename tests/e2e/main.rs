//! The plugin in a running server with a real memcached: on lighttpd2 itself
//! where `LIGHTTPD2_WORKER` names it, else on the stand-in.

mod body;
mod cache;
mod coalesce;
mod config;
mod counters;
mod docs;
mod faults;
mod fresh;
mod headers;
mod hoard;
mod identity;
mod invalidate;
mod key;
mod levels;
mod life;
mod lookup;
mod lua;
mod near;
mod odd;
mod panics;
mod pool;
mod purge;
mod rules;
mod sample;
mod status;
mod store;
mod tls;
mod token;
mod truth;
mod valgrind;
mod value;
mod wire;

use std::time::SystemTime;

/// A handler between lookup and store, which share the options `both`;
/// `$CACHE` is the memcached.
fn cached(both: &str, handler: &str, store: &str) -> String {
    let (lookup, store) = (options(&[both]), options(&[both, store]));
    format!(
        r#"
memcached.lookup ({lookup}, {{
	header.add "X-Memcached" => "Hit";
}}, {{
	header.add "X-Memcached" => "Miss";
	{handler}
	memcached.store {store};
}});
"#
    )
}

/// A lookup alone; a miss is the page "missed".
fn looked_up(both: &str) -> String {
    let lookup = options(&[both]);
    format!(
        r#"
memcached.lookup ({lookup}, {{
	header.add "X-Memcached" => "Hit";
}}, {{
	header.add "X-Memcached" => "Miss";
	respond 200 => "missed";
}});
"#
    )
}

/// A header `Date` of so many seconds ago.
fn date(ago_secs: u64) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed();
    let now = now.expect("a clock that is right").as_secs();
    format!(
        "Date: {}",
        memcached_core::http::format_date(now - ago_secs)
    )
}

/// An option list that names the memcached.
fn options(parts: &[&str]) -> String {
    let server = r#""server" => "$CACHE""#;
    let given = parts.iter().copied().filter(|part| !part.is_empty());
    let all: Vec<_> = std::iter::once(server).chain(given).collect();
    format!("[{}]", all.join(", "))
}
