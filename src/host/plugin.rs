//! A plugin: its types, and when they are made.

use std::cell::Cell;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::sync::Arc;

use super::ffi;
use super::handles::{Server, Worker};
use super::owned::{Counted, Owned};
use super::setup::SetupEntry;

/// A plugin. Everything that the host hands to its code carries it as a type, so
/// what belongs to another plugin does not fit.
pub(crate) trait Plugin: Sized + 'static {
    /// As it is registered.
    const NAME: &'static CStr;
    /// What its workers share.
    type Shared: Send + Sync + 'static;
    /// What it keeps for each worker, made, used and dropped on the worker's
    /// thread.
    type Worker: 'static;
    /// What it remembers of a request.
    type Request: 'static;

    /// Makes what the workers share: once, after the configuration was read and
    /// before any of them starts.
    fn share(server: Server<'_>) -> Self::Shared;

    /// A worker is about to start.
    fn start_worker(shared: &Arc<Self::Shared>, worker: Worker) -> Self::Worker;

    /// A worker stops; called before what was kept for it is dropped.
    fn stop_worker(worker: &Self::Worker);

    /// Its actions.
    fn actions() -> Vec<ActionEntry<Self>>;

    /// What it offers for setup blocks.
    fn setups() -> Vec<SetupEntry> {
        Vec::new()
    }
}

/// An action of a plugin as the host gets to know it.
pub(crate) struct ActionEntry<P: Plugin> {
    definition: ffi::mmc_action_def,
    plugin: PhantomData<P>,
}

impl<P: Plugin> ActionEntry<P> {
    /// # Safety
    /// The functions of the definition belong together, and are those of an
    /// action of `P`.
    pub(super) unsafe fn new(definition: ffi::mmc_action_def) -> Self {
        let plugin = PhantomData;
        Self { definition, plugin }
    }

    pub(super) fn definition(self) -> ffi::mmc_action_def {
        self.definition
    }
}

/// What is kept for a worker, with the handle that ends when it stops.
pub(super) struct WorkerState<P: Plugin> {
    pub(super) state: P::Worker,
    pub(super) handle: Worker,
    pub(super) scratch: Scratch,
}

/// Room for the bytes of one call, which keeps its allocation for the next.
#[derive(Default)]
pub(super) struct Scratch(Cell<Vec<u8>>);

/// More room than this is given back, in bytes.
const SCRATCH_KEPT: usize = 4 * 1024;

impl Scratch {
    /// Lends the room, which is empty; within itself, other room.
    pub(super) fn lend<R>(&self, run: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut bytes = self.0.take();
        bytes.clear();
        let result = run(&mut bytes);
        if bytes.capacity() <= SCRATCH_KEPT {
            self.0.set(bytes);
        }
        result
    }
}

/// Kept by C from `share` to `unshare`.
pub(super) type SharedPointer<P> = Owned<Arc<<P as Plugin>::Shared>, ffi::mmc_rust_shared>;

/// Kept by C from `start_worker` to `stop_worker`.
pub(super) type WorkerPointer<P> = Counted<WorkerState<P>, ffi::mmc_rust_worker>;

/// Kept by C, in the request's slot, from `set_state` to `request_closed`.
pub(super) type RequestPointer<P> = Owned<<P as Plugin>::Request, ffi::mmc_rust_request>;
