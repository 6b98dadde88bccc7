//! The action: stores the response that stands before it.

use std::ffi::CStr;

use memcached_core::policy::identity::Sharing;

use super::storing::{Stored, Storing, Waiting};
use crate::host::{ActionKind, ConfigValue, Flow, Server};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::{self, Options};

/// One `memcached.store` of the configuration.
pub(in crate::plugin) struct StoreAction(Storing);

impl ActionKind for StoreAction {
    const NAME: &'static CStr = c"memcached.store";
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = options::one_list(value)?;
        let options = Options::parse(server, list).map_err(|error| error.to_string())?;
        let keys = Keys::new(server, Self::NAME, options, Sharing::Usual)?;
        Ok(Self(Storing::new(keys.into())))
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Option<Box<Waiting>>) -> Flow {
        let stored = match context.take() {
            None => {
                let candidate = self.0.candidate(vr);
                self.0.begin(vr, candidate)
            }
            Some(waiting) => self.0.resume(vr, *waiting),
        };
        match stored {
            Stored::Pending(waiting) => {
                *context = Some(Box::new(waiting));
                return Flow::WaitForEvent;
            }
            Stored::NoResponse => self.0.warn_of_no_handler(vr),
            Stored::Done => {}
        }
        Flow::GoOn
    }

    fn panicked(&self, _vr: &mut Request<'_>) -> Flow {
        Flow::GoOn
    }
}
