//! Scripts: the commands that they give and the answers that they get. What
//! talks to Lua is C, in `ffi/lua*.c`; nothing here runs while a script's
//! callback does, but what the callback itself submits.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::NonNull;

use super::buffer::BufferSlice;
use super::config::SockAddr;
use super::plugin::PluginKind;
use super::{bytes_of, ffi, guard, slice_of};

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
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
}

impl CommandKind {
    /// In the order of `mmc_command_kind`.
    const ALL: [Self; 12] = [
        Self::Get,
        Self::Gets,
        Self::Set,
        Self::Add,
        Self::Replace,
        Self::Append,
        Self::Prepend,
        Self::Cas,
        Self::Delete,
        Self::Touch,
        Self::Incr,
        Self::Decr,
    ];
}

/// A command, while it is being taken.
pub struct Command<'a> {
    /// What to do.
    pub kind: CommandKind,
    /// Which server shall do it.
    pub server: SockAddr,
    /// The keys that it is about, each once; at least one.
    pub keys: Vec<&'a [u8]>,
    /// The value, where there is one.
    pub data: &'a [u8],
    /// The time to live, 0 for ever.
    pub ttl_secs: u32,
    /// The version of a `cas`, or by how much to count.
    pub number: u64,
}

/// What a script is told of its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Code {
    /// Done, or found.
    Ok = 1,
    /// The item that is there, or its absence, was in the way.
    NotStored = 2,
    /// The item has another version.
    Exists = 3,
    /// There is no item.
    NotFound = 4,
    /// It could not be done.
    Error = 5,
}

/// A value that was found.
pub struct AnswerValue {
    /// Which of the keys it belongs to.
    pub key: usize,
    /// What it was stored with.
    pub flags: u32,
    /// Its version.
    pub cas: Option<u64>,
    /// Its bytes.
    pub pieces: Vec<BufferSlice>,
}

/// What came of a command.
pub struct Answer {
    /// What came of it.
    pub code: Code,
    /// What was wrong, for [`Code::Error`].
    pub error: String,
    /// The number that was counted.
    pub number: Option<u64>,
    /// The values that were found.
    pub values: Vec<AnswerValue>,
}

/// A command that an answer is owed to.
pub struct Call(NonNull<ffi::mmc_call>);

/// The offer of a [`Call`].
pub struct Offer<'a> {
    call: NonNull<ffi::mmc_call>,
    taken: &'a Cell<bool>,
}

impl Offer<'_> {
    /// From now on an answer is owed.
    pub fn take(self) -> Call {
        self.taken.set(true);
        Call(self.call)
    }
}

/// Tells the scripts of a worker that answers wait to be taken out.
#[derive(Clone, Copy)]
pub struct Bell(NonNull<ffi::mmc_scripts>);

impl Bell {
    /// They are taken out soon, from the worker's loop.
    pub fn ring(self) {
        // SAFETY: it lives until the library is unloaded, and once the worker
        // has stopped it does nothing.
        unsafe { ffi::mmc_scripts_ring(self.0.as_ptr()) };
    }
}

/// What serves the scripts of one worker.
pub trait ScriptKind: Sized + 'static {
    /// Whose it is.
    type Plugin: PluginKind;

    /// The first command is about to come.
    fn start(bell: Bell, worker: &<Self::Plugin as PluginKind>::WorkerState) -> Self;

    /// Takes a command; without an offer nobody wants an answer.
    ///
    /// # Errors
    /// Why it is not taken.
    fn submit(&self, command: &Command<'_>, offer: Option<Offer<'_>>) -> Result<(), String>;

    /// The next answer that is there.
    fn next(&self) -> Option<(Call, Answer)>;
}

/// The answer that was taken out last stays here while C reads it.
struct State<S> {
    scripts: S,
    current: RefCell<Option<Answer>>,
}

/// The table of functions that C calls.
pub(super) fn definition<S: ScriptKind>() -> ffi::mmc_script_def {
    ffi::mmc_script_def {
        start: Some(start::<S>),
        stop: Some(stop::<S>),
        submit: Some(submit::<S>),
        next: Some(next::<S>),
        value: Some(value::<S>),
        piece: Some(piece::<S>),
    }
}

/// # Safety
/// `state` was made by `start` as this type and `stop` was not called.
unsafe fn state_of<'a, S>(state: *mut c_void) -> &'a State<S> {
    // SAFETY: the caller vouches for it.
    unsafe { &*state.cast() }
}

unsafe extern "C" fn start<S: ScriptKind>(
    scripts: *mut ffi::mmc_scripts,
    worker: *mut c_void,
) -> *mut c_void {
    // SAFETY: the shim passes the state of the worker, which lives.
    let worker = unsafe { &*worker.cast::<<S::Plugin as PluginKind>::WorkerState>() };
    guard(
        "script-start",
        |_| std::ptr::null_mut(),
        || {
            let Some(scripts) = NonNull::new(scripts) else {
                return std::ptr::null_mut();
            };
            let scripts = S::start(Bell(scripts), worker);
            let current = RefCell::new(None);
            Box::into_raw(Box::new(State { scripts, current })).cast()
        },
    )
}

unsafe extern "C" fn stop<S: ScriptKind>(state: *mut c_void) {
    // SAFETY: made by `start`; the shim has forgotten it.
    let state = unsafe { Box::from_raw(state.cast::<State<S>>()) };
    guard("script-stop", |_| (), || drop(state));
}

unsafe extern "C" fn submit<S: ScriptKind>(
    state: *mut c_void,
    command: *const ffi::mmc_command,
    call: *mut ffi::mmc_call,
    error: *mut u8,
    room: usize,
) -> usize {
    // SAFETY: the shim passes what `start` made.
    let state = unsafe { state_of::<S>(state) };
    // SAFETY: the command lives during the call.
    let command = unsafe { &*command };
    let taken = Cell::new(false);
    let result = guard(
        "script-submit",
        |message| Err(format!("internal error: {message}")),
        || {
            // SAFETY: the shim passes an array of that length.
            let keys = unsafe { std::slice::from_raw_parts(command.keys, command.key_count) };
            // SAFETY: the strings are Lua's and stay during the call.
            let keys = keys.iter().map(|key| unsafe { slice_of(*key) }).collect();
            // SAFETY: as above.
            let data = unsafe { slice_of(command.data) };
            // SAFETY: as above.
            let server = unsafe { slice_of(command.server) };
            let kind = usize::try_from(command.kind).unwrap_or(usize::MAX);
            let kind = CommandKind::ALL.get(kind).ok_or("unknown command")?;
            let command = Command {
                kind: *kind,
                server: SockAddr::from_bytes(server),
                keys,
                data,
                ttl_secs: command.ttl_secs,
                number: command.number,
            };
            let taken = &taken;
            let offer = NonNull::new(call).map(|call| Offer { call, taken });
            state.scripts.submit(&command, offer)
        },
    );
    let Err(text) = result else { return 0 };
    if taken.get() {
        // The answer tells of it.
        return 0;
    }
    let text = if text.is_empty() { "error" } else { &text };
    let len = text.len().min(room);
    // SAFETY: the shim gives `room` bytes at `error`.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), error, len) };
    len
}

unsafe extern "C" fn next<S: ScriptKind>(
    state: *mut c_void,
    answer: *mut ffi::mmc_answer,
) -> ffi::mmc_next {
    // SAFETY: the shim passes what `start` made.
    let state = unsafe { state_of::<S>(state) };
    guard(
        "script-next",
        |_| ffi::mmc_next_MMC_NEXT_BROKEN,
        || {
            let Some((call, next)) = state.scripts.next() else {
                state.current.take();
                return ffi::mmc_next_MMC_NEXT_NONE;
            };
            let mut current = state.current.borrow_mut();
            let next = current.insert(next);
            let shown = ffi::mmc_answer {
                call: call.0.as_ptr(),
                code: next.code as u32,
                error: bytes_of(next.error.as_bytes()),
                has_number: next.number.is_some(),
                number: next.number.unwrap_or(0),
                values: next.values.len(),
            };
            // SAFETY: the shim gives room for an answer.
            unsafe { answer.write(shown) };
            ffi::mmc_next_MMC_NEXT_ANSWER
        },
    )
}

unsafe extern "C" fn value<S: ScriptKind>(state: *mut c_void, at: usize) -> ffi::mmc_answer_value {
    // SAFETY: the shim passes what `start` made.
    let state = unsafe { state_of::<S>(state) };
    let current = state.current.borrow();
    let value = current.as_ref().and_then(|answer| answer.values.get(at));
    ffi::mmc_answer_value {
        key: value.map_or(0, |value| value.key),
        flags: value.map_or(0, |value| value.flags),
        has_cas: value.is_some_and(|value| value.cas.is_some()),
        cas: value.and_then(|value| value.cas).unwrap_or(0),
        pieces: value.map_or(0, |value| value.pieces.len()),
    }
}

unsafe extern "C" fn piece<S: ScriptKind>(
    state: *mut c_void,
    at: usize,
    piece: usize,
) -> ffi::mmc_bytes {
    // SAFETY: the shim passes what `start` made.
    let state = unsafe { state_of::<S>(state) };
    let current = state.current.borrow();
    let value = current.as_ref().and_then(|answer| answer.values.get(at));
    let piece = value.and_then(|value| value.pieces.get(piece));
    // The bytes stay until the next answer is taken out.
    bytes_of(piece.map_or(&[], AsRef::as_ref))
}
