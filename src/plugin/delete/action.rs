//! The action: takes items out of the cache, and answers the request itself unless
//! something else does.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::task::Poll;

use memcached_core::namespace::Name;
use memcached_core::policy::Bypass;
use memcached_core::policy::identity::{KeyRules, Sharing};

use super::outcome::{NAME, NotDone, Outcome};
use crate::client::{Items, PurgeHandle};
use crate::host::{ActionKind, ConfigValue, Flow, ResponseState, Server};
use crate::plugin::keys::Keys;
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options::{self, Options};

/// One `memcached.delete` of the configuration.
pub(in crate::plugin) struct DeleteAction {
    keys: Keys,
    /// Of all actions whose items may be meant.
    rules: Vec<KeyRules>,
    /// The namespace of which all items are meant.
    whole: Option<Name>,
}

/// What is to be purged.
pub(in crate::plugin) enum Subject {
    /// The items with these texts in their keys.
    Items(Result<BTreeSet<Vec<u8>>, Bypass>),
    /// All of a namespace.
    Namespace(Name),
}

/// What a run of the action waits for.
pub(in crate::plugin) enum Waiting {
    /// The response of something else, whose success is the condition.
    Response(Subject),
    /// Memcached.
    Purge(PurgeHandle),
}

type Context = Option<Box<Waiting>>;

impl ActionKind for DeleteAction {
    const NAME: &'static CStr = NAME;
    type Plugin = Memcached;
    type Context = Waiting;

    fn configure(server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        let list = options::one_list(value)?;
        let (options, whole) =
            Options::parse_for_delete(server, list).map_err(|error| error.to_string())?;
        let keys = Keys::new(server, NAME, options, Sharing::Strict)?;
        Ok(Self {
            rules: keys.rules().of_any_action(),
            keys,
            whole,
        })
    }

    fn run(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        match context.take().map(|waiting| *waiting) {
            None if vr.response_state() == ResponseState::NoHandler => self.handle(vr, context),
            None if vr.state().is_some_and(|memory| memory.is_of_purge) => Flow::GoOn,
            None => {
                let subject = self.subject(vr);
                self.follow(vr, context, subject)
            }
            Some(Waiting::Response(subject)) => self.follow(vr, context, subject),
            Some(Waiting::Purge(handle)) => self.wait(vr, context, handle),
        }
    }

    fn panicked(&self, vr: &mut Request<'_>) -> Flow {
        if vr.is_handled() || self.answers(vr) {
            self.finish(vr, Err(NotDone::Internal));
        }
        Flow::GoOn
    }
}

impl DeleteAction {
    /// Whether this answers such requests, unless something else does.
    fn answers(&self, vr: &Request<'_>) -> bool {
        self.keys.options().common.allows_method(vr.method())
    }

    /// Nothing handles the request: this does, if it is one of those.
    fn handle(&self, vr: &mut Request<'_>, context: &mut Context) -> Flow {
        if !self.answers(vr) {
            return Flow::GoOn;
        }
        let subject = self.subject(vr);
        self.purge(vr, context, subject)
    }

    /// Something handles the request: if that succeeds, this is to be done.
    fn follow(&self, vr: &mut Request<'_>, context: &mut Context, subject: Subject) -> Flow {
        if vr.response_state() == ResponseState::Pending {
            return keep(context, Waiting::Response(subject));
        }
        if !(200..400).contains(&vr.status()) {
            return Flow::GoOn;
        }
        self.purge(vr, context, subject)
    }

    /// Keys are made when the action runs, while the regex captures that they are made
    /// from are there.
    fn subject(&self, vr: &Request<'_>) -> Subject {
        if let Some(name) = &self.whole {
            return Subject::Namespace(name.clone());
        }
        let mut texts = BTreeSet::new();
        let mut bypass = None;
        for rules in &self.rules {
            match self.keys.of_target_by(rules, vr) {
                Ok(all) => texts.extend(all),
                Err(why) => bypass = Some(why),
            }
        }
        Subject::Items(match bypass {
            Some(bypass) if texts.is_empty() => Err(bypass),
            _ => Ok(texts),
        })
    }

    fn purge(&self, vr: &mut Request<'_>, context: &mut Context, subject: Subject) -> Flow {
        match self.begin(vr, subject) {
            Ok(handle) => self.wait(vr, context, handle),
            Err(why) => {
                self.finish(vr, Err(why));
                Flow::GoOn
            }
        }
    }

    fn begin(&self, vr: &Request<'_>, subject: Subject) -> Result<PurgeHandle, NotDone> {
        let client = vr.worker().ok_or(NotDone::Unavailable("worker"))?;
        let waker = vr.waker().ok_or(NotDone::Unavailable("server"))?;
        let options = self.keys.options();
        let (pool, timeout) = (self.keys.pool(), options.common.timeout);
        match subject {
            Subject::Namespace(name) => Ok(client.bump(pool, &name, timeout, waker)),
            Subject::Items(texts) => {
                let items = Items {
                    texts: texts?.into_iter().collect(),
                    namespace: self.keys.namespace().cloned(),
                    mode: options.purge.mode,
                    label: "not purged",
                };
                Ok(client.purge(pool, items, timeout, waker))
            }
        }
    }

    fn wait(&self, vr: &mut Request<'_>, context: &mut Context, handle: PurgeHandle) -> Flow {
        let Poll::Ready(result) = handle.poll() else {
            return keep(context, Waiting::Purge(handle));
        };
        self.finish(vr, result.map_err(NotDone::from));
        Flow::GoOn
    }

    fn finish(&self, vr: &mut Request<'_>, result: Result<usize, NotDone>) {
        let outcome = Outcome::from(result);
        if let Some(client) = vr.worker() {
            client.note(self.keys.id(), outcome.count());
        }
        outcome.publish(vr, self.keys.options().common.environment, self.keys.pool());
        if vr.response_state() == ResponseState::NoHandler && vr.handle_direct() {
            vr.set_status(outcome.status());
            let mut memory = vr.take_state_or_new();
            memory.is_of_purge = true;
            vr.set_state(memory);
        }
    }
}

fn keep(context: &mut Context, waiting: Waiting) -> Flow {
    *context = Some(Box::new(waiting));
    Flow::WaitForEvent
}
