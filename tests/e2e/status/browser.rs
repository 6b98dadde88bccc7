//! The page in a browser, where there is one: `chromium`, of Debian's package of that
//! name, which is too large to be asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::Memcached;

use super::hostile_site;

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
