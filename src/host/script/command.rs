//! Commands of scripts.

use super::super::ffi::{self, slice_of};

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
    /// The servers that are meant, as [`ScriptServers`](super::ScriptServers) are read from.
    pub(crate) servers: &'a [u8],
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

/// What C gave, as Rust has it.
///
/// # Safety
/// C keeps the strings of the command for `'a`.
pub(super) unsafe fn read_command(command: &ffi::mmc_command) -> Option<Command<'_>> {
    // SAFETY: C passes an array of that length with the command.
    let keys = unsafe { std::slice::from_raw_parts(command.keys, command.key_count) };
    // SAFETY: the keys are Lua's and stay during the call, says the caller.
    let keys = keys.iter().map(|key| unsafe { slice_of(*key) }).collect();
    // SAFETY: likewise.
    let data = unsafe { slice_of(command.data) };
    // SAFETY: likewise.
    let servers = unsafe { slice_of(command.servers) };
    Some(Command {
        kind: CommandKind::new(command.kind)?,
        servers,
        keys,
        data,
        ttl_secs: command.ttl_secs,
        near_ms: command.near_ms,
        number: command.number,
    })
}
