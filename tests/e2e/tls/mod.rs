//! Memcached spoken to in TLS.

mod certificates;
mod config;
mod faults;
mod hostile;
mod life;
mod panics;
mod peer;
mod pools;
mod terms;
mod without;

use testkit::{Authority, CertificateFolder, Memcached, Site, Years, eventually};

/// What the certificate of a server is for, beside its address.
const HOST: &str = "cache.example.org";

/// Certificates, and who made them.
pub(crate) struct Papers {
    folder: CertificateFolder,
    authority: Authority,
}

impl Papers {
    /// There are `ca.pem`, `server.pem` and `server.key`.
    pub(crate) fn new() -> Self {
        let papers = Self {
            folder: CertificateFolder::new(),
            authority: Authority::new("authority"),
        };
        let ca = papers.authority.certificate();
        papers.folder.write("ca.pem", ca);
        papers.certify("server", &["127.0.0.1", HOST], Years::Now);
        papers
    }

    /// Writes `NAME.pem` and `NAME.key`.
    fn certify(&self, name: &str, names: &[&str], years: Years) {
        let certified = self.authority.certify(names, years);
        let file = |end: &str| format!("{name}.{end}");
        self.folder.write(&file("pem"), &certified.certificate);
        self.folder.write(&file("key"), &certified.key);
    }

    pub(crate) fn memcached(&self) -> Memcached {
        self.memcached_as("server", &[])
    }

    /// One that shows `NAME.pem`.
    fn memcached_as(&self, name: &str, more: &[String]) -> Memcached {
        let path = |end: &str| self.folder.path(&format!("{name}.{end}"));
        Memcached::start_tls(&path("pem"), &path("key"), more)
    }

    /// An option with the path of a file.
    fn option(&self, option: &str, file: &str) -> String {
        format!("\"{option}\" => \"{}\"", self.folder.path(file).display())
    }

    /// Options for TLS, and others, of which there may be none.
    pub(crate) fn options(&self, more: &str) -> String {
        let ca = self.option("tls_ca", "ca.pem");
        let usual = r#""tls" => true, "connect_timeout_ms" => 2000, "retry_ms" => 100"#;
        [usual, &ca, more].join(", ").trim_end_matches(", ").into()
    }
}

/// Pages that are kept, and can be purged. `$CACHE` is the memcached.
fn pages(options: &str) -> String {
    let both = crate::options(&[options]);
    format!(
        r#"
if req.method == "PURGE" {{
	memcached.delete {both};
}} else {{
	memcached.cache ({both}, {{
		respond 200 => "page %{{req.path}}";
	}});
}}
header.overwrite "X-Status" => "%{{req.environment[MEMCACHED_STATUS]}}";
"#
    )
}

fn site(options: &str, cache: &dyn std::fmt::Display) -> Site {
    Site::builder()
        .setup(r#"log [default => "stderr"];"#)
        .start(&pages(options), &[("CACHE", cache)])
}

fn status(site: &Site, path: &str) -> String {
    let page = site.get(path);
    assert_eq!(page.status, 200);
    assert_eq!(page.text(), format!("page {path}"));
    page.header("X-Status").unwrap_or_default().to_owned()
}

/// Asks until a page is found.
fn find(site: &Site, path: &str) {
    eventually("a hit", || status(site, path) == "hit");
}

/// Asks until the log says why nothing is found, and that the server counts as down; gives the
/// log.
fn fails(site: Site, said: &str) -> String {
    for words in [said, "it counts as down now"] {
        eventually(&format!("{words:?} in the log"), || {
            assert_ne!(status(&site, "/a"), "hit", "{words}");
            site.log().contains(words)
        });
    }
    site.stop()
}
