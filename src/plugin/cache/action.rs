//! The action: asks memcached, and has the backend's block make what is not there,
//! which is stored under the same key.
//!
//! It is called once for each step: when the request comes to it, when memcached has
//! answered, when the block has run, when the headers of the response are there.

use std::ffi::CStr;
use std::sync::Arc;

use memcached_core::policy::identity::Sharing;

use super::making::{self, FillAction, Made, Making};
use crate::host::{Action, ActionKind, ConfigValue, Flow, Server, inner_action};
use crate::plugin::keys::{Keys, VARY_MAX};
use crate::plugin::lookup::{Asked, Asking, Fill};
use crate::plugin::memcached::{Memcached, Request, RequestMemory};
use crate::plugin::options::{Options, WithBlocks, with_blocks};
use crate::plugin::store::Storing;

/// One `memcached.cache` of the configuration.
pub(in crate::plugin) struct CacheAction {
    asking: Asking,
    making: Arc<Making>,
    hit: Option<Action>,
    miss: Option<Action>,
}

/// What a run of the action waits for.
pub(in crate::plugin) enum Waiting {
    /// The answer of memcached.
    Answer(Box<RequestMemory>),
    /// What the block makes.
    Made(making::Waiting),
}

type Context = Option<Box<Waiting>>;

impl ActionKind for CacheAction {
    const NAME: &'static CStr = c"memcached.cache";
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let form = "(options, { backend }, { hit }, { miss })";
        let names = ["backend's block", "hit action", "miss action"];
        let WithBlocks { options, blocks } = with_blocks(value, form, names)?;
        let [backend, hit, miss] = blocks;
        let Some(backend) = backend else {
            return Err(format!("expected {form}, found no block for the backend"));
        };
        let options =
            Options::parse_for_cache(server, options).map_err(|error| error.to_string())?;
        let names = options.identity.vary.len();
        if names > VARY_MAX {
            return Err(format!(
                "option \"vary\" has {names} names, at most {VARY_MAX} are allowed"
            ));
        }
        let keys = Arc::new(Keys::new(server, Self::NAME, options, Sharing::Strict)?);
        let making = Arc::new(Making {
            storing: Storing::new(Arc::clone(&keys)),
            backend,
        });
        let fill = inner_action(server, FillAction(Arc::clone(&making)));
        Ok(Self {
            asking: Asking::new(keys, Some(Fill::new(fill, true))),
            making,
            hit,
            miss,
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        match context.take().map(|waiting| *waiting) {
            None => {
                let asked = self.asking.begin(vr);
                self.asked(vr, context, asked)
            }
            Some(Waiting::Answer(memory)) => {
                let asked = self.asking.resume(vr, memory);
                self.asked(vr, context, asked)
            }
            Some(Waiting::Made(waiting)) => match self.making.resume(vr, waiting) {
                Made::Pending(waiting) => wait(context, Waiting::Made(waiting)),
                // What follows this action may handle the request.
                Made::Nothing => Flow::GoOn,
                // What the miss action adds to the response is not stored.
                Made::Response => go_on_with(vr, self.miss.as_ref()),
            },
        }
    }

    fn ended_early(vr: &mut Request<'_>, context: Box<Waiting>, backend_failed: bool) {
        if let Waiting::Made(waiting) = *context {
            waiting.ended_early(vr, backend_failed);
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        // Once something handles the request, the block has run.
        if !vr.is_handled() {
            self.asking.panicked(vr);
            vr.enter(self.making.backend());
        }
        Flow::GoOn
    }
}

impl CacheAction {
    fn asked(&self, vr: &mut Request<'_>, context: &mut Context, asked: Asked) -> Flow {
        match asked {
            Asked::Pending(memory) => wait(context, Waiting::Answer(memory)),
            Asked::Hit => go_on_with(vr, self.hit.as_ref()),
            Asked::Passed => wait(context, Waiting::Made(self.making.begin(vr))),
            Asked::Made(why) => {
                self.making.storing.made_by_copy(vr, &why);
                go_on_with(vr, self.miss.as_ref())
            }
            Asked::Handled => Flow::GoOn,
            Asked::Cut => Flow::Error,
        }
    }
}

fn wait(context: &mut Context, waiting: Waiting) -> Flow {
    *context = Some(Box::new(waiting));
    Flow::WaitForEvent
}

fn go_on_with(vr: &mut Request<'_>, action: Option<&Action>) -> Flow {
    if let Some(action) = action {
        vr.enter(action);
    }
    Flow::GoOn
}
