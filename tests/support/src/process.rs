//! A child process that does not outlive its owner.

use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::eventually_some;

/// A running program; killed when dropped.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it.
    pub fn spawn(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        Self { child }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("our own child takes signals");
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("our own child can be waited for")
    }

    /// Waits for its end.
    pub fn await_end(&mut self, name: &str) -> ExitStatus {
        eventually_some(&format!("the end of {name}"), || self.ended())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail if it is gone already, and then all is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
