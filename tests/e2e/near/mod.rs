//! What was found lately, and is answered without asking memcached.

mod bodies;
mod changes;
mod config;
mod down;
mod left;
mod lives;
mod pages;
mod scripts;

use testkit::{Response, Site};

/// What lookups published, as a header.
const PUBLISHED: &str = r#"
header.overwrite "X-Status" => "%{req.environment[MEMCACHED_STATUS]}";
"#;

/// Longer than any test takes.
const LONG: &str = r#""near_ms" => 3600000"#;

fn status(response: &Response) -> &str {
    response.header("X-Status").unwrap_or_default()
}

/// A hit of memcached, which is near from then on.
fn bring_near(site: &Site, path: &str) -> Response {
    let hit = site.get(path);
    assert_eq!(status(&hit), "hit", "{path}");
    let near = site.get(path);
    assert_eq!(status(&near), "near", "{path}");
    assert_eq!(near.body, hit.body, "{path}");
    near
}
