//! Whole pages with all that keeps them fresh: locks, stale pages, refreshes in the
//! background, conditions, purges of all kinds; two servers that share a memcached, which
//! is killed, stopped, cleared and cut off, and a backend that often fails.
//!
//! It fails if an answer is not what was asked for, byte by byte; if a page is older
//! than it may be, or from before a purge that was confirmed; if a request takes longer than
//! all that it may wait for; if visitors see more failures than the backend had; if
//! memory or descriptors grow.

mod checks;
mod figures;
mod killer;
mod ledger;
mod origin;
mod pages;
mod purger;
mod report;
mod visitor;

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Cutter, Memcached, Site, eventually};

use figures::Figures;
use killer::Killer;
use ledger::{IF_ERROR, Ledger, SOFT, STALE, TTL};
use origin::Origin;
use purger::Purger;
use visitor::Visitor;

use super::samples::Samples;

/// In milliseconds: for an answer of memcached, and for a connection to it.
const TIMEOUT: u64 = 150;

const LOCK_WAIT: u64 = 500;
const REFRESH_TIMEOUT: u64 = 1500;

/// The time of a namespace's number, a lookup, the lock, and lookups after it; the backend
/// twice, once for a copy of the request and once for itself.
const LONGEST: Duration = Duration::from_millis(8 * TIMEOUT + LOCK_WAIT + 2 * 2200 + 400);

const CONFIG: &str = r#"
keepalive.timeout 60;
if req.path =^ "/hard/" {
	memcached.delete [$SERVER];
	memcached.cache ([$SERVER, $FRESH], { proxy "$ORIGIN"; });
}
if req.path =^ "/soft/" {
	memcached.delete [$SERVER, "soft" => $SOFT, "methods" => ["SOFT"]];
	memcached.cache ([$SERVER, $FRESH, "invalidate" => $SOFT], { proxy "$ORIGIN"; });
}
if req.path =^ "/space/" {
	memcached.delete [$SERVER, "namespace" => "soak", "methods" => ["BUMP"]];
	memcached.delete [$SERVER, "namespace" => "soak", "key" => none];
	memcached.cache ([$SERVER, $FRESH, "namespace" => "soak"], { proxy "$ORIGIN"; });
}
if req.path =^ "/pair/" {
	pair = [$SERVER, $FRESH, "headers" => true, "key" => "%{req.scheme}://%{req.host}%{req.raw_path}",
		"vary" => ["accept-encoding"], "invalidate" => true, "background" => false];
	memcached.delete pair;
	memcached.lookup (pair, none, { proxy "$ORIGIN"; memcached.store pair; });
}
if req.path =^ "/classic/" {
	memcached.delete [$SERVER];
	memcached.cache ([$SERVER, $FRESH, "protocol" => "classic"], { proxy "$ORIGIN"; });
}
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
header.overwrite "X-Store" => "%{req.environment[MEMCACHED_STORE]}";
"#;

const VISITORS: u64 = 20;
const SLOW_VISITORS: u64 = 3;

/// After this time the servers have made their buffers.
const WARM_UP: Duration = Duration::from_secs(5);

fn site(memcached: &dyn Display, origin: &Origin) -> Site {
    let server = format!(
        r#""server" => "{memcached}", "timeout_ms" => {TIMEOUT}, "connect_timeout_ms" => {TIMEOUT},
	"retry_ms" => 300"#
    );
    let fresh = format!(
        r#""ttl" => {}, "ttl_jitter" => 20, "early" => 1, "stale_while_revalidate" => {},
	"stale_if_error" => {}, "lock" => 2, "lock_wait_ms" => {LOCK_WAIT},
	"refresh_timeout_ms" => {REFRESH_TIMEOUT}, "uncacheable_ttl" => 2, "whole_on_miss" => true,
	"maxsize" => 1000000"#,
        TTL.as_secs(),
        STALE.as_secs(),
        IF_ERROR.as_secs()
    );
    let soft = SOFT.as_secs();
    let names: [(&str, &dyn Display); 4] = [
        ("SERVER", &server),
        ("FRESH", &fresh),
        ("ORIGIN", origin),
        ("SOFT", &soft),
    ];
    let builder = Site::builder().workers(2);
    let builder = builder.setup(r#"log [default => "stderr"];"#);
    builder.start(CONFIG, &names)
}

pub(crate) fn run(seconds: u64) {
    let ledger = Arc::new(Ledger::new());
    let memcached = Memcached::start();
    let cutter = Cutter::start(memcached.addr());
    let origin = Origin::start(Arc::clone(&ledger));
    let mut sites = [site(&memcached, &origin), site(&cutter, &origin)];
    let mut killer = Killer {
        memcached,
        cutter,
        strikes: 0,
        kinds: [0; 4],
    };
    let idle: Vec<_> = sites.iter().map(Site::descriptors).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let servers = [sites[0].addr, sites[1].addr];
    let visitors: Vec<_> = (0..VISITORS + SLOW_VISITORS)
        .map(|name| {
            let visitor = Visitor {
                name,
                servers,
                ledger: Arc::clone(&ledger),
                is_over: Arc::clone(&is_over),
                pause: Duration::from_millis(10),
                is_slow: name >= VISITORS,
            };
            thread::spawn(move || visitor.run())
        })
        .collect();
    let janitor = Purger {
        servers,
        ledger: Arc::clone(&ledger),
        is_over: Arc::clone(&is_over),
    };
    let cleaning = thread::spawn(move || janitor.run());
    thread::sleep(WARM_UP);

    let end = Instant::now() + Duration::from_secs(seconds);
    let mut samples = [Samples::new(), Samples::new()];
    let striking = thread::spawn(move || {
        while Instant::now() < end {
            killer.strike();
        }
        killer
    });
    while Instant::now() < end {
        for (site, samples) in sites.iter_mut().zip(&mut samples) {
            assert!(site.is_running(), "the server is gone:\n{}", site.log());
            samples.take(site);
        }
        thread::sleep(Duration::from_secs(1));
    }
    let killer = striking.join().expect("a killer");
    is_over.store(true, Ordering::Relaxed);
    let mut figures = Figures::default();
    for visitor in visitors {
        figures.join(visitor.join().expect("a visitor"));
    }
    let purged = cleaning.join().expect("a purger");

    let mut complaints = Vec::new();
    report::show(&figures, &purged, &origin, &killer);
    report::judge(&figures, &purged, &origin, &mut complaints);
    for samples in &samples {
        samples.check(seconds, &mut complaints);
    }
    for (site, idle) in sites.iter().zip(idle) {
        // Connections to memcached stay; those of visitors and to the backend do not.
        eventually("descriptors are given back", || {
            site.descriptors() <= idle + 12
        });
        println!(
            "descriptors            {idle} idle before, {} after",
            site.descriptors()
        );
    }
    for site in sites {
        let log = site.stop();
        println!("log lines              {}", log.lines().count());
        assert!(!log.contains("internal error"), "{log}");
    }
    for example in &figures.examples {
        println!("WRONG: {example}");
    }
    for complaint in &complaints {
        println!("FAILED: {complaint}");
    }
    assert!(complaints.is_empty(), "see above");
}
