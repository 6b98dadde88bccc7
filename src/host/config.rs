//! What the configuration gives: values, actions, patterns, addresses.

use std::ffi::CStr;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::plugin::Server;
use super::request::VRequest;
use super::{bytes_of, ffi, slice_of};

const NONE: u32 = 0;
const BOOLEAN: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const LIST: u32 = 4;
const ACTION: u32 = 5;

/// A value of the configuration, while an action is being made of it.
#[derive(Clone, Copy)]
pub struct ConfigValue<'a>(NonNull<ffi::mmc_value>, PhantomData<&'a ()>);

impl<'a> ConfigValue<'a> {
    /// # Safety
    /// `value` is NULL or a value that stays as it is for `'a`.
    pub(super) unsafe fn new(value: *mut ffi::mmc_value) -> Option<Self> {
        NonNull::new(value).map(|value| Self(value, PhantomData))
    }

    fn ptr(&self) -> *mut ffi::mmc_value {
        self.0.as_ptr()
    }

    fn kind(&self) -> u32 {
        // SAFETY: the value lives for `'a`.
        unsafe { ffi::mmc_value_kind(self.ptr()) }
    }

    /// What kind of value it is, for error messages.
    pub fn type_name(&self) -> &'static str {
        match self.kind() {
            NONE => "none",
            BOOLEAN => "a boolean",
            NUMBER => "a number",
            STRING => "a string",
            LIST => "a list",
            ACTION => "an action",
            _ => "a condition",
        }
    }

    /// Whether it is `none`.
    pub fn is_none(&self) -> bool {
        self.kind() == NONE
    }

    /// The boolean that it is.
    pub fn as_bool(&self) -> Option<bool> {
        (self.kind() == BOOLEAN).then(|| self.number() != 0)
    }

    /// The number that it is.
    pub fn as_number(&self) -> Option<i64> {
        (self.kind() == NUMBER).then(|| self.number())
    }

    fn number(&self) -> i64 {
        // SAFETY: the value lives, and its kind was looked at.
        unsafe { ffi::mmc_value_number(self.ptr()) }
    }

    /// The bytes of the string that it is.
    pub fn as_str(&self) -> Option<&'a [u8]> {
        if self.kind() != STRING {
            return None;
        }
        // SAFETY: it is a string.
        let bytes = unsafe { ffi::mmc_value_string(self.ptr()) };
        // SAFETY: the string stays as it is for `'a`.
        Some(unsafe { slice_of(bytes) })
    }

    /// The entries of the list that it is; an entry can be missing.
    pub fn as_list(&self) -> Option<impl ExactSizeIterator<Item = Option<Self>> + use<'a>> {
        if self.kind() != LIST {
            return None;
        }
        let list = self.ptr();
        // SAFETY: it is a list.
        let len = unsafe { ffi::mmc_value_list_len(list) };
        Some((0..len).map(move |at| {
            // SAFETY: the list lives for `'a` and has more than `at` entries.
            let entry = unsafe { ffi::mmc_value_list_at(list, at) };
            // SAFETY: entries live as long as their list.
            unsafe { Self::new(entry) }
        }))
    }

    /// A reference to the action that it is.
    pub fn action(&self) -> Option<Action> {
        if self.kind() != ACTION {
            return None;
        }
        let mut server = std::ptr::null_mut();
        // SAFETY: it is an action; the new reference is counted.
        let action = unsafe { ffi::mmc_value_action(self.ptr(), &raw mut server) };
        NonNull::new(action).map(|action| Action { action, server })
    }
}

/// A counted reference to an action of the configuration.
pub struct Action {
    action: NonNull<ffi::mmc_action>,
    server: *mut ffi::mmc_server,
}

impl Action {
    pub(super) fn ptr(&self) -> *mut ffi::mmc_action {
        self.action.as_ptr()
    }
}

impl Drop for Action {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is; the server outlives
        // its configuration.
        unsafe { ffi::mmc_action_release(self.server, self.ptr()) };
    }
}

/// A parsed pattern such as `%{req.path}`.
pub struct Pattern(NonNull<ffi::mmc_pattern>);

impl Pattern {
    /// Parses a pattern; the host logs nothing useful if it cannot.
    pub fn parse(server: Server, text: &CStr) -> Option<Self> {
        // SAFETY: `text` ends in NUL and the server lives.
        let pattern = unsafe { ffi::mmc_pattern_new(server.ptr(), text.as_ptr()) };
        NonNull::new(pattern).map(Self)
    }

    /// Hands what it gives for a request, with the captures of the last
    /// regular expression, to `use_it`, which must not call the host.
    pub fn eval<R>(&self, vr: &VRequest<'_>, use_it: impl FnOnce(&[u8]) -> R) -> R {
        // SAFETY: pattern and request live.
        let bytes = unsafe { ffi::mmc_pattern_eval(self.0.as_ptr(), vr.ptr()) };
        // SAFETY: the worker's temporary string stays until the host is called.
        use_it(unsafe { slice_of(bytes) })
    }
}

impl Drop for Pattern {
    fn drop(&mut self) {
        // SAFETY: this owns the pattern.
        unsafe { ffi::mmc_pattern_free(self.0.as_ptr()) };
    }
}

/// The longest socket address.
const ADDR_MAX: usize = size_of::<libc::sockaddr_storage>();

/// A socket address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SockAddr {
    bytes: Box<[u8]>,
}

impl SockAddr {
    /// Reads `IP`, `IP:PORT`, `[IPv6]:PORT` or `unix:/path`, as the host does.
    pub fn parse(text: &[u8], default_port: u16) -> Option<Self> {
        let mut room = [0; ADDR_MAX];
        // SAFETY: both ranges are valid for the call.
        let len = unsafe {
            ffi::mmc_sockaddr_parse(bytes_of(text), default_port, room.as_mut_ptr(), ADDR_MAX)
        };
        (len >= size_of::<libc::sa_family_t>()).then(|| Self {
            bytes: room[..len].into(),
        })
    }

    /// The address that the host's bytes are; they are not empty.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn family(&self) -> i32 {
        let family = [self.bytes[0], self.bytes[1]];
        i32::from(libc::sa_family_t::from_ne_bytes(family))
    }
}

impl fmt::Display for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = [0; 256];
        // SAFETY: both ranges are valid for the call, the first is an address.
        let len =
            unsafe { ffi::mmc_sockaddr_show(bytes_of(&self.bytes), room.as_mut_ptr(), room.len()) };
        write!(f, "{}", String::from_utf8_lossy(&room[..len]))
    }
}
