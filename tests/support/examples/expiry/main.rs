//! One page expires every two seconds while two servers are asked for it 500 times a
//! second, at a constant rate and whatever comes back; then its backend is down for
//! a time.
//!
//! It fails if an expiry asks the backend more or less than once, if a client waits
//! for the backend or gets anything but the page, or if the backend that is down is
//! asked at other times than those of the back-off. How much slower the seconds with an
//! expiry are than those without is shown, and counts only with `--limit`.
//!
//! `--pairs N`: windows with an expiry, and as many without; `--down SECONDS`: how
//! long the backend is down, 0 for not at all; `--limit RATIO`: the most that the median
//! of the ratios may be. `TEST_SLACK_MS` is what a busy machine may add to times.

mod down;
mod load;
mod origin;
mod windows;

use std::fmt::Display;
use std::thread;
use std::time::Duration;

use testkit::{Door, Memcached, Site, eventually};

use load::{Answer, Load};
use origin::Origin;

/// So long the backend takes for a page.
const BACKEND_TIME: Duration = Duration::from_millis(200);

/// What has not come so long after it was asked for may have waited for the backend.
const LATE: Duration = Duration::from_millis(100);

/// Of those that were late.
const SHOWN: usize = 60;

/// Everything else is as `memcached.cache` has it by itself.
const CONFIG: &str = r#"
keepalive.timeout 60;
memcached.cache (["server" => "$CACHE", "ttl" => 2, "ttl_jitter" => 0, "stale_while_revalidate" => 60], {
	proxy "$DOOR";
});
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
"#;

struct Arguments {
    pairs: usize,
    down: Duration,
    limit: Option<f64>,
}

impl Arguments {
    fn read() -> Self {
        let mut all = Self {
            pairs: 7,
            down: Duration::from_secs(30),
            limit: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(name) = words.next() {
            let value = words.next().unwrap_or_default();
            match &*name {
                "--pairs" => all.pairs = value.parse().expect("a number of pairs"),
                "--down" => all.down = Duration::from_secs(value.parse().expect("seconds")),
                "--limit" => all.limit = Some(value.parse().expect("a ratio")),
                _ => panic!("--pairs N, --down SECONDS and --limit RATIO can be said"),
            }
        }
        all
    }
}

/// What a busy machine may add to times.
fn slack() -> Duration {
    let given = std::env::var("TEST_SLACK_MS").ok();
    let ms = given.map_or(0, |text| text.parse().expect("milliseconds"));
    Duration::from_millis(ms)
}

fn main() {
    let arguments = Arguments::read();
    let cache = Memcached::start();
    let (origin, door) = (Origin::start(), Door::closed());
    let opened = door.open(&origin);
    let names: [(&str, &dyn Display); 2] = [("CACHE", &cache), ("DOOR", &door)];
    let start = || {
        let builder = Site::builder()
            .workers(2)
            .setup(r#"log [default => "stderr"];"#)
            .environment("LC_ALL", "C");
        builder.start(CONFIG, &names)
    };
    let sites = [start(), start()];
    eventually("the page is stored", || {
        sites[0].get("/page").header("X-Status") == Some("hit")
    });
    let before = origin.requests().len();

    let load = Load::start(&[sites[0].addr, sites[1].addr]);
    // The first expiry may come while the clients still connect.
    let wanted = before + 1 + arguments.pairs + 1;
    while origin.requests().len() < wanted {
        assert!(
            load.age() < Duration::from_secs(10) + 3 * Duration::from_secs(wanted as u64),
            "the page does not expire: {} requests at the backend",
            origin.requests().len()
        );
        thread::sleep(Duration::from_millis(20));
    }
    let asked = origin.requests();
    let mut complaints = Vec::new();
    let outage = (!arguments.down.is_zero())
        .then(|| down::watch(&door, opened, &origin, &sites, arguments.down));
    let answers = load.stop();

    let pairs = windows::pairs(&asked[before + 1..], &answers, arguments.pairs);
    windows::report(&pairs, arguments.limit, &mut complaints);
    if let Some(outage) = outage {
        outage.report(&answers, &mut complaints);
    }
    check_answers(&answers, &origin, &mut complaints);
    for site in sites {
        let log = site.stop();
        assert!(!log.contains("internal error"), "{log}");
    }
    for complaint in &complaints {
        println!("FAILED: {complaint}");
    }
    assert!(complaints.is_empty(), "see above");
}

/// Everybody got the page, and nobody waited for the backend.
fn check_answers(answers: &[Answer], origin: &Origin, complaints: &mut Vec<String>) {
    let wrong: Vec<_> = answers.iter().filter(|it| it.page.is_err()).collect();
    let stale = answers.iter().filter(|it| it.is_stale()).count();
    let slowest = answers.iter().map(Answer::took).max().unwrap_or_default();
    let limit = LATE + slack();
    let is_late = |it: &&Answer| it.took() > limit;
    let late = answers.iter().filter(is_late).count();
    let waited = answers.iter().filter(|it| origin.made_while(it)).count();
    println!("all requests           {}", answers.len());
    println!("  errors               {}", wrong.len());
    println!("  the old page         {stale}");
    println!("  slowest              {slowest:?} after it was sent");
    println!("  later than {limit:?}    {late}");
    println!("  waited for backend   {waited}");
    // Where the machine stands still, that is all of them at the same time.
    for one in answers.iter().filter(is_late).take(SHOWN) {
        let (sent, ended) = (one.sent - answers[0].planned, one.took());
        let server = one.server;
        println!("    sent after {sent:.3?} to server {server}, came after {ended:.3?}");
    }
    if let Some(one) = wrong.first() {
        complaints.push(format!("not the page: {:?}", one.page));
    }
    if late > 0 || waited > 0 {
        complaints.push("clients waited".into());
    }
}
