//! A panic below the protocol ends where one of the plugin's own does.

use testkit::{Site, panicking_library};

use super::{Papers, pages};

#[test]
fn it_gives_up_the_server_and_nothing_else() {
    let papers = Papers::new();
    let cache = papers.memcached();
    for point in ["tls-receive", "tls-send"] {
        let site = Site::builder()
            .plugin(&panicking_library())
            .environment("MOD_MEMCACHED_PANIC_AT", point)
            .setup(r#"log [default => "stderr"];"#)
            .start(
                &pages(&papers.options("\"timeout_ms\" => 100")),
                &[("CACHE", &cache)],
            );
        for n in 0..20 {
            let response = site.get(&format!("/{n}"));
            assert_eq!(
                (response.status, response.text()),
                (200, format!("page /{n}"))
            );
        }
        let log = site.stop();
        let reached = format!("deliberate panic at {point}");
        assert!(log.contains(&reached), "{point} was never reached:\n{log}");
        assert!(
            log.contains("not used any more after an internal error"),
            "{log}"
        );
    }
}
