//! A panic inside the plugin is a miss and a line in the log, and no more. The
//! library here panics where it is told to.

use testkit::{Memcached, Site, SiteBuilder, check_config_with, panicking_library};

use crate::cached;

fn builder(point: &str) -> SiteBuilder {
    Site::builder()
        .plugin(&panicking_library())
        .environment("MOD_MEMCACHED_PANIC_AT", point)
}

/// Serves pages with a panic at each passing of a point; gives the log.
fn serve(point: &str) -> String {
    let cache = Memcached::start();
    let options = r#""timeout_ms" => 100, "retry_ms" => 20"#;
    let config = cached(options, r#"respond 200 => "page";"#, "");
    let site = builder(point).start(&config, &[("CACHE", &cache)]);
    if point == "driver-timer" {
        // The timer of a server runs out only when it is silent.
        cache.suspend();
    }
    if point == "cleanup" {
        cache.suspend();
        // A request that goes away while it waits has something to clean up.
        let mut client = site.connect();
        client.send_request("GET", "/", &[]);
        client.reset();
    }
    let mut client = site.connect();
    for n in 0..20 {
        let response = client.get(&format!("/{}", n % 4));
        assert_eq!((response.status, response.text().as_str()), (200, "page"));
    }
    site.stop()
}

#[test]
fn a_panic_never_stops_the_server() {
    for point in [
        "share",
        "start-worker",
        "action",
        "action-drop",
        "request-closed",
        "filter",
        "filter-drop",
        "filter-release",
        "event-drop",
        "driver-submit",
        "driver-flush",
        "driver-ready",
        "driver-timer",
        "cleanup",
        "stop-worker",
        "worker-release",
        "worker-drop",
        "unshare",
        "free",
    ] {
        let log = serve(point);
        let reached = format!("deliberate panic at {point}");
        assert!(log.contains(&reached), "{point} was never reached:\n{log}");
    }
}

#[test]
fn a_panic_in_an_action_is_a_line_in_the_log() {
    let log = serve("action");
    for action in ["memcached.lookup", "memcached.store"] {
        let line = format!("{action}: internal error: deliberate panic at action");
        assert!(log.contains(&line), "{line} is missing in\n{log}");
    }
}

/// Its state may be half changed.
#[test]
fn a_server_whose_driver_panicked_is_given_up() {
    let log = serve("driver-ready");
    assert!(
        log.contains("not used any more after an internal error"),
        "{log}"
    );
}

/// A configuration that could not be read is not served.
#[test]
fn a_panic_while_loading_refuses_to_start() {
    for point in ["init", "configure"] {
        let checked = check_config_with(&builder(point), "memcached.lookup;");
        assert_eq!(checked.status, Some(1), "{point}\n{}", checked.output);
        let reached = format!("deliberate panic at {point}");
        assert!(checked.output.contains(&reached), "{}", checked.output);
    }
}
