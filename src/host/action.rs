//! Actions of the plugin: built from the configuration, run for requests.

use std::ffi::CStr;
use std::marker::PhantomData;

use super::config::{Action, ConfigValue};
use super::ffi;
use super::guard::{guard, guarded_drop};
use super::handles::{Level, Server};
use super::owned::Owned;
use super::plugin::{ActionEntry, Plugin};
use super::request::{Caller, Flow, VRequest, with_request};

/// A kind of action. All workers run the same one, at the same time.
pub(crate) trait ActionKind: Send + Sync + Sized + 'static {
    /// As it stands in the configuration.
    const NAME: &'static CStr;
    /// Whose it is.
    type Plugin: Plugin;
    /// What one run of it keeps while it waits; dropped if the request ends.
    type Context: 'static;

    /// Builds an action from its arguments.
    ///
    /// # Errors
    /// What is wrong with them, for the log.
    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String>;

    /// Runs for a request.
    fn run(
        &self,
        vr: &mut VRequest<'_, Self::Plugin>,
        context: &mut Option<Box<Self::Context>>,
    ) -> Flow;

    /// A run that waits ends, because the request does or because a backend failed.
    /// All that can be done with the request here is to read it and to add to the headers
    /// of the response that the host is going to make if a backend failed.
    fn ended_early(
        _vr: &mut VRequest<'_, Self::Plugin>,
        context: Box<Self::Context>,
        _backend_failed: bool,
    ) {
        drop(context);
    }

    /// What to do after `run` panicked.
    fn panicked(&self, vr: &mut VRequest<'_, Self::Plugin>) -> Flow;
}

/// Kept by C from `create` to `destroy`.
type ActionPointer<A> = Owned<A, ffi::mmc_rust_action>;

/// Kept by C, for one action of one request, from the end of one `run` to the
/// next, or to `cleanup`.
type ContextPointer<A> = Owned<<A as ActionKind>::Context, ffi::mmc_rust_context>;

const fn definition<A: ActionKind>() -> ffi::mmc_action_def {
    ffi::mmc_action_def {
        name: A::NAME.as_ptr(),
        create: Some(create::<A>),
        run: Some(run::<A>),
        cleanup: Some(cleanup::<A>),
        destroy: Some(destroy::<A>),
    }
}

/// What the host keeps of a kind of action.
struct Defined<A>(PhantomData<A>);

impl<A: ActionKind> Defined<A> {
    const DEFINITION: ffi::mmc_action_def = definition::<A>();
}

/// The entry of a kind of action.
pub(crate) fn action_entry<A: ActionKind>() -> ActionEntry<A::Plugin> {
    // SAFETY: all functions are of `A`, whose plugin that is.
    unsafe { ActionEntry::new(definition::<A>()) }
}

/// An action that the configuration does not name, for another one to run.
pub(crate) fn inner_action<A: ActionKind>(server: Server<'_>, action: A) -> Action {
    let definition: &'static ffi::mmc_action_def = &Defined::<A>::DEFINITION;
    let rust = ActionPointer::<A>::into_raw(Box::new(action));
    // SAFETY: the functions are of `A`, which the pointer is to.
    let raw = unsafe { ffi::mmc_action_new(definition, rust) };
    // SAFETY: the reference that comes back is the only one.
    unsafe { Action::from_raw(server.ptr(), raw) }
}

unsafe extern "C" fn create<A: ActionKind>(
    server: *mut ffi::mmc_server,
    value: *mut ffi::mmc_value,
) -> *mut ffi::mmc_rust_action {
    // SAFETY: the host calls with its server, which stays in this function.
    let Some(server) = (unsafe { Server::new(server) }) else {
        return std::ptr::null_mut();
    };
    // SAFETY: the host keeps the value until this returns.
    let value = unsafe { ConfigValue::new(value) };
    let made = guard("configure", || A::configure(server, value));
    let error = match made {
        Ok(Ok(action)) => return ActionPointer::<A>::into_raw(Box::new(action)),
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error: {panic}"),
    };
    let name = A::NAME.to_string_lossy();
    server.log(Level::Error, &format!("{name}: {error}"));
    std::ptr::null_mut()
}

unsafe extern "C" fn run<A: ActionKind>(
    request: *mut ffi::mmc_request,
    action: *mut ffi::mmc_rust_action,
    slot: *mut *mut ffi::mmc_rust_context,
) -> ffi::mmc_flow {
    // SAFETY: C has it from `create`, and keeps it while the action runs.
    let action = unsafe { ActionPointer::<A>::borrow(action) };
    // SAFETY: the host calls with a place for this action and request, where
    // nothing but this and `cleanup` looks. It is emptied, so that nothing is
    // owned twice.
    let context = unsafe { slot.replace(std::ptr::null_mut()) };
    let mut context = (!context.is_null()).then(|| {
        // SAFETY: an earlier run of the action for the request put it there.
        unsafe { ContextPointer::<A>::from_raw(context) }
    });
    let call = |vr: Option<&mut VRequest<'_, A::Plugin>>| {
        let Some(vr) = vr else {
            guarded_drop("cleanup", context.take());
            return Flow::Error;
        };
        let result = guard("action", || action.run(vr, &mut context));
        let flow = match (result, context.take()) {
            (Ok(flow), Some(context)) => {
                // SAFETY: the place is still where it was: only entering an
                // action moves it, and that comes after.
                unsafe { slot.write(ContextPointer::<A>::into_raw(context)) };
                flow
            }
            (Ok(flow), None) => flow,
            (Err(panic), context) => {
                if let Some(context) = context {
                    guarded_drop("cleanup", context);
                }
                drop(vr.take_entered());
                let name = A::NAME.to_string_lossy();
                vr.log(Level::Error, &format!("{name}: internal error: {panic}"));
                guard("after-panic", || action.panicked(vr)).unwrap_or(Flow::GoOn)
            }
        };
        if let Some(next) = vr.take_entered() {
            // SAFETY: the request lives, see `VRequest::ptr`; the reference to
            // the action is given up.
            unsafe { ffi::mmc_request_enter(vr.ptr(), next.into_raw()) };
        }
        flow
    };
    // SAFETY: the host calls with its request, on the thread of its worker; only
    // `init` of the plugin registers this.
    let flow = unsafe { with_request(request, Caller::Action, call) };
    flow as u32
}

unsafe extern "C" fn cleanup<A: ActionKind>(
    request: *mut ffi::mmc_request,
    context: *mut ffi::mmc_rust_context,
    backend_failed: bool,
) {
    // SAFETY: `run` of this action made it; the host gives it up.
    let context = unsafe { ContextPointer::<A>::from_raw(context) };
    let call = |vr: Option<&mut VRequest<'_, A::Plugin>>| match vr {
        // The panic hook has written about a panic; there is nothing to give up.
        Some(vr) => drop(guard("cleanup", || {
            A::ended_early(vr, context, backend_failed);
        })),
        None => guarded_drop("cleanup", context),
    };
    // SAFETY: the host calls with its request, whose parts are all there until its
    // actions have been cleaned up, on the thread of its worker; only `init` of the
    // plugin registers this.
    unsafe { with_request(request, Caller::Cleanup, call) };
}

unsafe extern "C" fn destroy<A: ActionKind>(action: *mut ffi::mmc_rust_action) {
    // SAFETY: `create` made it; the host gives it up, for no request runs it.
    let action = unsafe { ActionPointer::<A>::from_raw(action) };
    guarded_drop("action-drop", action);
}
