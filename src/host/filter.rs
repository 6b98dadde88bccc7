//! Filters that see a response's body pass.
//!
//! The host may call a filter while it is being added, and again while it is at
//! work if that makes data move; it frees a filter when its request goes, never
//! while it is at work. None of this is relied on: the filter is taken out of
//! its slot while it works, and the slot lives until the last call is over.

use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::rc::Rc;

use super::ffi::{self, bytes_of, slice_of};
use super::guard::{guard, guarded_drop};
use super::handles::Level;
use super::owned::Counted;
use super::plugin::Plugin;
use super::request::{Caller, Flow, VRequest, with_request};

/// A filter over one body.
pub(crate) trait BodyFilter: 'static {
    /// Whose it is.
    type Plugin: Plugin;

    /// Something changed at one end. All input must be moved on or discarded.
    /// Without a request the response is gone.
    fn handle(
        &mut self,
        vr: Option<&mut VRequest<'_, Self::Plugin>>,
        io: &mut FilterIo<'_>,
    ) -> Flow;

    /// Nobody takes the output any more, before the filter has closed it. This may be the last
    /// call before it is dropped.
    fn output_gone(&mut self, _vr: Option<&mut VRequest<'_, Self::Plugin>>) {}
}

/// The two queues that a filter stands between, within one call.
pub(crate) struct FilterIo<'a>(*mut ffi::mmc_filter, PhantomData<&'a mut ()>);

impl FilterIo<'_> {
    /// What may be passed to the shim: `handle` makes a `FilterIo` for one call,
    /// in which the filter lives, and its lifetime ends there.
    fn ptr(&self) -> *mut ffi::mmc_filter {
        self.0
    }

    /// The source went away: what has come is all that will.
    pub(crate) fn input_gone(&self) -> bool {
        // SAFETY: see `ptr`.
        !unsafe { ffi::mmc_filter_has_input(self.ptr()) }
    }

    /// The source has come to its regular end.
    pub(crate) fn input_closed(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_input_closed(self.ptr()) }
    }

    /// Bytes that wait.
    pub(crate) fn input_len(&self) -> u64 {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_input_len(self.ptr()) }
    }

    /// Nothing more can be passed on.
    pub(crate) fn output_closed(&self) -> bool {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_output_closed(self.ptr()) }
    }

    /// The bytes that wait, which stay where they are.
    pub(crate) fn input(&mut self) -> Input<'_> {
        Input {
            filter: self.ptr(),
            cursor: std::ptr::null_mut(),
            offset: 0,
            missing: self.input_len(),
            borrow: PhantomData,
        }
    }

    /// Shows the bytes that wait, a chunk at a time.
    ///
    /// # Errors
    /// As those of [`Input::read`]; what comes before has been shown.
    pub(crate) fn read_all(&mut self, mut show: impl FnMut(&[u8])) -> Result<(), Unreadable> {
        let mut input = self.input();
        while let Some(bytes) = input.read()? {
            show(bytes);
        }
        Ok(())
    }

    /// Moves everything on.
    pub(crate) fn forward_all(&mut self) {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_forward_all(self.ptr()) };
    }

    /// Throws everything away.
    pub(crate) fn discard_all(&mut self) {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_discard_all(self.ptr()) };
    }

    /// Says that nothing more comes.
    pub(crate) fn close_output(&mut self) {
        // SAFETY: see `ptr`.
        unsafe { ffi::mmc_filter_close_output(self.ptr()) };
    }

    /// Lets everything pass, and its end; where the client is gone, nothing.
    pub(crate) fn pass_through(&mut self) -> Flow {
        let over = self.input_gone() || self.input_closed();
        if self.output_closed() {
            self.discard_all();
        } else {
            self.forward_all();
        }
        if over {
            self.close_output();
        }
        Flow::GoOn
    }
}

/// Reads the bytes that wait before a filter, a chunk at a time.
pub(crate) struct Input<'a> {
    filter: *mut ffi::mmc_filter,
    cursor: *mut c_void,
    offset: u64,
    missing: u64,
    borrow: PhantomData<&'a mut ()>,
}

/// A part of a body, in a file, cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreadable;

impl Input<'_> {
    /// The next bytes; `None` after the last. They are in the host's memory,
    /// which it uses again for those of the next call.
    ///
    /// # Errors
    /// A part is in a file that cannot be read, or not to its end.
    pub(crate) fn read(&mut self) -> Result<Option<&[u8]>, Unreadable> {
        let mut bytes = bytes_of(&[]);
        // SAFETY: the `FilterIo` is borrowed, so the filter lives, see there,
        // and nothing took from the queue since the cursor was set: moving and
        // discarding take the `FilterIo` as `&mut`, and what a `VRequest` can
        // do only adds to a body.
        let read = unsafe {
            ffi::mmc_filter_read(
                self.filter,
                &raw mut self.cursor,
                &raw mut self.offset,
                &raw mut bytes,
            )
        };
        // SAFETY: the bytes stay until the next call of this, which takes
        // `&mut self`, or until the queue is touched, as above.
        let part = unsafe { slice_of(bytes) };
        self.missing = self.missing.saturating_sub(part.len() as u64);
        match (read, part.is_empty()) {
            (true, false) => Ok(Some(part)),
            (true, true) if self.missing == 0 => Ok(None),
            _ => Err(Unreadable),
        }
    }
}

/// Where a filter is kept.
enum State<F> {
    Idle(F),
    /// Taken out, by a call further up the stack.
    AtWork,
    /// It panicked: what comes is passed on from now on.
    Broken,
}

/// Kept by C from `add_filter_out` to `destroy`.
type SlotPointer<F> = Counted<Cell<State<F>>, ffi::mmc_rust_filter>;

struct Definition<F>(PhantomData<F>);

impl<F: BodyFilter> Definition<F> {
    const TABLE: ffi::mmc_filter_def = ffi::mmc_filter_def {
        handle: Some(handle::<F>),
        output_gone: Some(output_gone::<F>),
        destroy: Some(destroy::<F>),
    };
}

impl<P: Plugin> VRequest<'_, P> {
    /// Lets a filter see its response's body; false if that is too late, as it
    /// is in a filter, since the host cannot add one while it is adding another, and at the
    /// end of an action.
    #[must_use]
    pub(crate) fn add_filter_out<F: BodyFilter<Plugin = P>>(&mut self, filter: F) -> bool {
        if self.caller() != Caller::Action {
            return false;
        }
        let slot = SlotPointer::<F>::into_raw(Rc::new(Cell::new(State::Idle(filter))));
        let table: &'static ffi::mmc_filter_def = const { &Definition::<F>::TABLE };
        // SAFETY: see `VRequest::ptr`; the table stays, and the slot does until
        // `destroy` takes it back.
        let added = unsafe { ffi::mmc_request_add_filter_out(self.ptr(), table, slot) };
        if !added {
            // SAFETY: C did not keep it.
            drop(unsafe { SlotPointer::<F>::from_raw(slot) });
        }
        added
    }
}

unsafe extern "C" fn handle<F: BodyFilter>(
    request: *mut ffi::mmc_request,
    filter: *mut ffi::mmc_filter,
    slot: *mut ffi::mmc_rust_filter,
) -> ffi::mmc_flow {
    // SAFETY: C has it from `add_filter_out`, on this thread, as requests do not
    // change their worker, and gives it up by `destroy` only.
    let slot = unsafe { SlotPointer::<F>::retain(slot) };
    let mut io = FilterIo(filter, PhantomData);
    let call = |mut vr: Option<&mut VRequest<'_, F::Plugin>>| {
        let mut own = match slot.replace(State::AtWork) {
            State::Idle(own) => own,
            State::AtWork => return ffi::MMC_FLOW_COME_BACK,
            State::Broken => {
                slot.set(State::Broken);
                return io.pass_through() as u32;
            }
        };
        match guard("filter", || own.handle(vr.as_deref_mut(), &mut io)) {
            Ok(flow) => {
                // If it was freed meanwhile, it goes with the slot.
                slot.set(State::Idle(own));
                flow as u32
            }
            Err(panic) => {
                slot.set(State::Broken);
                guarded_drop("filter-drop", own);
                if let Some(vr) = vr {
                    let text = format!("mod_memcached: internal error in a filter: {panic}");
                    vr.log(Level::Error, &text);
                }
                io.pass_through() as u32
            }
        }
    };
    // SAFETY: the host calls with its request, or NULL, on the thread of its
    // worker; the filter was added to a request of this plugin.
    let flow = unsafe { with_request(request, Caller::Filter, call) };
    guarded_drop("filter-release", slot);
    flow
}

unsafe extern "C" fn output_gone<F: BodyFilter>(
    request: *mut ffi::mmc_request,
    slot: *mut ffi::mmc_rust_filter,
) {
    // SAFETY: as in `handle`.
    let slot = unsafe { SlotPointer::<F>::retain(slot) };
    let call = |vr: Option<&mut VRequest<'_, F::Plugin>>| match slot.replace(State::AtWork) {
        State::Idle(mut own) => {
            if guard("filter", || own.output_gone(vr)).is_ok() {
                slot.set(State::Idle(own));
            } else {
                slot.set(State::Broken);
                guarded_drop("filter-drop", own);
            }
        }
        // It sees for itself when it is called next.
        busy => slot.set(busy),
    };
    // SAFETY: as in `handle`.
    unsafe { with_request(request, Caller::Filter, call) };
    guarded_drop("filter-release", slot);
}

unsafe extern "C" fn destroy<F: BodyFilter>(slot: *mut ffi::mmc_rust_filter) {
    // SAFETY: `add_filter_out` made it; the host frees each filter once.
    let slot = unsafe { SlotPointer::<F>::from_raw(slot) };
    guarded_drop("filter-drop", slot);
}
