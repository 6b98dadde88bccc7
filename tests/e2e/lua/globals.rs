//! What scripts may rely on of variables, as `docs/lua.md` says.

use std::fs;

use testkit::Site;

use super::script;

#[test]
fn variables_last_as_long_as_is_documented() {
    let site = Site::builder().module("mod_lua").start(
        r#"if req.path == "/one" { lua.handler "$DIR/page.lua"; } else { lua.handler "$DIR/page.lua"; }"#,
        &[],
    );
    fs::write(site.dir().join("page.lua"), script("globals.lua")).expect("a file");
    let rest = "of the chunk nil, of the request nil then set";
    // Each `lua.handler` has local variables of its own, though the file is the same.
    for (path, local, state) in [
        ("/one", 1, 1),
        ("/one", 2, 2),
        ("/two", 1, 3),
        ("/one", 3, 4),
    ] {
        let expected = format!("local {local}, {rest}, of the state {state}, memcached the same");
        assert_eq!(site.get(path).text(), expected, "{path}");
    }
    site.stop();
}
