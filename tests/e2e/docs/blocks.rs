//! Every configuration that is shown is accepted.

use std::fs;

use testkit::{Host, Site, check_config_with};

use super::{blocks, pages};

/// Modules that configurations of the documentation name; the stand-in has others built in.
const MODULES: [&str; 5] = [
    "mod_accesslog",
    "mod_auth",
    "mod_deflate",
    "mod_expire",
    "mod_openssl",
];

/// Which of them a configuration needs.
fn needed(config: &str) -> Vec<&'static str> {
    let words = [
        ("accesslog", MODULES[0]),
        ("auth.", MODULES[1]),
        ("deflate;", MODULES[2]),
        ("expire ", MODULES[3]),
        ("openssl ", MODULES[4]),
    ];
    let named = words.into_iter().filter(|(word, _)| config.contains(word));
    named.map(|(_, module)| module).collect()
}

/// Configurations that are shown by their indentation.
fn indented(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut in_fence = false;
    for line in text.lines() {
        in_fence ^= line.starts_with("```");
        match line.strip_prefix("    ") {
            Some(code) if !in_fence => {
                let block = found.last_mut().expect("the one that is being read");
                *block += code;
                block.push('\n');
            }
            // An empty line may be in the middle of one.
            None if line.is_empty() && !in_fence => {}
            _ => found.push(String::new()),
        }
    }
    let words = ["memcached.cache", "memcached.pool", "servers = ["];
    let is_configuration = |block: &String| words.iter().any(|word| block.contains(word));
    found.into_iter().filter(is_configuration).collect()
}

#[test]
fn configurations_are_accepted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret\n").expect("a file");
    let users = folder.path().join("users");
    fs::write(&users, "bob:secret\n").expect("a file");
    let [secret, users] = [secret, users].map(|path| path.display().to_string());
    let mut count = 0;
    for path in pages() {
        let page = path.display();
        let text = fs::read_to_string(&path).expect("our own documentation");
        let indented = indented(&text)
            .into_iter()
            .map(|text| ("indented".into(), text));
        for (name, config) in blocks(&text, "lighttpd").into_iter().chain(indented) {
            // Certificates are made where they are tried.
            if config.contains("tls_ca") {
                continue;
            }
            let needed = needed(&config);
            if !needed.is_empty() && !Host::find().is_real() {
                continue;
            }
            let builder = Site::builder().module("mod_fastcgi").module("mod_rewrite");
            let builder = needed.iter().fold(builder, |builder, module| {
                // One that it loads itself.
                if config.contains(&format!("\"{module}\"")) {
                    builder
                } else {
                    builder.module(module)
                }
            });
            let config = config
                .replace("/etc/lighttpd2/memcached.password", &secret)
                .replace("/etc/lighttpd2/users", &users)
                .replace("/var/log/lighttpd2", &folder.path().display().to_string());
            let checked = check_config_with(&builder, &config);
            assert_eq!(
                checked.status,
                Some(0),
                "{page}: {name}: {config}\n{}",
                checked.output
            );
            count += 1;
        }
    }
    assert!(count >= 35, "{count} configurations");
}
