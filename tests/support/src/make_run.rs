//! What `make run` starts.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::paths::{Host, plugin_library, project_root, slow_application};
use crate::process::Process;

/// The sample configuration as `scripts/run` serves it, with the plugin and the
/// server under test.
pub struct MakeRun {
    script: Process,
    /// What it has printed.
    text: Vec<String>,
}

impl MakeRun {
    /// Starts it.
    pub fn start() -> Self {
        // Between finding a free port and using it somebody may take it.
        for _ in 0..5 {
            let mut command = Command::new(project_root().join("scripts/run"));
            command
                .env("MOD_MEMCACHED_SO", plugin_library())
                .env("SLOW_APPLICATION", slow_application())
                .env("LIGHTTPD2_WORKER", Host::find_without_lua().worker)
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut script = Process::spawn(&mut command);
            let out = script.take_stdout();
            let mut text = Vec::new();
            for line in BufReader::new(out).lines() {
                text.push(line.expect("text"));
                if text.last().is_some_and(|line| line.starts_with("Ctrl-C")) {
                    return Self { script, text };
                }
            }
        }
        panic!("scripts/run starts nothing");
    }

    /// What follows these words in what it printed, up to a byte.
    fn printed(&self, words: &str, end: char) -> &str {
        let rest = self.text.iter().find_map(|line| line.split_once(words));
        let (_, rest) = rest.unwrap_or_else(|| panic!("{words:?} in {:?}", self.text));
        rest.split(end).next().unwrap_or_default()
    }

    /// The address that it prints.
    pub fn addr(&self) -> SocketAddr {
        self.printed("http://", '/').parse().expect("an address")
    }

    /// Runs the commands that it proposes, in this order, each after `see` has looked at what
    /// the one before it printed.
    pub fn try_out(&self, mut see: impl FnMut(usize, &str)) {
        let commands = self.text.iter().filter_map(|line| {
            let command = line.strip_prefix("  ")?;
            let begins = ["curl ", "sleep ", "kill "].map(|word| command.starts_with(word));
            begins.contains(&true).then_some(command)
        });
        for (at, command) in commands.enumerate() {
            let output = Command::new("sh").args(["-c", command]).output();
            let output = output.expect("a shell");
            see(at, &String::from_utf8_lossy(&output.stdout));
        }
    }

    /// Stops it as Ctrl-C does; whether it ended well.
    pub fn interrupt(&mut self) -> bool {
        self.script.signal(Signal::INT);
        self.script.await_end("scripts/run").success()
    }
}

impl Drop for MakeRun {
    fn drop(&mut self) {
        // What it started ends with it only if it is asked.
        if self.script.ended().is_none() {
            self.interrupt();
        }
    }
}
