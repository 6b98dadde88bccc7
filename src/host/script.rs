//! Scripts: the commands that they give and the answers that they get. What
//! talks to Lua is C; nothing here runs while a script's callback does, but
//! what the callback itself submits.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use super::buffer::BufferSlice;
use super::ffi::{self, bytes_of, slice_of};
use super::guard::{guard, guarded_drop};
use super::owned::Owned;
use super::plugin::{Plugin, WorkerPointer};
use super::socket::SockAddr;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Get,
    Gets,
    Set,
    Add,
    Replace,
    Append,
    Prepend,
    Cas,
    Delete,
    Touch,
    Incr,
    Decr,
    Invalidate,
    Bump,
}

impl CommandKind {
    fn new(kind: ffi::mmc_command_kind) -> Option<Self> {
        Some(match kind {
            ffi::MMC_GET => Self::Get,
            ffi::MMC_GETS => Self::Gets,
            ffi::MMC_SET => Self::Set,
            ffi::MMC_ADD => Self::Add,
            ffi::MMC_REPLACE => Self::Replace,
            ffi::MMC_APPEND => Self::Append,
            ffi::MMC_PREPEND => Self::Prepend,
            ffi::MMC_CAS => Self::Cas,
            ffi::MMC_DELETE => Self::Delete,
            ffi::MMC_TOUCH => Self::Touch,
            ffi::MMC_INCR => Self::Incr,
            ffi::MMC_DECR => Self::Decr,
            ffi::MMC_INVALIDATE => Self::Invalidate,
            ffi::MMC_BUMP => Self::Bump,
            _ => return None,
        })
    }
}

/// A command, while it is being submitted.
pub(crate) struct Command<'a> {
    /// What to do.
    pub(crate) kind: CommandKind,
    /// The server that is asked.
    pub(crate) server: SockAddr,
    /// The keys that it is about, each once; at least one.
    pub(crate) keys: Vec<&'a [u8]>,
    /// The value, where there is one.
    pub(crate) data: &'a [u8],
    /// The time to live, in seconds; 0 means no expiry.
    pub(crate) ttl_secs: u32,
    /// How old a value of one key may be that was found before, in milliseconds.
    pub(crate) near_ms: u32,
    /// The version of a `cas`, or by how much to count.
    pub(crate) number: u64,
}

/// The result of a command, as a script sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Code {
    /// Done, or found.
    Ok = ffi::MMC_CODE_OK,
    /// The item that is there, or its absence, was in the way.
    NotStored = ffi::MMC_CODE_NOT_STORED,
    /// The item has another version.
    Exists = ffi::MMC_CODE_EXISTS,
    /// There is no item.
    NotFound = ffi::MMC_CODE_NOT_FOUND,
    /// It could not be done.
    Error = ffi::MMC_CODE_ERROR,
}

/// A value that was found.
pub(crate) struct AnswerValue {
    /// Which of the keys it belongs to.
    pub(crate) key: usize,
    /// What it was stored with.
    pub(crate) flags: u32,
    /// Its version.
    pub(crate) cas: Option<u64>,
    /// Its bytes.
    pub(crate) data: AnswerData,
}

/// The bytes of a value, in one piece.
pub(crate) enum AnswerData {
    /// As they were read.
    Read(BufferSlice),
    /// Put together.
    Whole(Vec<u8>),
}

impl AsRef<[u8]> for AnswerData {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Read(slice) => slice.as_ref(),
            Self::Whole(bytes) => bytes,
        }
    }
}

/// The answer to a command.
pub(crate) struct Answer {
    /// The result.
    pub(crate) code: Code,
    /// What was wrong, for [`Code::Error`].
    pub(crate) error: String,
    /// The number that was counted.
    pub(crate) number: Option<u64>,
    /// The values that were found.
    pub(crate) values: Vec<AnswerValue>,
}

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
    /// The port of a server whose address names none.
    const DEFAULT_PORT: u16;

    /// The first command is about to come.
    fn start(signal: AnswerSignal, worker: &<Self::Plugin as Plugin>::Worker) -> Self;

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
}

/// Kept by C from `start` to `stop`.
type StatePointer<S> = Owned<State<S>, ffi::mmc_rust_scripts>;

/// The table of functions that C calls.
pub(super) fn definition<S: ScriptKind>() -> ffi::mmc_script_def {
    ffi::mmc_script_def {
        default_port: S::DEFAULT_PORT,
        start: Some(start::<S>),
        stop: Some(stop::<S>),
        submit: Some(submit::<S>),
        next: Some(next::<S>),
        value: Some(value::<S>),
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
    let current = RefCell::new(None);
    StatePointer::<S>::into_raw(Box::new(State {
        kind,
        scripts,
        current,
    }))
}

unsafe extern "C" fn stop<S: ScriptKind>(state: *mut ffi::mmc_rust_scripts) {
    // SAFETY: `start` made it; C calls nothing else with it from now on.
    let state = unsafe { StatePointer::<S>::from_raw(state) };
    state.scripts.set(std::ptr::null_mut());
    guarded_drop("script-stop", state);
}

/// What C gave, as Rust has it.
///
/// # Safety
/// C keeps the strings of the command for `'a`.
unsafe fn read_command(command: &ffi::mmc_command) -> Option<Command<'_>> {
    // SAFETY: C passes an array of that length with the command.
    let keys = unsafe { std::slice::from_raw_parts(command.keys, command.key_count) };
    // SAFETY: the keys are Lua's and stay during the call, says the caller.
    let keys = keys.iter().map(|key| unsafe { slice_of(*key) }).collect();
    // SAFETY: likewise.
    let data = unsafe { slice_of(command.data) };
    // SAFETY: likewise.
    let server = unsafe { slice_of(command.server) };
    Some(Command {
        kind: CommandKind::new(command.kind)?,
        server: SockAddr::from_bytes(server)?,
        keys,
        data,
        ttl_secs: command.ttl_secs,
        near_ms: command.near_ms,
        number: command.number,
    })
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
    let text = match result {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error: {panic}"),
    };
    if taken.get() {
        // The answer has it.
        return 0;
    }
    let text = if text.is_empty() { "error" } else { &text };
    let len = text.len().min(room);
    // SAFETY: C gives `room` writable bytes at `error`.
    unsafe { error.copy_from_nonoverlapping(text.as_ptr(), len) };
    len
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
        let value = current.as_ref()?.values.get(at)?;
        Some(ffi::mmc_answer_value {
            key: value.key,
            flags: value.flags,
            has_cas: value.cas.is_some(),
            cas: value.cas.unwrap_or(0),
            // C reads them before it takes out the next answer.
            data: bytes_of(value.data.as_ref()),
        })
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
