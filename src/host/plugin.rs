//! The plugin's face to the host: registration, life cycle, actions.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;

use super::config::ConfigValue;
use super::request::VRequest;
use super::script::{self, ScriptKind};
use super::{Flow, Level, bytes_of, ffi, guard};

/// The server; lives as long as the plugin is registered.
#[derive(Clone, Copy)]
pub struct Server(*mut ffi::mmc_server);

impl Server {
    pub(super) fn ptr(self) -> *mut ffi::mmc_server {
        self.0
    }

    /// Writes to the server's log.
    pub fn log(self, level: Level, text: &str) {
        // SAFETY: the server lives; the host copies the text.
        unsafe { ffi::mmc_server_log(self.0, level as u32, bytes_of(text.as_bytes())) };
    }
}

/// One worker; lives from `start_worker` to `stop_worker`.
#[derive(Clone, Copy)]
pub struct Worker(*mut ffi::mmc_worker);

impl Worker {
    pub(super) fn ptr(self) -> *mut ffi::mmc_worker {
        self.0
    }

    /// Writes to the server's log.
    pub fn log(self, level: Level, text: &str) {
        // SAFETY: the worker lives; the host copies the text.
        unsafe { ffi::mmc_worker_log(self.0, level as u32, bytes_of(text.as_bytes())) };
    }
}

/// A plugin.
pub trait PluginKind: Sized + 'static {
    /// As it is registered.
    const NAME: &'static CStr;
    /// What it keeps for each worker.
    type WorkerState: 'static;
    /// What it remembers of a request.
    type RequestState: 'static;

    /// A worker is about to start.
    fn start_worker(worker: Worker) -> Self::WorkerState;

    /// A worker stops; called on its thread, before the state is dropped.
    fn stop_worker(state: &Self::WorkerState);

    /// Its actions.
    fn actions() -> Vec<ActionEntry>;
}

/// A kind of action.
pub trait ActionKind: Sized + 'static {
    /// As it stands in the configuration.
    const NAME: &'static CStr;
    /// Whose it is.
    type Plugin: PluginKind;
    /// What one run of it keeps while it waits; dropped if the request ends.
    type Context: 'static;

    /// Makes one of its arguments.
    ///
    /// # Errors
    /// What is wrong with them, for the log.
    fn configure(server: Server, value: Option<ConfigValue<'_>>) -> Result<Self, String>;

    /// Runs for a request. `worker` is missing if the plugin could not start.
    fn run(
        &self,
        vr: &VRequest<'_>,
        worker: Option<&<Self::Plugin as PluginKind>::WorkerState>,
        context: &mut Option<Box<Self::Context>>,
    ) -> Flow;

    /// What to do after `run` panicked.
    fn panicked(&self, vr: &VRequest<'_>) -> Flow;
}

/// An action as the host gets to know it.
pub struct ActionEntry(ffi::mmc_action_def);

/// The entry of a kind of action.
pub fn action_entry<A: ActionKind>() -> ActionEntry {
    ActionEntry(ffi::mmc_action_def {
        name: A::NAME.as_ptr(),
        create: Some(create::<A>),
        run: Some(run::<A>),
        cleanup: Some(cleanup::<A>),
        destroy: Some(destroy::<A>),
    })
}

/// Registers a plugin; false if this host cannot have it.
///
/// # Safety
/// Called by the host with what it gives a module to load.
pub unsafe fn init<P: PluginKind, S: ScriptKind<Plugin = P>>(
    modules: *mut ffi::mmc_modules,
    module: *mut ffi::mmc_module,
) -> bool {
    guard(
        "init",
        |_| false,
        || {
            let actions: Vec<_> = P::actions().into_iter().map(|entry| entry.0).collect();
            // The host may keep what it is told until the process ends.
            let actions = Box::leak(actions.into_boxed_slice());
            let plugin = Box::leak(Box::new(ffi::mmc_plugin_def {
                name: P::NAME.as_ptr(),
                start_worker: Some(start_worker::<P>),
                stop_worker: Some(stop_worker::<P>),
                request_closed: Some(request_closed::<P>),
                actions: actions.as_ptr(),
                action_count: actions.len(),
                scripts: Box::leak(Box::new(script::definition::<S>())),
            }));
            // SAFETY: the caller vouches for the modules; the definition stays.
            unsafe { ffi::mmc_init(modules, module, plugin) }
        },
    )
}

/// Unregisters the plugin.
///
/// # Safety
/// Called by the host, as [`init`] was.
pub unsafe fn free(modules: *mut ffi::mmc_modules, module: *mut ffi::mmc_module) -> bool {
    // SAFETY: the caller vouches for the modules.
    guard(
        "free",
        |_| false,
        || unsafe { ffi::mmc_free(modules, module) },
    )
}

unsafe extern "C" fn start_worker<P: PluginKind>(worker: *mut ffi::mmc_worker) -> *mut c_void {
    let worker = Worker(worker);
    guard(
        "start-worker",
        |message| {
            let text = format!("mod_memcached: cannot start on a worker: {message}");
            worker.log(Level::Error, &text);
            std::ptr::null_mut()
        },
        || Box::into_raw(Box::new(P::start_worker(worker))).cast(),
    )
}

unsafe extern "C" fn stop_worker<P: PluginKind>(state: *mut c_void) {
    // SAFETY: made by `start_worker`; the shim has forgotten it.
    let state = unsafe { Box::from_raw(state.cast::<P::WorkerState>()) };
    guard("stop-worker", |_| (), || P::stop_worker(&state));
    guard("worker-drop", |_| (), || drop(state));
}

unsafe extern "C" fn request_closed<P: PluginKind>(state: *mut c_void) {
    // SAFETY: made by `set_state`; the shim has forgotten it.
    let state = unsafe { Box::from_raw(state.cast::<P::RequestState>()) };
    guard("request-closed", |_| (), || drop(state));
}

unsafe extern "C" fn create<A: ActionKind>(
    server: *mut ffi::mmc_server,
    value: *mut ffi::mmc_value,
) -> *mut c_void {
    let server = Server(server);
    let name = A::NAME.to_string_lossy();
    // SAFETY: the value stays as it is during the call.
    let value = unsafe { ConfigValue::new(value) };
    let made = guard(
        "configure",
        |message| Err(format!("internal error: {message}")),
        || A::configure(server, value),
    );
    match made {
        Ok(action) => Box::into_raw(Box::new(action)).cast(),
        Err(error) => {
            server.log(Level::Error, &format!("{name}: {error}"));
            std::ptr::null_mut()
        }
    }
}

/// A context as the host stores it: one pointer.
struct Context<C>(PhantomData<C>);

impl<C> Context<C> {
    /// # Safety
    /// `slot` is NULL inside or holds what `run` stored.
    unsafe fn load(slot: *mut *mut c_void) -> Option<Box<C>> {
        // SAFETY: the slot is valid, and emptied so that nothing is owned twice.
        let context = unsafe { slot.replace(std::ptr::null_mut()) };
        // SAFETY: made by `store`.
        (!context.is_null()).then(|| unsafe { Box::from_raw(context.cast()) })
    }
}

unsafe extern "C" fn run<A: ActionKind>(
    request: *mut ffi::mmc_request,
    param: *mut c_void,
    slot: *mut *mut c_void,
) -> u32 {
    // SAFETY: `param` is what `create` gave, alive while the action is.
    let action = unsafe { &*param.cast::<A>() };
    // SAFETY: the host calls with a request that lives.
    let Some(vr) = (unsafe { VRequest::new(request) }) else {
        return Flow::Error as u32;
    };
    // SAFETY: the host keeps what was stored for this action and request.
    let mut context = unsafe { Context::<A::Context>::load(slot) };
    let flow = guard(
        "action",
        |message| {
            let name = A::NAME.to_string_lossy();
            vr.log(Level::Error, &format!("{name}: internal error: {message}"));
            guard("after-panic", |_| Flow::GoOn, || action.panicked(&vr))
        },
        || {
            let flow = action.run(&vr, vr.worker_state::<A::Plugin>(), &mut context);
            if let Some(context) = context.take() {
                // SAFETY: the slot is valid and empty.
                unsafe { *slot = Box::into_raw(context).cast() };
            }
            flow
        },
    );
    if let Some(context) = context {
        // Left behind by a panic.
        guard("cleanup", |_| (), || drop(context));
    }
    flow as u32
}

unsafe extern "C" fn cleanup<A: ActionKind>(_param: *mut c_void, context: *mut c_void) {
    // SAFETY: made by `run` as this type; the host gives it up.
    let context = unsafe { Box::from_raw(context.cast::<A::Context>()) };
    guard("cleanup", |_| (), || drop(context));
}

unsafe extern "C" fn destroy<A: ActionKind>(param: *mut c_void) {
    // SAFETY: made by `create`; the host gives it up.
    let action = unsafe { Box::from_raw(param.cast::<A>()) };
    guard("action-drop", |_| (), || drop(action));
}
