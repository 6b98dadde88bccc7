//! Safe handles over the host, and the only Rust with unsafe code.
//!
//! Invariants: a handle with a lifetime lives within one call from the host;
//! every call from the host enters through [`guard::guard`], so no panic crosses into
//! C; no reference into host memory is held across a call that may change it.

mod buffer;
mod config;
mod event;
mod filter;
mod guard;
mod plugin;
mod request;
mod script;
mod socket;

#[allow(
    non_camel_case_types,
    non_upper_case_globals,
    dead_code,
    missing_docs,
    clippy::pedantic
)]
pub mod ffi {
    //! Declarations made of `ffi/shim.h`.
    include!(concat!(env!("OUT_DIR"), "/shim.rs"));
}

pub use buffer::{Buffer, BufferSlice};
pub use config::{Action, ConfigValue, Pattern, SockAddr};
pub use event::{IoWatcher, Job, Ready, Timer};
pub use filter::{BodyFilter, FilterIo};
pub use guard::panic_point;
pub use plugin::{ActionEntry, ActionKind, PluginKind, Server, Worker, action_entry, free, init};
pub use request::{ResponseState, VRequest, Waker};
pub use script::{Answer, AnswerValue, Bell, Call, Code, Command, CommandKind, Offer, ScriptKind};
pub use socket::{Connected, Socket};

use ffi::mmc_bytes;
use guard::guard;

/// What an action or filter tells the host; the numbers are the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Flow {
    /// Done here.
    GoOn = 0,
    /// Call again when the request is woken.
    WaitForEvent = 2,
    /// The request ends with an internal error.
    Error = 3,
}

/// How important a log line is; the numbers are the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Level {
    /// For whoever asked for it.
    Debug = 0,
    /// Good to know; the lowest that the host logs unless told otherwise.
    Warning = 2,
    /// Something failed.
    Error = 3,
}

fn bytes_of(text: &[u8]) -> mmc_bytes {
    mmc_bytes {
        ptr: text.as_ptr(),
        len: text.len(),
    }
}

/// # Safety
/// `bytes` stay unchanged for `'a`.
unsafe fn slice_of<'a>(bytes: mmc_bytes) -> &'a [u8] {
    if bytes.ptr.is_null() || bytes.len == 0 {
        return &[];
    }
    // SAFETY: the shim hands out valid ranges, and the caller vouches for `'a`.
    unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }
}
