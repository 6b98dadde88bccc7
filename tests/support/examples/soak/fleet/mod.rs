//! One cache on five memcacheds, each of which is killed, stopped and started again at
//! random, often several at the same time: lookups and stores with and without another
//! server that stands in, pages that are made once for all, and scripts.
//!
//! It fails if a body is wrong, if a request takes longer than the time-outs allow, if
//! memory or descriptors grow, if not all hits are back in time or if the server does
//! not end well.

mod killer;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Client, Memcached, Site, eventually};

use super::samples::Samples;
use crate::load::{Asked, FILES, Load};
use killer::Killer;

const ASKED: Asked = Asked {
    folders: &["plain", "next", "once", "script"],
    body_of,
    clients: 12,
    // The time ends it.
    most: u64::MAX,
};

/// What a page says; it names its path. From one byte to more than one read.
fn body_of(path: &str) -> Vec<u8> {
    if path.starts_with("/script/") {
        return b"right".to_vec();
    }
    let repeat = [1, 20, 200, 3000][path.len() % 4];
    format!("<{path}>").repeat(repeat).into_bytes()
}

const SERVERS: usize = 5;
const WORKERS: u32 = 4;

/// In milliseconds: for the answer, for connecting, between attempts.
const TIMES: [u64; 3] = [150, 150, 300];

/// So long a client waits for another one to make its page, in milliseconds.
const LOCK_WAIT: u64 = 500;

/// What a script waits for an answer or a connection.
const SCRIPT_WAIT: u64 = 500 + 250;

const CONFIG: &str = r#"
docroot "$DIR/www";
if req.path =^ "/script/" {
	lua.handler "$DIR/page.lua";
} else if req.path =^ "/once/" {
	memcached.cache (["server" => $SERVERS, $TIMES, "lock" => 2, "lock_wait_ms" => $LOCK_WAIT,
		"failover" => "next", "failover_ttl" => 2], {
		static;
	}, {
		header.add "X-Memcached" => "Hit";
	});
} else if req.path =^ "/next/" {
	memcached.lookup (["server" => $SERVERS, $TIMES, "failover" => "next"], {
		header.add "X-Memcached" => "Hit";
	}, {
		static;
		memcached.store ["server" => $SERVERS, $TIMES, "failover" => "next", "failover_ttl" => 2];
	});
} else {
	memcached.lookup (["server" => $SERVERS, $TIMES], {
		header.add "X-Memcached" => "Hit";
	}, {
		static;
		memcached.store ["server" => $SERVERS, $TIMES];
	});
}
"#;

/// Asks for several items at once, stores what is missing, now and then deletes one.
const SCRIPT: &str = r#"
local plain = memcached.new($LIST)
local nexts = memcached.new({ $LIST }, { failover = "next", failover_ttl = 2 })
local function value(key)
	return ("<" .. key .. ">"):rep(1 + #key * 20)
end
actions = function(vr)
	local number = tonumber(vr.req.uri.path:match("%d+$"))
	local con = number % 2 == 0 and plain or nexts
	if not asked then
		local keys = {}
		for i = 0, 9 do
			keys[#keys + 1] = "script:" .. number % 2 .. ":" .. (number + i * 7) % 200
		end
		asked = con:get(keys, vr)
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	if not next(asked.response) then
		return lighty.HANDLER_WAIT_FOR_EVENT
	end
	local wrong, found = nil, 0
	for key, response in pairs(asked.response) do
		if response.code == 1 then
			found = found + 1
			if response.data ~= value(key) then
				wrong = key .. ": " .. response.data:sub(1, 100)
			end
		elseif response.code == 4 then
			con:setq(key, value(key), 60)
		elseif response.code ~= 5 then
			wrong = key .. ": " .. response.code
		end
		if number % 50 == 3 then
			con:delete(key, function() end)
		end
	end
	if vr:handle_direct() then
		vr.resp.status = 200
		vr.resp.headers["X-Memcached"] = found == 10 and "Hit" or "Miss"
		vr.out:add(wrong or "right")
	end
	return lighty.HANDLER_GO_ON
end
"#;

/// After this time the server has made its caches and buffers.
const WARM_UP: Duration = Duration::from_secs(5);

/// Connections that nobody needs any more are closed by then.
const CALM: Duration = Duration::from_secs(8);

pub(crate) fn run(seconds: u64) {
    let slack = super::slack();
    let waits = TIMES[0] + TIMES[1] + 100;
    let request_limit = Duration::from_millis((waits + LOCK_WAIT).max(SCRIPT_WAIT)) + slack;
    let recovery_limit = Duration::from_millis(TIMES[2] + 500) + slack;
    let servers: Vec<_> = (0..SERVERS).map(|_| Memcached::start()).collect();
    let mut site = start(&servers);

    let load = Load::start(site.addr, ASKED);
    thread::sleep(WARM_UP);
    let descriptors = site.descriptors();
    let mut killer = Killer::new(servers);
    let mut samples = Samples::new();
    let (end, mut looked_at) = (
        Instant::now() + Duration::from_secs(seconds),
        Instant::now(),
    );
    let mut recoveries = Vec::new();
    let mut calm_at = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        killer.strike();
        assert!(site.is_running(), "the server is gone:\n{}", site.log());
        if looked_at.elapsed() >= Duration::from_secs(1) {
            samples.take(&site);
            looked_at = Instant::now();
        }
        if Instant::now() >= calm_at {
            killer.restore();
            recoveries.push(time_until_all_hit(&site));
            calm_at = Instant::now() + Duration::from_secs(20);
        }
    }
    killer.restore();
    recoveries.push(time_until_all_hit(&site));
    thread::sleep(CALM);
    let descriptors_end = site.descriptors();
    let figures = load.stop();
    let log = site.stop();

    recoveries.sort();
    let mut complaints = Vec::new();
    println!("requests               {}", figures.requests);
    for (folder, (asked, hits)) in ASKED.folders.iter().zip(figures.by_folder) {
        println!("  {folder:<21}{asked}, {hits} of them hits");
        if hits < asked / 10 {
            complaints.push(format!("hardly a hit of {folder}"));
        }
    }
    println!("wrong responses        {}", figures.wrong);
    println!(
        "longest request        {:?} (limit {request_limit:?})",
        figures.longest
    );
    println!("servers                {}", killer.told());
    if let (Some(median), Some(longest)) = (recoveries.get(recoveries.len() / 2), recoveries.last())
    {
        println!(
            "all hits are back after {median:?} (median), {longest:?} at most (limit {recovery_limit:?})"
        );
        if *longest > recovery_limit {
            complaints.push("hits came back late".into());
        }
    }
    samples.check(seconds, &mut complaints);
    println!("descriptors            {descriptors}, at the end {descriptors_end}");
    println!("log lines              {}", log.lines().count());
    if let Some(example) = figures.example {
        complaints.push(format!("wrong: {example}"));
    }
    if figures.longest > request_limit {
        complaints.push("a request took too long".into());
    }
    if descriptors_end > descriptors + 8 {
        complaints.push("descriptors grow".into());
    }
    if log.contains("internal error") || log.contains("error in a callback") {
        complaints.push(log);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn start(servers: &[Memcached]) -> Site {
    let quoted: Vec<_> = servers
        .iter()
        .map(|server| format!("\"{server}\""))
        .collect();
    let list = quoted.join(", ");
    let times = format!(
        r#""timeout_ms" => {}, "connect_timeout_ms" => {}, "retry_ms" => {}"#,
        TIMES[0], TIMES[1], TIMES[2]
    );
    let all = format!("[{list}]");
    let names: [(&str, &dyn std::fmt::Display); 3] = [
        ("SERVERS", &all),
        ("TIMES", &times),
        ("LOCK_WAIT", &LOCK_WAIT),
    ];
    let builder = Site::builder().workers(WORKERS).module("mod_lua");
    let site = builder.start(CONFIG, &names);
    fs::write(site.dir().join("page.lua"), SCRIPT.replace("$LIST", &list)).expect("a file");
    for folder in ASKED.folders.iter().filter(|folder| **folder != "script") {
        let dir = site.dir().join("www").join(folder);
        fs::create_dir_all(&dir).expect("a folder");
        for number in 0..FILES {
            let path = format!("/{folder}/{number}");
            fs::write(dir.join(number.to_string()), body_of(&path)).expect("a file");
        }
    }
    site
}

/// Of pages on all servers, asked of all workers.
fn time_until_all_hit(site: &Site) -> Duration {
    let begun = Instant::now();
    for number in 0..20 {
        for folder in ["plain", "next"] {
            let path = format!("/{folder}/{number}");
            for _ in 0..WORKERS {
                eventually("hits are back", || {
                    Client::connect(site.addr).get(&path).cache() == "Hit"
                });
            }
        }
    }
    begun.elapsed()
}
