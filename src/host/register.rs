//! Registration of a plugin, and the calls of its life cycle.

use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

use super::ffi;
use super::guard::{guard, guarded_drop};
use super::handles::{Level, Server, Worker};
use super::plugin::{
    ActionEntry, Plugin, RequestPointer, Scratch, SharedPointer, Spare, WorkerPointer, WorkerState,
};
use super::script::{self, ScriptKind};
use super::setup::SetupEntry;

/// Registers a plugin; false if this host cannot have it, or has one already.
///
/// # Safety
/// The host calls it with what it gives a module to load. Between two calls of
/// it that succeed, [`free`] was called.
pub(crate) unsafe fn init<P: Plugin, S: ScriptKind<Plugin = P>>(
    modules: *mut ffi::mmc_modules,
    module: *mut ffi::mmc_module,
) -> bool {
    let registered = guard("init", || {
        let entries = P::actions().into_iter();
        let actions: Vec<_> = entries.map(ActionEntry::definition).collect();
        // The host may keep what it is told until the process ends.
        let actions = Box::leak(actions.into_boxed_slice());
        let setups = P::setups().into_iter().map(SetupEntry::definition);
        let setups = Box::leak(setups.collect::<Vec<_>>().into_boxed_slice());
        let plugin = Box::leak(Box::new(ffi::mmc_plugin_def {
            name: P::NAME.as_ptr(),
            share: Some(share::<P>),
            unshare: Some(unshare::<P>),
            start_worker: Some(start_worker::<P>),
            stop_worker: Some(stop_worker::<P>),
            request_closed: Some(request_closed::<P>),
            actions: actions.as_ptr(),
            action_count: actions.len(),
            setups: setups.as_ptr(),
            setup_count: setups.len(),
            scripts: Box::leak(Box::new(script::definition::<S>())),
        }));
        // SAFETY: the caller vouches for the modules; the definition stays.
        unsafe { ffi::mmc_init(modules, module, plugin) }
    });
    registered.unwrap_or(false)
}

/// Unregisters the plugin.
///
/// # Safety
/// The host calls it, as it did [`init`]; workers and requests are gone.
pub(crate) unsafe fn free(modules: *mut ffi::mmc_modules, module: *mut ffi::mmc_module) -> bool {
    // SAFETY: the caller vouches for the modules.
    let freed = guard("free", || unsafe { ffi::mmc_free(modules, module) });
    freed.unwrap_or(false)
}

unsafe extern "C" fn share<P: Plugin>(server: *mut ffi::mmc_server) -> *mut ffi::mmc_rust_shared {
    // SAFETY: the host calls with its server, which stays in this function.
    let Some(server) = (unsafe { Server::new(server) }) else {
        return std::ptr::null_mut();
    };
    match guard("share", || P::share(server)) {
        Ok(shared) => SharedPointer::<P>::into_raw(Box::new(Arc::new(shared))),
        Err(panic) => {
            let text = format!("mod_memcached: cannot start: {panic}");
            server.log(Level::Error, &text);
            std::ptr::null_mut()
        }
    }
}

unsafe extern "C" fn unshare<P: Plugin>(shared: *mut ffi::mmc_rust_shared) {
    // SAFETY: `share` made it; C calls no worker with it any more.
    let shared = unsafe { SharedPointer::<P>::from_raw(shared) };
    guarded_drop("unshare", shared);
}

unsafe extern "C" fn start_worker<P: Plugin>(
    shared: *mut ffi::mmc_rust_shared,
    worker: *mut ffi::mmc_worker,
) -> *mut ffi::mmc_rust_worker {
    // SAFETY: C has it from `share` until the plugin is freed, when all workers
    // have ended; several threads may look at it.
    let shared = unsafe { SharedPointer::<P>::borrow(shared) };
    // SAFETY: the host calls on the worker's thread, and keeps it until it has
    // called `stop_worker`, which closes the handle.
    let handle = unsafe { Worker::new(worker) };
    match guard("start-worker", || P::start_worker(shared, handle.clone())) {
        Ok(state) => WorkerPointer::<P>::into_raw(Rc::new(WorkerState {
            state,
            handle,
            scratch: Scratch::default(),
            spare: Spare::default(),
        })),
        Err(panic) => {
            let text = format!("mod_memcached: cannot start on a worker: {panic}");
            handle.log(Level::Error, &text);
            handle.close();
            std::ptr::null_mut()
        }
    }
}

unsafe extern "C" fn stop_worker<P: Plugin>(worker: *mut ffi::mmc_rust_worker) {
    // SAFETY: `start_worker` made it, on this thread; C has forgotten it.
    let worker = unsafe { WorkerPointer::<P>::from_raw(worker) };
    if let Err(panic) = guard("stop-worker", || P::stop_worker(&worker.state)) {
        let text = format!("mod_memcached: internal error while a worker stops: {panic}");
        worker.handle.log(Level::Error, &text);
    }
    let handle = worker.handle.clone();
    guarded_drop("worker-drop", worker);
    handle.close();
}

unsafe extern "C" fn request_closed<P: Plugin>(
    worker: *mut ffi::mmc_rust_worker,
    state: *mut ffi::mmc_rust_request,
) {
    // SAFETY: `set_state` made it; C has emptied the slot, and the host calls
    // this in no call that a `VRequest` makes.
    let mut state = unsafe { RequestPointer::<P>::from_raw(state) };
    let Some(worker) = NonNull::new(worker) else {
        guarded_drop("request-closed", state);
        return;
    };
    // SAFETY: C has it from `start_worker` of `P` on this thread. The reference keeps it
    // for all of this call.
    let worker = unsafe { WorkerPointer::<P>::retain(worker.as_ptr()) };
    // The panic hook has written about a panic; what is left of the state is dropped then.
    let _ = guard("request-closed", || {
        if P::renew(&mut state) {
            worker.spare.keep(state);
        }
    });
    guarded_drop("worker-release", worker);
}
