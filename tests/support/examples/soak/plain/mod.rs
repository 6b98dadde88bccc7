//! Bodies of files: lookups and stores.
//!
//! It fails if a body is wrong, if a request takes longer than the time-outs
//! allow, if memory or descriptors grow, if hits are not back in time or if the
//! server does not end well.

mod killer;

use std::time::{Duration, Instant};

use testkit::{Cutter, Memcached, Site};

use crate::load::{Asked, FILES, Load};
use killer::Killer;

/// In milliseconds: for the answer, for connecting, between attempts.
const TIMES: [u64; 3] = [150, 150, 300];

/// Each request may store too, so the caches fill again after every death.
const CONFIG: &str = r#"
docroot "$DIR/www";
if req.path =^ "/a/" {
	memcached.lookup (["server" => "$A", $TIMES], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		static;
		memcached.store ["server" => "$A", $TIMES];
	});
} else {
	memcached.lookup (["server" => "$B", $TIMES], {
		header.add "X-Memcached" => "Hit";
	}, {
		header.add "X-Memcached" => "Miss";
		static;
		memcached.store ["server" => "$B", $TIMES];
	});
}
"#;

const ASKED: Asked = Asked {
    folders: &["a", "b"],
    body_of,
    clients: 8,
    most: 5_000_000,
};

/// What a page says; it names its path. From one byte to more than one read.
fn body_of(path: &str) -> Vec<u8> {
    let repeat = [1, 20, 200, 5000][path.len() % 4];
    format!("<{path}>").repeat(repeat).into_bytes()
}

/// After this time the server has made its caches and buffers.
const WARM_UP: Duration = Duration::from_secs(5);

/// So much may memory grow by afterwards; what leaks with each of many
/// thousand requests is more.
const GROWTH_MAX_KIB: u64 = 16 * 1024;

pub(crate) fn run(seconds: u64) {
    let slack = super::slack();
    let request_limit = Duration::from_millis(TIMES[0] + TIMES[1] + 100) + slack;
    let recovery_limit = Duration::from_millis(TIMES[2] + 500) + slack;

    let (a, b) = (Memcached::start(), Memcached::start());
    let cutter = Cutter::start(b.addr());
    let times = format!(
        r#""timeout_ms" => {}, "connect_timeout_ms" => {}, "retry_ms" => {}"#,
        TIMES[0], TIMES[1], TIMES[2]
    );
    let mut site = Site::builder()
        .workers(2)
        .start(CONFIG, &[("A", &a), ("B", &cutter), ("TIMES", &times)]);
    make_files(&site);

    let load = Load::start(site.addr, ASKED);
    std::thread::sleep(WARM_UP);
    let (memory, descriptors) = (site.resident_kib(), site.descriptors());
    let mut killer = Killer::new(site.addr, a, b, cutter);
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end && !load.is_used_up() {
        killer.strike();
        assert!(site.is_running(), "the server is gone:\n{}", site.log());
    }
    // With all well and the load still on, as at the beginning.
    std::thread::sleep(Duration::from_secs(1));
    let (memory_end, descriptors_end) = (site.resident_kib(), site.descriptors());
    let figures = load.stop();
    let log = site.stop();

    let recoveries = killer.recoveries();
    println!("requests               {}", figures.requests);
    println!("hits                   {}", figures.hits());
    println!("wrong responses        {}", figures.wrong);
    println!(
        "longest request        {:?} (limit {request_limit:?})",
        figures.longest
    );
    println!("disturbances           {}", recoveries.len());
    if let (Some(median), Some(longest)) = (recoveries.get(recoveries.len() / 2), recoveries.last())
    {
        println!(
            "hits are back after    {median:?} (median), {longest:?} at most (limit {recovery_limit:?})"
        );
    }
    println!("resident memory        {memory} KiB, at the end {memory_end} KiB");
    println!("descriptors            {descriptors}, at the end {descriptors_end}");
    println!("log lines              {}", log.lines().count());

    assert!(figures.wrong == 0, "{:?}", figures.example);
    assert!(figures.hits() > figures.requests / 10, "hardly a hit");
    assert!(figures.longest <= request_limit, "a request took too long");
    assert!(
        recoveries.iter().all(|took| *took <= recovery_limit),
        "hits came back late"
    );
    assert!(memory_end <= memory + GROWTH_MAX_KIB, "memory grows");
    assert!(descriptors_end <= descriptors + 8, "descriptors grow");
    assert!(!log.contains("internal error"), "{log}");
}

fn make_files(site: &Site) {
    for folder in ASKED.folders {
        let dir = site.dir().join("www").join(folder);
        std::fs::create_dir_all(&dir).expect("a folder");
        for number in 0..FILES {
            let path = format!("/{folder}/{number}");
            std::fs::write(dir.join(number.to_string()), body_of(&path)).expect("a file");
        }
    }
}
