//! Scripts: the commands that they give and the answers that they get. What
//! talks to Lua is C; nothing here runs while a script's callback does, but
//! what the callback itself submits.

mod answer;
mod command;
mod servers;

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use super::ffi::{self, bytes_of, slice_of};
use super::guard::{guard, guarded_drop};
use super::owned::Owned;
use super::plugin::{Plugin, WorkerPointer};
pub(crate) use answer::{Answer, AnswerData, AnswerValue, Code};
use command::read_command;
pub(crate) use command::{Command, CommandKind};
pub(crate) use servers::{ScriptServers, ServerList};

/// A worker's scripts as C has them; NULL once they have stopped.
type Scripts = Rc<Cell<*mut ffi::mmc_scripts>>;

/// A command that an answer is owed to.
pub(crate) struct PendingCall {
    call: NonNull<ffi::mmc_call>,
    scripts: Scripts,
}

/// The place for a [`PendingCall`], while its command is being submitted.
pub(crate) struct CallSlot<'a> {
    call: NonNull<ffi::mmc_call>,
    scripts: &'a Scripts,
    taken: &'a Cell<bool>,
}

impl CallSlot<'_> {
    /// From now on an answer is owed.
    pub(crate) fn take(self) -> PendingCall {
        self.taken.set(true);
        PendingCall {
            call: self.call,
            scripts: Rc::clone(self.scripts),
        }
    }
}

/// Says that answers wait to be taken out; a clone is the same one.
#[derive(Clone)]
pub(crate) struct AnswerSignal(Scripts);

impl AnswerSignal {
    /// They are taken out soon, from the worker's loop, unless it has stopped.
    pub(crate) fn raise(&self) {
        let scripts = self.0.get();
        if !scripts.is_null() {
            // SAFETY: C has the scripts until `stop` is called, which empties
            // the cell; a signal does not leave the worker's thread.
            unsafe { ffi::mmc_scripts_ring(scripts) };
        }
    }
}

/// What serves the scripts of one worker.
pub(crate) trait ScriptKind: Sized + 'static {
    /// Whose it is.
    type Plugin: Plugin;
    /// The first command is about to come.
    fn start(signal: AnswerSignal, worker: &<Self::Plugin as Plugin>::Worker) -> Self;

    /// Whether a script can mean these servers.
    ///
    /// # Errors
    /// Why not.
    fn connect(servers: &[u8]) -> Result<(), String>;

    /// The server that a key is on and, if that is another, the one that stands in for
    /// it now.
    ///
    /// # Errors
    /// Why that cannot be told.
    fn whereabouts(&self, servers: &[u8], key: &[u8]) -> Result<(String, Option<String>), String>;

    /// Submits a command; without a slot nobody wants an answer.
    ///
    /// # Errors
    /// Why it is refused.
    fn submit(&self, command: &Command<'_>, slot: Option<CallSlot<'_>>) -> Result<(), String>;

    /// The next answer that is there.
    fn next(&self) -> Option<(PendingCall, Answer)>;

    /// A script has done something wrong: what it was, and Lua's words.
    fn failed(&self, what: &[u8], error: &[u8]);
}

/// The answer that was taken out last stays here while C reads it.
struct State<S> {
    kind: S,
    scripts: Scripts,
    current: RefCell<Option<Answer>>,
    /// What was asked for last.
    whereabouts: RefCell<(String, Option<String>)>,
}

/// Kept by C from `start` to `stop`.
type StatePointer<S> = Owned<State<S>, ffi::mmc_rust_scripts>;

/// The table of functions that C calls.
pub(super) fn definition<S: ScriptKind>() -> ffi::mmc_script_def {
    ffi::mmc_script_def {
        connect: Some(connect::<S>),
        start: Some(start::<S>),
        stop: Some(stop::<S>),
        submit: Some(submit::<S>),
        next: Some(next::<S>),
        value: Some(value::<S>),
        locate: Some(locate::<S>),
        failed: Some(failed::<S>),
    }
}

unsafe extern "C" fn start<S: ScriptKind>(
    scripts: *mut ffi::mmc_scripts,
    worker: *mut ffi::mmc_rust_worker,
) -> *mut ffi::mmc_rust_scripts {
    // SAFETY: C has it from `start_worker`, on this thread, and `stop_worker`
    // was not called yet.
    let worker = unsafe { WorkerPointer::<S::Plugin>::retain(worker) };
    let scripts = Rc::new(Cell::new(scripts));
    let signal = AnswerSignal(Rc::clone(&scripts));
    let started = guard("script-start", || S::start(signal, &worker.state));
    guarded_drop("worker-release", worker);
    let Ok(kind) = started else {
        scripts.set(std::ptr::null_mut());
        return std::ptr::null_mut();
    };
    let (current, whereabouts) = (RefCell::default(), RefCell::default());
    StatePointer::<S>::into_raw(Box::new(State {
        kind,
        scripts,
        current,
        whereabouts,
    }))
}

unsafe extern "C" fn stop<S: ScriptKind>(state: *mut ffi::mmc_rust_scripts) {
    // SAFETY: `start` made it; C calls nothing else with it from now on.
    let state = unsafe { StatePointer::<S>::from_raw(state) };
    state.scripts.set(std::ptr::null_mut());
    guarded_drop("script-stop", state);
}

unsafe extern "C" fn submit<S: ScriptKind>(
    state: *mut ffi::mmc_rust_scripts,
    command: *const ffi::mmc_command,
    call: *mut ffi::mmc_call,
    error: *mut u8,
    room: usize,
) -> usize {
    // SAFETY: C has it from `start`, and `stop` was not called yet.
    let state = unsafe { StatePointer::<S>::borrow(state) };
    // SAFETY: C passes a command that stays as it is during the call.
    let command = unsafe { &*command };
    let taken = Cell::new(false);
    let result = guard("script-submit", || {
        // SAFETY: C keeps what the command refers to during the call.
        let command = unsafe { read_command(command) }.ok_or("unknown command")?;
        let slot = NonNull::new(call).map(|call| CallSlot {
            call,
            scripts: &state.scripts,
            taken: &taken,
        });
        state.kind.submit(&command, slot)
    });
    if taken.get() {
        // The answer has it, whatever it is.
        return 0;
    }
    // SAFETY: C gives `room` writable bytes at `error`.
    unsafe { tell(result, error, room) }
}

/// 0, or the length of an error that C is told.
///
/// # Safety
/// There are `room` writable bytes at `error`.
unsafe fn tell(
    result: Result<Result<(), String>, impl std::fmt::Display>,
    error: *mut u8,
    room: usize,
) -> usize {
    let text = match result {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error: {panic}"),
    };
    let text = if text.is_empty() { "error" } else { &text };
    let len = text.len().min(room);
    // SAFETY: the caller vouches for the room.
    unsafe { error.copy_from_nonoverlapping(text.as_ptr(), len) };
    len
}

unsafe extern "C" fn connect<S: ScriptKind>(
    servers: ffi::mmc_bytes,
    error: *mut u8,
    room: usize,
) -> usize {
    // SAFETY: C keeps the bytes during the call.
    let servers = unsafe { slice_of(servers) };
    let result = guard("script-connect", || S::connect(servers));
    // SAFETY: C gives `room` writable bytes at `error`.
    unsafe { tell(result, error, room) }
}

unsafe extern "C" fn locate<S: ScriptKind>(
    state: *mut ffi::mmc_rust_scripts,
    servers: ffi::mmc_bytes,
    key: ffi::mmc_bytes,
    home: *mut ffi::mmc_bytes,
    stand_in: *mut ffi::mmc_bytes,
    error: *mut u8,
    room: usize,
) -> usize {
    // SAFETY: C has it from `start`, and `stop` was not called yet.
    let state = unsafe { StatePointer::<S>::borrow(state) };
    // SAFETY: C keeps the bytes during the call.
    let servers = unsafe { slice_of(servers) };
    // SAFETY: likewise.
    let key = unsafe { slice_of(key) };
    let found = guard("script-locate", || {
        let found = state.kind.whereabouts(servers, key)?;
        state.whereabouts.replace(found);
        Ok(())
    });
    let shown = state.whereabouts.borrow();
    let other = shown.1.as_deref().unwrap_or_default();
    // SAFETY: C gives room for it, and reads the text before it calls again.
    unsafe { home.write(bytes_of(shown.0.as_bytes())) };
    // SAFETY: likewise.
    unsafe { stand_in.write(bytes_of(other.as_bytes())) };
    // SAFETY: C gives `room` writable bytes at `error`.
    unsafe { tell(found, error, room) }
}

unsafe extern "C" fn next<S: ScriptKind>(
    state: *mut ffi::mmc_rust_scripts,
    answer: *mut ffi::mmc_answer,
) -> ffi::mmc_next {
    // SAFETY: C has it from `start`, and `stop` was not called yet.
    let state = unsafe { StatePointer::<S>::borrow(state) };
    let next = guard("script-next", || {
        loop {
            match state.kind.next() {
                // The call of scripts that have stopped was freed.
                Some((call, _)) if !Rc::ptr_eq(&call.scripts, &state.scripts) => {}
                next => return next,
            }
        }
    });
    let Ok(next) = next else {
        return ffi::MMC_NEXT_BROKEN;
    };
    let mut current = state.current.borrow_mut();
    let Some((call, next)) = next else {
        *current = None;
        return ffi::MMC_NEXT_NONE;
    };
    let next = current.insert(next);
    let shown = ffi::mmc_answer {
        call: call.call.as_ptr(),
        code: next.code as u32,
        error: bytes_of(next.error.as_bytes()),
        has_number: next.number.is_some(),
        number: next.number.unwrap_or(0),
        values: next.values.len(),
    };
    // SAFETY: C gives room for an answer.
    unsafe { answer.write(shown) };
    ffi::MMC_NEXT_ANSWER
}

unsafe extern "C" fn value<S: ScriptKind>(
    state: *mut ffi::mmc_rust_scripts,
    at: usize,
    shown: *mut ffi::mmc_answer_value,
) -> bool {
    // SAFETY: C has it from `start`, and `stop` was not called yet.
    let state = unsafe { StatePointer::<S>::borrow(state) };
    let found = guard("script-value", || {
        let current = state.current.borrow();
        let (key, result) = current.as_ref()?.values.get(at)?;
        // C reads the bytes before it takes out the next answer.
        let mut shown = ffi::mmc_answer_value {
            key: *key,
            error: bytes_of(b""),
            flags: 0,
            has_cas: false,
            cas: 0,
            data: bytes_of(b""),
        };
        match result {
            Ok(value) => {
                shown.flags = value.flags;
                shown.has_cas = value.cas.is_some();
                shown.cas = value.cas.unwrap_or(0);
                shown.data = bytes_of(value.data.as_ref());
            }
            Err(error) => shown.error = bytes_of(error.as_bytes()),
        }
        Some(shown)
    });
    let Ok(Some(value)) = found else { return false };
    // SAFETY: C gives room for a value.
    unsafe { shown.write(value) };
    true
}

unsafe extern "C" fn failed<S: ScriptKind>(
    state: *mut ffi::mmc_rust_scripts,
    what: ffi::mmc_bytes,
    error: ffi::mmc_bytes,
) {
    // SAFETY: C has it from `start`, and `stop` was not called yet.
    let state = unsafe { StatePointer::<S>::borrow(state) };
    // SAFETY: C keeps the text during the call.
    let what = unsafe { slice_of(what) };
    // SAFETY: the message is on Lua's stack and stays there during the call.
    let error = unsafe { slice_of(error) };
    // The panic hook has written about it; there is nothing to give up.
    let _ = guard("script-failed", || state.kind.failed(what, error));
}
