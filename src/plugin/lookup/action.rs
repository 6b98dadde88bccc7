//! The action: asks memcached, and runs the hit or the miss action.

use std::ffi::CStr;

use memcached_core::lookup::lease::End;
use memcached_core::policy::identity::Sharing;

use super::asking::{Asked, Asking};
use super::fill::Fill;
use crate::host::{Action, ActionKind, ConfigValue, Flow, ResponseState, Server};
use crate::plugin::cache_status::say_missed;
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Making, Memcached, Request, RequestMemory};
use crate::plugin::options::{Options, WithBlocks, with_blocks};

/// One `memcached.lookup` of the configuration.
pub(in crate::plugin) struct LookupAction {
    asking: Asking,
    hit: Option<Action>,
    miss: Option<Action>,
}

/// What a run of the action keeps while it waits. Without a lookup that is under
/// way, the response that the miss action makes is awaited.
type Context = Option<Box<RequestMemory>>;

impl ActionKind for LookupAction {
    const NAME: &'static CStr = c"memcached.lookup";
    type Plugin = Memcached;
    type Context = RequestMemory;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let form = "(options, hit-action, miss-action)";
        let WithBlocks { options, blocks } =
            with_blocks(value, form, ["hit action", "miss action"])?;
        let options = Options::parse(server, options).map_err(|error| error.to_string())?;
        let [hit, miss] = blocks;
        Ok(Self {
            asking: Asking::new(
                Keys::new(server, Self::NAME, options, Sharing::Usual)?.into(),
                miss.clone().map(|miss| Fill::new(miss, false)),
            ),
            hit,
            miss,
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        let asked = match context.take() {
            None => self.asking.begin(vr),
            Some(memory) if memory.is_asking() => self.asking.resume(vr, memory),
            Some(memory) => return say_when_ready(vr, context, memory),
        };
        match asked {
            Asked::Pending(memory) => {
                *context = Some(memory);
                Flow::WaitForEvent
            }
            Asked::Hit => {
                if let Some(action) = &self.hit {
                    vr.enter(action);
                }
                Flow::GoOn
            }
            Asked::Passed => self.pass(vr, context),
            // Of its copies nothing is handed over.
            Asked::Handled | Asked::Made(_) => Flow::GoOn,
            Asked::Cut => Flow::Error,
        }
    }

    fn ended_early(vr: &mut Request<'_>, context: Box<RequestMemory>, backend_failed: bool) {
        if backend_failed {
            // The server makes the response.
            say_missed(vr);
            if let Some(run) = context.run() {
                run.end(End::Error);
            }
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        self.asking.panicked(vr);
        // It cannot wait, since nothing is kept.
        self.pass(vr, &mut None);
        Flow::GoOn
    }
}

impl LookupAction {
    /// The request goes on without the cache.
    fn pass(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        let Some(miss) = &self.miss else {
            return Flow::GoOn;
        };
        vr.enter(miss);
        let run = vr.state().and_then(RequestMemory::run).cloned();
        if self.asking.options().common.cache_status.is_none() && run.is_none() {
            return Flow::GoOn;
        }
        let making = run.map(|run| {
            Box::new(Making {
                run: Some(run),
                ..Making::default()
            })
        });
        *context = Some(Box::new(RequestMemory {
            making,
            ..RequestMemory::default()
        }));
        Flow::WaitForEvent
    }
}

/// The miss action has run. If no `memcached.store` in it has added what
/// `Cache-Status` says, it is added here.
fn say_when_ready(vr: &mut Request<'_>, context: &mut Context, memory: Box<RequestMemory>) -> Flow {
    match vr.response_state() {
        ResponseState::Pending => {
            *context = Some(memory);
            return Flow::WaitForEvent;
        }
        ResponseState::Ready => say_missed(vr),
        ResponseState::NoHandler => {}
    }
    Flow::GoOn
}
