//! memcached's own proxy in front of several memcacheds.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::ports::free_port;
use crate::process::Process;
use crate::wait::eventually;

/// A running proxy. Prints as `IP:PORT`.
pub struct MemcachedProxy {
    addr: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl fmt::Display for MemcachedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.addr)
    }
}

/// The program: `MEMCACHED_PROXY`, or the memcached that is installed.
fn program() -> OsString {
    env::var_os("MEMCACHED_PROXY").unwrap_or_else(|| "memcached".into())
}

/// Whether it was built with the proxy.
fn has_proxy() -> bool {
    let help = Command::new(program()).arg("-h").output();
    let help = help.expect("memcached is installed").stdout;
    String::from_utf8_lossy(&help).contains("proxy_config")
}

impl MemcachedProxy {
    /// Starts one in front of servers (`IP:PORT`), with the ring of other clients. `None`,
    /// and a line that says so, where memcached was built without it.
    pub fn start(servers: &[String]) -> Option<Self> {
        let backends: Vec<_> = servers.iter().map(|server| backend(server)).collect();
        let config = CONFIG.replace("$BACKENDS", &backends.join(", "));
        Self::start_with(&config)
    }

    /// Starts one with this configuration, which is a script of Lua.
    pub fn start_with(config: &str) -> Option<Self> {
        if !has_proxy() {
            let program = program();
            let program = program.to_string_lossy();
            println!("passed over: {program} has no proxy; MEMCACHED_PROXY can name one that has");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("proxy.lua");
        fs::write(&file, config).expect("a file");
        let addr = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(program());
        command
            .args(["-l", "127.0.0.1", "-p", &addr.port().to_string()])
            .args(["-U", "0", "-t", "1"])
            .arg("-o")
            .arg(format!("proxy_config={}", file.display()))
            .stdin(Stdio::null());
        if rustix::process::getuid().is_root() {
            // It reads the file before it becomes somebody else.
            command.args(["-u", "nobody"]);
        }
        let mut process = Process::spawn(&mut command);
        eventually("the proxy listens", || {
            if let Some(status) = process.ended() {
                panic!("memcached's proxy ended at its start with {status}");
            }
            TcpStream::connect(addr).is_ok()
        });
        Some(Self {
            addr,
            _process: process,
            _folder: folder,
        })
    }
}

/// A server as the proxy's configuration names it.
fn backend(server: &str) -> String {
    let (host, port) = server.split_once(':').expect("IP:PORT");
    format!("mcp.backend(\"{server}\", \"{host}\", {port})")
}

const CONFIG: &str = r#"
function mcp_config_pools()
	mcp.backend_retry_waittime(1)
	return mcp.pool({ $BACKENDS }, { dist = mcp.dist_ring_hash, omode = "twemproxy", hash = mcp.dist_ring_hash.hash })
end
function mcp_config_routes(pool)
	local route = mcp.funcgen_new()
	local all = route:new_handle(pool)
	route:ready({ f = function(context)
		return function(request) return context:enqueue_and_wait(request, all) end
	end })
	mcp.attach(mcp.CMD_ANY_STORAGE, route)
end
"#;
