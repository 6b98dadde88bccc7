//! nginx as another user of memcached: with its modules srcache and memc, which keep
//! whole responses there too, and with several memcacheds.

use std::fmt::Display;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::ports::free_port;
use crate::process::Process;
use crate::wait::eventually;

/// A running nginx whose cache is in memcached, keyed by the path.
pub struct Nginx {
    /// Where it listens.
    pub addr: SocketAddr,
    process: Process,
    folder: TempDir,
}

impl Nginx {
    /// Starts one in front of a backend. Responses have `X-Fetch` with `HIT`
    /// or `MISS`.
    pub fn start(cache: &dyn Display, backend: &dyn Display) -> Self {
        let locations = format!(
            "
		location = /memc {{
			internal;
			set $memc_key $query_string;
			set $memc_exptime 300;
			memc_pass {cache};
		}}
		location / {{
			srcache_fetch GET /memc $uri;
			srcache_store PUT /memc $uri;
			srcache_store_statuses 200 301 404;
			add_header X-Fetch $srcache_fetch_status always;
			proxy_pass http://{backend};
		}}"
        );
        Self::with("", &locations)
    }

    /// Starts one with several servers (`IP:PORT`) by weights, among which it chooses by
    /// `hash $uri` and `more`. A GET finds the item of a path, a PUT stores one.
    pub fn with_servers(servers: &[(String, u16)], more: &str) -> Self {
        let servers = servers
            .iter()
            .map(|(server, weight)| format!("server {server} weight={weight};"));
        let servers: Vec<_> = servers.collect();
        let upstream = format!("upstream all {{ hash $uri{more}; {} }}", servers.join(" "));
        let locations = "
		location / {
			set $memcached_key $uri;
			error_page 405 = @store;
			if ($request_method = PUT) { return 405; }
			default_type text/html;
			memcached_pass all;
		}
		location @store {
			set $memc_cmd set;
			set $memc_key $uri;
			set $memc_exptime 300;
			memc_pass all;
		}";
        Self::with(&upstream, locations)
    }

    fn with(upstream: &str, locations: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let file = folder.path().join("nginx.conf");
        let config = config(folder.path(), port, upstream, locations);
        fs::write(&file, config).expect("a file");
        let mut command = Command::new("nginx");
        command
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null());
        let mut nginx = Self {
            addr: SocketAddr::from(([127, 0, 0, 1], port)),
            process: Process::spawn(&mut command),
            folder,
        };
        eventually("nginx listens", || {
            if let Some(status) = nginx.process.ended() {
                panic!("nginx ended at its start with {status}");
            }
            TcpStream::connect(nginx.addr).is_ok()
        });
        nginx
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

fn config(folder: &Path, port: u16, upstream: &str, locations: &str) -> String {
    let folder = folder.display();
    let modules = module_folder();
    format!(
        "
load_module {modules}/ngx_http_srcache_filter_module.so;
load_module {modules}/ngx_http_memc_module.so;
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log notice;
events {{ worker_connections 64; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	{upstream}
	server {{
		listen 127.0.0.1:{port};{locations}
	}}
}}
"
    )
}

/// Where nginx's build looks for modules.
fn module_folder() -> String {
    let output = Command::new("nginx")
        .arg("-V")
        .output()
        .expect("nginx is installed");
    let text = String::from_utf8_lossy(&output.stderr);
    let option = "--modules-path=";
    let word = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix(option));
    word.expect("nginx tells its folder of modules").to_owned()
}
