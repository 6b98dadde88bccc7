//! What C keeps for Rust.
//!
//! A pointer that C keeps is of a type that `ffi/shim.h` has for that one
//! purpose, and an alias here in Rust, such as `ActionPointer<A>`, says which
//! Rust type it points to. `into_raw` is the only place that makes one, and
//! `from_raw` the only one that takes it back.

use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

/// A `T` that C alone owns, as a pointer to `C`.
pub(super) struct Owned<T, C>(PhantomData<(T, C)>);

impl<T, C> Owned<T, C> {
    /// C owns the value from now on.
    pub(super) fn into_raw(value: Box<T>) -> *mut C {
        Box::into_raw(value).cast()
    }

    /// Takes a value back.
    ///
    /// # Safety
    /// `raw` is from [`into_raw`](Self::into_raw) of the same `Owned`, and C
    /// has given it up: nobody uses it any more.
    // The box is the one that C was given; nothing is moved.
    #[allow(clippy::unnecessary_box_returns)]
    pub(super) unsafe fn from_raw(raw: *mut C) -> Box<T> {
        // SAFETY: it was a box of this type, and the caller says that nobody
        // uses it any more.
        unsafe { Box::from_raw(raw.cast()) }
    }

    /// Looks at a value that C keeps.
    ///
    /// # Safety
    /// `raw` is from [`into_raw`](Self::into_raw) of the same `Owned`, and C
    /// keeps it for `'a`.
    pub(super) unsafe fn borrow<'a>(raw: *mut C) -> &'a T {
        // SAFETY: it was a box of this type and nobody has it as mutable: the
        // only way to that is `from_raw`, which the caller rules out for `'a`.
        unsafe { &*raw.cast() }
    }
}

/// A `T` that C and Rust share on one thread; C has one reference to it.
pub(super) struct Counted<T, C>(PhantomData<(T, C)>);

impl<T, C> Counted<T, C> {
    /// C has the reference from now on.
    pub(super) fn into_raw(value: Rc<T>) -> *mut C {
        Rc::into_raw(value).cast_mut().cast()
    }

    /// Takes C's reference back.
    ///
    /// # Safety
    /// `raw` is from [`into_raw`](Self::into_raw) of the same `Counted`, on
    /// this thread or on one that has ended, and C has given it up.
    pub(super) unsafe fn from_raw(raw: *mut C) -> Rc<T> {
        // SAFETY: it was such a reference, and it is taken back this once.
        unsafe { Rc::from_raw(raw.cast_const().cast()) }
    }

    /// A further reference, which keeps the value whatever C does.
    ///
    /// # Safety
    /// `raw` is from [`into_raw`](Self::into_raw) of the same `Counted`, on
    /// this thread, and C has not given it up yet.
    pub(super) unsafe fn retain(raw: *mut C) -> Rc<T> {
        let raw = raw.cast_const().cast();
        // SAFETY: the caller vouches for C's reference.
        unsafe { Rc::increment_strong_count(raw) };
        // SAFETY: takes the reference that was added.
        unsafe { Rc::from_raw(raw) }
    }
}

/// A `T` that Rust owns, with the pointer that C calls back with. It is kept as
/// that pointer: moving a `Box` would end the life of pointers taken from it.
pub(super) struct Lent<T, C> {
    raw: *mut C,
    value: PhantomData<Rc<T>>,
}

impl<T, C> Lent<T, C> {
    pub(super) fn new(value: T) -> Self {
        let raw = Counted::<T, C>::into_raw(Rc::new(value));
        let value = PhantomData;
        Self { raw, value }
    }

    /// What C may be given; it is valid as long as this is.
    pub(super) fn raw(&self) -> *mut C {
        self.raw
    }
}

impl<T, C> Drop for Lent<T, C> {
    fn drop(&mut self) {
        // SAFETY: made in `new`, and this is what owns it.
        drop(unsafe { Counted::<T, C>::from_raw(self.raw) });
    }
}

impl<T, C> Deref for Lent<T, C> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this has a reference of its own until it is dropped.
        unsafe { &*self.raw.cast_const().cast() }
    }
}
