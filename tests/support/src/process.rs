//! A child process that does not outlive its owner.

use std::process::{Child, ChildStdout, Command, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::{eventually, eventually_some};

/// A running program; killed when dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts it.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().to_string_lossy()));
        Self { child }
    }

    /// What it prints, if that was piped.
    pub(crate) fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("a pipe, taken once")
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("our own child takes signals");
    }

    /// Stops it, and waits until all its threads stand still: the signal is
    /// only on its way when it has been sent.
    pub(crate) fn suspend(&self) {
        self.signal(Signal::STOP);
        eventually("the process stands still", || self.is_suspended());
    }

    fn is_suspended(&self) -> bool {
        let tasks = format!("/proc/{}/task", self.id());
        let mut tasks = std::fs::read_dir(tasks).expect("a process").flatten();
        tasks.all(|task| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            // The name before the state may hold anything, a parenthesis too.
            let state = stat.rsplit(')').next().unwrap_or_default();
            state.trim_start().starts_with('T')
        })
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("our own child can be waited for")
    }

    /// Waits for its end.
    pub(crate) fn await_end(&mut self, name: &str) -> ExitStatus {
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
