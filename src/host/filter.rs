//! Filters that see a response's body pass.

use std::ffi::c_void;
use std::marker::PhantomData;

use super::request::VRequest;
use super::{Flow, Level, ffi, guard, slice_of};

/// A filter over one body.
pub trait BodyFilter: 'static {
    /// Something changed at one end. All input must be moved on or discarded.
    /// Without a request the response is gone.
    fn handle(&mut self, vr: Option<&VRequest<'_>>, io: &mut FilterIo<'_>) -> Flow;
}

/// The two queues that a filter stands between, within one call.
pub struct FilterIo<'a>(*mut ffi::mmc_filter, PhantomData<&'a mut ()>);

impl FilterIo<'_> {
    /// The source went away: what has come is all that will.
    pub fn input_gone(&self) -> bool {
        // SAFETY: the filter lives for this call.
        !unsafe { ffi::mmc_filter_has_input(self.0) }
    }

    /// The source has come to its regular end.
    pub fn input_closed(&self) -> bool {
        // SAFETY: as above.
        unsafe { ffi::mmc_filter_input_closed(self.0) }
    }

    /// Bytes that wait.
    pub fn input_len(&self) -> u64 {
        // SAFETY: as above.
        unsafe { ffi::mmc_filter_input_len(self.0) }
    }

    /// Nothing more can be passed on.
    pub fn output_closed(&self) -> bool {
        // SAFETY: as above.
        unsafe { ffi::mmc_filter_output_closed(self.0) }
    }

    /// Shows all waiting bytes, and leaves them where they are. False if a
    /// part, of a file, cannot be read.
    pub fn read_all(&mut self, mut show: impl FnMut(&[u8])) -> bool {
        let mut cursor = std::ptr::null_mut();
        let mut offset = 0;
        let mut missing = self.input_len();
        loop {
            let mut bytes = super::bytes_of(&[]);
            // SAFETY: the queue does not change between the calls.
            let read = unsafe {
                ffi::mmc_filter_read(self.0, &raw mut cursor, &raw mut offset, &raw mut bytes)
            };
            // SAFETY: the bytes stay until the queue is touched again.
            let part = unsafe { slice_of(bytes) };
            match (read, part.is_empty()) {
                (false, _) => return false,
                (true, true) => return missing == 0,
                (true, false) => {
                    missing = missing.saturating_sub(part.len() as u64);
                    show(part);
                }
            }
        }
    }

    /// Moves everything on.
    pub fn forward_all(&mut self) {
        // SAFETY: the filter lives for this call.
        unsafe { ffi::mmc_filter_forward_all(self.0) };
    }

    /// Throws everything away.
    pub fn discard_all(&mut self) {
        // SAFETY: as above.
        unsafe { ffi::mmc_filter_discard_all(self.0) };
    }

    /// Says that nothing more comes.
    pub fn close_output(&mut self) {
        // SAFETY: as above.
        unsafe { ffi::mmc_filter_close_output(self.0) };
    }

    fn pass_through(&mut self) -> Flow {
        if self.input_gone() || self.input_closed() {
            self.forward_all();
            self.close_output();
        } else {
            self.forward_all();
        }
        Flow::GoOn
    }
}

/// A filter; empty after a panic.
struct Slot<F>(Option<F>);

struct Definition<F>(PhantomData<F>);

impl<F: BodyFilter> Definition<F> {
    const TABLE: ffi::mmc_filter_def = ffi::mmc_filter_def {
        handle: Some(handle::<F>),
        destroy: Some(destroy::<F>),
    };
}

pub(super) fn add<F: BodyFilter>(vr: &VRequest<'_>, filter: F) -> bool {
    let data: *mut Slot<F> = Box::into_raw(Box::new(Slot(Some(filter))));
    let table: &'static ffi::mmc_filter_def = const { &Definition::<F>::TABLE };
    // SAFETY: table and data live until `destroy` takes the data back.
    let added = unsafe { ffi::mmc_request_add_filter_out(vr.ptr(), table, data.cast()) };
    if !added {
        // SAFETY: it was not taken, so it is still ours.
        drop(unsafe { Box::from_raw(data) });
    }
    added
}

unsafe extern "C" fn handle<F: BodyFilter>(
    request: *mut ffi::mmc_request,
    filter: *mut ffi::mmc_filter,
    data: *mut c_void,
) -> u32 {
    // SAFETY: `data` is the slot that `add` gave, and this call its only user.
    let slot = unsafe { &mut *data.cast::<Slot<F>>() };
    // SAFETY: the host passes its request, or NULL.
    let vr = unsafe { VRequest::new(request) };
    let mut io = FilterIo(filter, PhantomData);
    let flow = match slot.0.take() {
        None => io.pass_through(),
        Some(mut own) => guard(
            "filter",
            |message| {
                if let Some(vr) = &vr {
                    let text = format!("mod_memcached: internal error in a filter: {message}");
                    vr.log(Level::Error, &text);
                }
                FilterIo(filter, PhantomData).pass_through()
            },
            || {
                let flow = own.handle(vr.as_ref(), &mut io);
                slot.0 = Some(own);
                flow
            },
        ),
    };
    flow as u32
}

unsafe extern "C" fn destroy<F: BodyFilter>(data: *mut c_void) {
    // SAFETY: the host frees each filter once.
    let slot = unsafe { Box::from_raw(data.cast::<Slot<F>>()) };
    guard("filter-drop", |_| (), || drop(slot));
}
