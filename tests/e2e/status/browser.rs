//! The page in a browser, where there is one: `chromium`, of Debian's package of that
//! name, which is too large to be asked for.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use testkit::{Memcached, Site, project_root};

use super::{backend, hostile_site, with_status};
use crate::options;

/// Adds to the page what a browser makes of it; the file has no policy that would
/// forbid that.
const MEASURE: &str = "<script>
const all = document.documentElement;
document.body.dataset.fits = all.scrollWidth <= window.innerWidth;
document.body.dataset.ink = getComputedStyle(document.body).color;
document.body.dataset.bold = document.querySelector('td b').textContent;
</script>";

/// What a browser says in the end, in a window of this width; `None` without a browser.
fn browse(address: &str, width: u32, more: &[&str], profile: &Path) -> Option<(String, String)> {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=2000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={width},900"))
        .args(more)
        .arg(address)
        .output();
    match output {
        Ok(output) => {
            let said = [output.stdout, output.stderr];
            let [dom, log] = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert!(output.status.success(), "{log}");
            Some((dom, log))
        }
        Err(error) => {
            println!("NOT CHECKED: the page in a browser, since chromium does not start: {error}");
            None
        }
    }
}

#[test]
fn a_browser_shows_the_page_as_it_is_meant() {
    let cache = Memcached::start();
    let site = hostile_site(&cache);
    let html = site.get("/status").text();
    let address = format!("http://{}/status", site.addr);
    let profile = tempfile::tempdir().expect("a temporary folder");
    let Some((dom, log)) = browse(&address, 900, &[], profile.path()) else {
        return;
    };
    // Its own policy forbids nothing that it needs, and nothing of it is a script.
    assert!(!log.contains("CONSOLE"), "{log}");
    assert!(dom.contains("&lt;script&gt;\\\"'&amp;"), "{dom}");
    assert!(!dom.contains("<script"), "{dom}");
    site.stop();

    let file = profile.path().join("page.html");
    fs::write(&file, html + MEASURE).expect("a file");
    let address = format!("file://{}", file.display());
    let dark = ["--blink-settings=preferredColorScheme=0"];
    let mut inks = Vec::new();
    for (width, more) in [(1200, &[][..]), (500, &[]), (500, &dark)] {
        let (dom, _) = browse(&address, width, more, profile.path()).expect("as before");
        assert!(dom.contains("data-fits=\"true\""), "{width}: {dom}");
        assert!(
            dom.contains("data-bold=\"&lt;script&gt;\\&quot;'&amp;\"")
                || dom.contains("data-bold=\"<script>\\&quot;'&amp;\""),
            "{dom}"
        );
        let (_, ink) = dom.split_once("data-ink=\"").expect("a color");
        inks.push(ink.split('"').next().unwrap_or_default().to_owned());
    }
    assert_eq!(inks, ["rgb(0, 0, 0)", "rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
}

/// A site that answers so many seconds of requests, some of them by the cache.
fn busy_site(cache: &Memcached, seconds: u64) -> Site {
    let application = options(&[r#""name" => "application", "ports" => [8080], "ttl" => 3"#]);
    let files = options(&[r#""name" => "files", "key" => "%{req.path}""#]);
    let config = with_status(&format!(
        "if req.path =^ \"/app/\" {{ memcached.cache ({application}, {{ proxy \"$BACKEND\"; }}); }} \
         else {{ memcached.lookup ({files}, none, {{ proxy \"$BACKEND\"; memcached.store {files}; }}); }}"
    ));
    let backend = backend();
    let site = Site::builder()
        .workers(2)
        .start(&config, &[("CACHE", cache), ("BACKEND", &backend)]);
    let mut clients: Vec<_> = (0..4).map(|_| site.connect()).collect();
    let begin = Instant::now();
    let mut number = 0_u64;
    while begin.elapsed() < Duration::from_secs(seconds) {
        for client in &mut clients {
            number += 1;
            // More at some times than at others.
            let burst = 4 + begin.elapsed().as_secs() / 5 % 3 * 2;
            let page = number % (3 * burst);
            let prefix = if number % 2 == 0 { "app/" } else { "" };
            client.get(&format!("/{prefix}{page}"));
            if number % 40 == 0 {
                client.request("GET", "/app/own", &[("Cookie", "session=1")]);
            }
            std::thread::sleep(Duration::from_millis(40 / burst));
        }
    }
    site
}

/// The picture of the documentation, which `make screenshot` writes anew: a site under
/// load for `SCREENSHOT_SECONDS`.
#[test]
fn a_picture_of_a_busy_site() {
    let asked_for = std::env::var("SCREENSHOT_SECONDS").ok();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Memcached::start();
    // Two points of the plots at least, which come every 5 s.
    let time = asked_for
        .as_ref()
        .map_or(11, |text| text.parse().expect("a number"));
    let site = busy_site(&cache, time);
    let address = format!("http://{}/status", site.addr);
    let picture = folder.path().join("status.png");
    let written_to = format!("--screenshot={}", picture.display());
    let profile = folder.path().join("profile");
    let Some((dom, _)) = browse(&address, 1300, &[], &profile) else {
        return;
    };
    for word in ["application", "files", "not for the cache: cookie"] {
        assert!(dom.contains(word), "{word}: {dom}");
    }
    assert_eq!(
        dom.matches("<polyline").count() + dom.matches("<path").count(),
        3,
        "{dom}"
    );
    let more = [
        "--hide-scrollbars",
        written_to.as_str(),
        "--window-size=1300,800",
    ];
    browse(&address, 1300, &more, &profile).expect("as before");
    site.stop();
    let bytes = fs::read(&picture).expect("a picture");
    // Width and height stand behind the name of the first chunk.
    let [width, height] = [16, 20].map(|at| {
        let four = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(four)
    });
    assert_eq!((&bytes[1..4], width, height), (&b"PNG"[..], 1300, 800));
    assert!(bytes.len() > 20_000, "{} bytes show nothing", bytes.len());
    if asked_for.is_some() {
        fs::copy(&picture, project_root().join("docs/status.png")).expect("our own picture");
    }
}
