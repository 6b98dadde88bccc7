//! A server with the plugin in it.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::http::{self, Client, Response};
use crate::paths::{Host, plugin_library};
use crate::ports::free_port;
use crate::process::Process;
use crate::wait::{PATIENCE, eventually};

/// What a server is started with.
pub struct SiteBuilder {
    workers: u32,
    modules: Vec<String>,
    setup: String,
    plugin: PathBuf,
    wrapper: Vec<OsString>,
    environment: Vec<(String, String)>,
}

impl Default for SiteBuilder {
    fn default() -> Self {
        Self {
            workers: 1,
            modules: vec!["mod_memcached".into(), "mod_proxy".into()],
            setup: String::new(),
            plugin: plugin_library(),
            wrapper: Vec::new(),
            environment: Vec::new(),
        }
    }
}

impl SiteBuilder {
    /// How many workers it has; one unless told.
    #[must_use]
    pub fn workers(mut self, count: u32) -> Self {
        self.workers = count;
        self
    }

    /// Loads another module, after `mod_memcached` and `mod_proxy`.
    #[must_use]
    pub fn module(mut self, name: &str) -> Self {
        self.modules.push(name.into());
        self
    }

    /// More of the setup block.
    #[must_use]
    pub fn setup(mut self, text: &str) -> Self {
        self.setup.push_str(text);
        self
    }

    /// Takes another build of the plugin.
    #[must_use]
    pub fn plugin(mut self, library: &Path) -> Self {
        self.plugin = library.into();
        self
    }

    /// Runs the server under another program, such as valgrind.
    #[must_use]
    pub fn wrapper(mut self, command: &[&str]) -> Self {
        self.wrapper = command.iter().map(OsString::from).collect();
        self
    }

    /// Sets a variable of the server's environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts it. `$NAME` in the configuration stands for a value in `names`;
    /// `$DIR` is a folder of the site's own.
    pub fn start(self, config: &str, names: &[(&str, &dyn Display)]) -> Site {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // A port that is free now may be taken by the time it is used.
        for _ in 0..4 {
            let port = free_port();
            let addr = SocketAddr::from(([127, 0, 0, 1], port));
            let mut process = self.spawn(folder.path(), port, config, names);
            let mut ended = None;
            eventually("the server listens or ends", || {
                ended = process.ended();
                ended.is_some() || is_serving(addr)
            });
            if ended.is_none() {
                return Site {
                    addr,
                    process,
                    folder,
                };
            }
            let log = read_log(folder.path());
            assert!(
                log.contains("in use"),
                "the server ended at its start with {ended:?}:\n{log}"
            );
        }
        panic!("no port stays free");
    }

    fn spawn(
        &self,
        folder: &Path,
        port: u16,
        config: &str,
        names: &[(&str, &dyn Display)],
    ) -> Process {
        let file = folder.join("lighttpd2.conf");
        fs::write(&file, self.full_config(folder, port, config, names)).expect("a file");
        let mut command = self.command(folder);
        Process::spawn(command.arg("-c").arg(file))
    }

    fn full_config(
        &self,
        folder: &Path,
        port: u16,
        config: &str,
        names: &[(&str, &dyn Display)],
    ) -> String {
        let modules = self.modules.join("\", \"");
        let (workers, setup) = (self.workers, &self.setup);
        let mut text = format!(
            "setup {{\n\tmodule_load (\"{modules}\");\n\tlisten \"127.0.0.1:{port}\";\n\
             \tworkers {workers};\n\t{setup}\n}}\n{config}"
        );
        for (name, value) in names {
            text = text.replace(&format!("${name}"), &value.to_string());
        }
        text.replace("$DIR", &folder.display().to_string())
    }

    /// The server's command line but for its configuration; the log goes to a
    /// file in the folder.
    fn command(&self, folder: &Path) -> Command {
        let host = Host::find();
        let modules = folder.join("modules");
        if !modules.exists() {
            make_module_folder(&modules, host.modules.as_deref(), &self.plugin);
        }
        let mut line = self.wrapper.clone();
        line.push(host.worker.into());
        let mut command = Command::new(&line[0]);
        let log = File::options()
            .append(true)
            .create(true)
            .open(folder.join("log"))
            .expect("a log file");
        command
            .args(&line[1..])
            .arg("-m")
            .arg(modules)
            // Under valgrind a backtrace takes half a minute.
            .env("RUST_BACKTRACE", "0")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor"))
            .stderr(log);
        command
    }
}

/// The host's modules, with ours in place of its own of that name.
fn make_module_folder(folder: &Path, host: Option<&Path>, plugin: &Path) {
    fs::create_dir(folder).expect("a folder");
    if let Some(host) = host {
        let entries =
            fs::read_dir(host).unwrap_or_else(|error| panic!("{}: {error}", host.display()));
        for entry in entries.flatten() {
            let name = entry.file_name();
            if !name.to_string_lossy().contains("mod_memcached") {
                symlink(entry.path(), folder.join(name)).expect("a link");
            }
        }
    }
    symlink(plugin, folder.join("libmod_memcached.so")).expect("a link");
}

/// Whether a server answers there. What it is sent is no request, so that no
/// action runs. A connection alone says too little: lighttpd2 listens before
/// its workers run, and does not end when it is told to in between.
fn is_serving(addr: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(addr) else {
        return false;
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    stream.write_all(b"?\r\n\r\n").is_ok() && matches!(stream.read(&mut [0; 16]), Ok(1..))
}

fn read_log(folder: &Path) -> String {
    let bytes = fs::read(folder.join("log")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A running server.
pub struct Site {
    /// Where it listens.
    pub addr: SocketAddr,
    process: Process,
    folder: TempDir,
}

impl Site {
    /// What a server can be started with.
    pub fn builder() -> SiteBuilder {
        SiteBuilder::default()
    }

    /// Starts one with a single worker; see [`SiteBuilder::start`].
    pub fn start(config: &str, names: &[(&str, &dyn Display)]) -> Self {
        Self::builder().start(config, names)
    }

    /// A folder of its own, `$DIR` in its configuration.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// A connection to it.
    pub fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// The response to a GET on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        http::get(self.addr, path)
    }

    /// The response to a request on a connection of its own.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        http::request(self.addr, method, path, headers)
    }

    /// Asks for a page until it comes from the cache: a store is not waited
    /// for, so the page may come once more from where it is made.
    pub fn get_hit(&self, path: &str) -> Response {
        crate::wait::eventually_some(&format!("a hit of {path}"), || {
            let response = self.get(path);
            (response.cache() == "Hit").then_some(response)
        })
    }

    /// What it has logged, and whatever else it and a wrapper wrote.
    pub fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// Waits for text in its log.
    pub fn await_log(&self, text: &str) {
        eventually(&format!("{text:?} in the log"), || {
            self.log().contains(text)
        });
    }

    /// Waits until it has read all that clients have sent, as far as the
    /// system knows.
    pub fn await_read(&self) {
        eventually("the server reads what it was sent", || {
            let sockets = fs::read_to_string("/proc/net/tcp").expect("Linux's list of sockets");
            !sockets
                .lines()
                .any(|line| has_unread(line, self.addr.port()))
        });
    }

    /// Its process's number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// Tells it to stop, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.process.signal(Signal::INT);
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.pid());
        fs::read_dir(folder).expect("a process").count()
    }

    /// How much memory it has.
    pub fn resident_kib(&self) -> u64 {
        let file = format!("/proc/{}/status", self.pid());
        let status = fs::read_to_string(file).expect("a process");
        let figure = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = figure.and_then(|text| text.split_whitespace().next());
        number.expect("VmRSS").parse().expect("a number")
    }

    /// Stops it in the middle of whatever it does; the system still takes
    /// connections and bytes for it.
    pub fn suspend(&self) {
        self.process.suspend();
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.process.signal(Signal::CONT);
    }

    /// Stops it and gives its log.
    pub fn stop(mut self) -> String {
        self.interrupt();
        let status = self.process.await_end("the server");
        let log = self.log();
        assert!(status.success(), "the server ended with {status}:\n{log}");
        log
    }
}

/// Whether a line of `/proc/net/tcp` is a socket at that local port with
/// bytes, or for a listener with connections, that nobody has taken yet.
fn has_unread(line: &str, port: u16) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, local, _, _, queues, ..] = words[..] else {
        return false;
    };
    let is_here = local.ends_with(&format!(":{port:04X}"));
    is_here && !queues.ends_with(":00000000")
}

/// What came of looking at a configuration with `-t`.
pub struct Checked {
    /// The exit status.
    pub status: Option<i32>,
    /// All that it printed.
    pub output: String,
}

/// Lets the server look at a configuration without serving it.
pub fn check_config(config: &str) -> Checked {
    check_config_with(&SiteBuilder::default(), config)
}

/// As [`check_config`], with another builder.
pub fn check_config_with(builder: &SiteBuilder, config: &str) -> Checked {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("lighttpd2.conf");
    let text = builder.full_config(folder.path(), free_port(), config, &[]);
    fs::write(&file, text).expect("a file");
    let status = builder
        .command(folder.path())
        .arg("-t")
        .arg("-c")
        .arg(file)
        .status()
        .expect("the server runs");
    Checked {
        status: status.code(),
        output: read_log(folder.path()),
    }
}
