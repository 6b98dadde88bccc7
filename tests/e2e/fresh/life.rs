//! Pages that are made anew before their time, and lifetimes that differ.

use testkit::eventually;

use super::{Fleet, key, number, status};

/// It is served as ever meanwhile.
#[test]
fn early() {
    let options = r#""ttl" => 30, "early" => 29, "ttl_jitter" => 0"#;
    let fleet = Fleet::two(options);
    fleet.fill("/a");
    fleet.origin.hold("/a");
    eventually("it is made anew", || {
        assert_eq!(status(&fleet.get("/a")), "hit");
        fleet.origin.count("/a") == 2
    });
    for site in fleet.sites.iter().cycle().take(20) {
        let page = site.get("/a");
        assert_eq!((status(&page), number(&page)), ("hit", 0));
    }
    assert_eq!(fleet.origin.count("/a"), 2);
    fleet.origin.let_go("/a");
    eventually("the new page is there", || number(&fleet.get("/a")) == 1);
    fleet.stop();
}

/// What could not be made anew stays as it is.
#[test]
fn early_in_vain() {
    let options = r#""ttl" => 30, "early" => 29, "ttl_jitter" => 0"#;
    let fleet = Fleet::two(options);
    fleet.fill("/a");
    fleet.origin.head("/a", "503 Down");
    eventually("it is tried", || {
        for site in &fleet.sites {
            let page = site.get("/a");
            assert_eq!((status(&page), number(&page)), ("hit", 0));
        }
        fleet.origin.count("/a") == 2
    });
    fleet.origin.head("/a", "200 OK");
    eventually("the new page is there", || {
        // Whoever has tried is the one to try again.
        let numbers = fleet.sites.iter().map(|site| number(&site.get("/a")));
        numbers.min() > Some(0)
    });
    // There was a pause before it was tried again.
    let seen = fleet.origin.seen("/a");
    assert!((seen[2].at - seen[1].at).as_millis() >= 980);
    fleet.stop();
}

/// How long items live of pages that are stored at the same time.
#[test]
fn lifetimes_differ() {
    let options = r#""ttl" => 1000, "ttl_jitter" => 50, "stale_if_error" => 100,
        "stale_while_revalidate" => 100"#;
    let fleet = Fleet::one(options);
    let lives: Vec<i64> = (0..16)
        .map(|n| {
            let path = format!("/{n}");
            fleet.fill(&path);
            fleet.cache.ttl(&key(&path)).expect("it is stored")
        })
        .collect();
    let [least, most] = [lives.iter().min(), lives.iter().max()].map(|it| *it.expect("16"));
    assert!(least >= 590 && most <= 1100, "{lives:?}");
    assert!(most - least > 100, "{lives:?}");
    fleet.stop();
}
