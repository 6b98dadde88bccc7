//! What the configuration gives: values, and actions among them.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::ffi::{self, slice_of};

/// A value of the configuration, while an action is built from it.
#[derive(Clone, Copy)]
pub(crate) struct ConfigValue<'a>(NonNull<ffi::mmc_value>, PhantomData<&'a ()>);

impl<'a> ConfigValue<'a> {
    /// `None` for NULL.
    ///
    /// # Safety
    /// `value` is NULL, or a value that the host keeps as it is for `'a`.
    pub(super) unsafe fn new(value: *mut ffi::mmc_value) -> Option<Self> {
        NonNull::new(value).map(|value| Self(value, PhantomData))
    }

    fn ptr(&self) -> *mut ffi::mmc_value {
        self.0.as_ptr()
    }

    fn kind(&self) -> ffi::mmc_value_kind {
        // SAFETY: the host keeps the value for `'a`, see `new`.
        unsafe { ffi::mmc_value_kind_of(self.ptr()) }
    }

    /// What kind of value it is, for error messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind() {
            ffi::MMC_VALUE_NONE => "none",
            ffi::MMC_VALUE_BOOLEAN => "a boolean",
            ffi::MMC_VALUE_NUMBER => "a number",
            ffi::MMC_VALUE_STRING => "a string",
            ffi::MMC_VALUE_LIST => "a list",
            ffi::MMC_VALUE_ACTION => "an action",
            _ => "a condition",
        }
    }

    /// Whether it is `none`.
    pub(crate) fn is_none(&self) -> bool {
        self.kind() == ffi::MMC_VALUE_NONE
    }

    /// The boolean that it is.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        (self.kind() == ffi::MMC_VALUE_BOOLEAN).then(|| self.number() != 0)
    }

    /// The number that it is.
    pub(crate) fn as_number(&self) -> Option<i64> {
        (self.kind() == ffi::MMC_VALUE_NUMBER).then(|| self.number())
    }

    fn number(&self) -> i64 {
        // SAFETY: the host keeps the value, see `new`; C reads it by its kind,
        // which both callers have looked at.
        unsafe { ffi::mmc_value_number(self.ptr()) }
    }

    /// The bytes of the string that it is.
    pub(crate) fn as_str(&self) -> Option<&'a [u8]> {
        if self.kind() != ffi::MMC_VALUE_STRING {
            return None;
        }
        // SAFETY: the host keeps the value, see `new`, and it is a string.
        let bytes = unsafe { ffi::mmc_value_string(self.ptr()) };
        // SAFETY: the string is a part of the value, which stays as it is.
        Some(unsafe { slice_of(bytes) })
    }

    /// The entries of the list that it is; an entry can be missing.
    pub(crate) fn as_list(&self) -> Option<impl ExactSizeIterator<Item = Option<Self>> + use<'a>> {
        if self.kind() != ffi::MMC_VALUE_LIST {
            return None;
        }
        let list = self.ptr();
        // SAFETY: the host keeps the value, see `new`, and it is a list.
        let len = unsafe { ffi::mmc_value_list_len(list) };
        Some((0..len).map(move |at| {
            // SAFETY: as above, and the list has more than `at` entries.
            let entry = unsafe { ffi::mmc_value_list_at(list, at) };
            // SAFETY: entries are a part of their list.
            unsafe { Self::new(entry) }
        }))
    }

    /// A reference to the action that it is.
    pub(crate) fn action(&self) -> Option<Action> {
        if self.kind() != ffi::MMC_VALUE_ACTION {
            return None;
        }
        let mut server = std::ptr::null_mut();
        // SAFETY: the host keeps the value, see `new`, and it is an action; the
        // new reference to that is counted.
        let action = unsafe { ffi::mmc_value_action(self.ptr(), &raw mut server) };
        NonNull::new(action).map(|action| Action { action, server })
    }
}

/// A counted reference to an action of the configuration. One that is kept for
/// longer than the plugin is loaded is leaked.
pub(crate) struct Action {
    action: NonNull<ffi::mmc_action>,
    server: *mut ffi::mmc_server,
}

// SAFETY: actions are made for all workers to run: the host counts references
// to them atomically, and gives the last one up on whatever thread has it.
unsafe impl Send for Action {}
// SAFETY: as for `Send`; nothing changes an action once it is made.
unsafe impl Sync for Action {}

impl Action {
    fn ptr(&self) -> *mut ffi::mmc_action {
        self.action.as_ptr()
    }

    /// # Safety
    /// `action` is a reference to an action of `server` that nobody else gives up.
    ///
    /// # Panics
    /// It is NULL.
    pub(super) unsafe fn from_raw(
        server: *mut ffi::mmc_server,
        action: *mut ffi::mmc_action,
    ) -> Self {
        let action = NonNull::new(action).expect("the host makes actions or aborts");
        Self { action, server }
    }

    /// Whoever gets the pointer has this reference from now on.
    pub(super) fn into_raw(self) -> *mut ffi::mmc_action {
        ManuallyDrop::new(self).ptr()
    }
}

impl Clone for Action {
    fn clone(&self) -> Self {
        // SAFETY: the action lives while somebody has a reference, as this is;
        // the new one is counted.
        unsafe { ffi::mmc_action_acquire(self.ptr()) };
        Self {
            action: self.action,
            server: self.server,
        }
    }
}

impl Drop for Action {
    fn drop(&mut self) {
        // SAFETY: gives up the one reference that this is; C does nothing once
        // the server may be gone.
        unsafe { ffi::mmc_action_release(self.server, self.ptr()) };
    }
}
