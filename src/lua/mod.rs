//! What scripts ask memcached for.
//!
//! Commands become requests of `client`, all on one lane, so that a script's
//! calls are carried out in their order. Outcomes become answers in a queue,
//! from which they are taken out later, when nothing of `client` is at work:
//! a callback may begin the next request.

#![forbid(unsafe_code)]

mod answer;
mod command;
mod errors;
mod servers;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::rc::Rc;

use memcached_core::protocol::Key;
use memcached_core::server::Outcome;

use crate::client::{Client, Complete, Completion, PartOfKeys};
use crate::host::{
    Answer, AnswerSignal, BufferSlice, CallSlot, Command, PendingCall, Plugin, ScriptKind,
};
use command::Request;
use errors::Errors;
use servers::KnownServers;

/// What serves the scripts of one worker.
pub(crate) struct Scripts<P> {
    client: Client,
    servers: KnownServers,
    answers: Rc<Answers>,
    errors: Errors,
    plugin: PhantomData<P>,
}

/// Answers that are to be taken out.
struct Answers {
    queue: RefCell<VecDeque<(PendingCall, Answer)>>,
    signal: AnswerSignal,
}

impl<P: Plugin<Worker = Client>> ScriptKind for Scripts<P> {
    type Plugin = P;

    fn start(signal: AnswerSignal, client: &Client) -> Self {
        let queue = RefCell::default();
        Self {
            client: client.clone(),
            servers: KnownServers::default(),
            answers: Rc::new(Answers { queue, signal }),
            errors: Errors::default(),
            plugin: PhantomData,
        }
    }

    fn connect(servers: &[u8]) -> Result<(), String> {
        servers::check(servers)
    }

    fn whereabouts(&self, servers: &[u8], key: &[u8]) -> Result<(String, Option<String>), String> {
        let key = command::key(key)?;
        let servers = self.servers.find(&self.client, servers)?;
        Ok(self.client.script_whereabouts(&servers, &key))
    }

    fn submit(&self, command: &Command<'_>, slot: Option<CallSlot<'_>>) -> Result<(), String> {
        let client = &self.client;
        let servers = &self.servers.find(client, command.servers)?;
        let longest = |key: &Key| client.script_longest(servers, key);
        let request = command::request(command, longest)?;
        let Some(slot) = slot else {
            let sent = match request {
                Request::Command(key, command) => {
                    client.script_send_and_forget(servers, &key, command)
                }
                Request::Delete(key) => client.script_delete_and_forget(servers, &key),
                _ => return Err("an answer is awaited".into()),
            };
            return sent.map_err(|failure| failure.to_string());
        };
        let reply = Rc::new(ReplyOnDrop {
            call: Cell::new(Some(slot.take())),
            answers: Rc::clone(&self.answers),
        });
        if let Request::Several(keys) = request {
            let parts = move |parts| reply.complete_several(parts);
            client.script_get_several(servers, keys, Box::new(parts));
            return Ok(());
        }
        let completion = Completion::new(reply);
        match request {
            Request::Near(key, most) => client.script_get_near(servers, key, most, completion),
            Request::Command(key, command) => {
                client.script_request(servers, &key, command, completion);
            }
            Request::Delete(key) => client.script_delete(servers, &key, completion),
            Request::Purge(purge) => client.script_purge(servers, &purge, completion),
            Request::Bump(name) => client.script_bump(servers, &name, completion),
            // It is under way.
            Request::Several(_) => {}
        }
        Ok(())
    }

    fn next(&self) -> Option<(PendingCall, Answer)> {
        self.answers.queue.borrow_mut().pop_front()
    }

    fn failed(&self, what: &[u8], error: &[u8]) {
        self.errors.log(&self.client, what, error);
    }
}

/// Travels with a request as its [`Completion`]: however the request goes away,
/// the script has its answer.
struct ReplyOnDrop {
    call: Cell<Option<PendingCall>>,
    answers: Rc<Answers>,
}

impl ReplyOnDrop {
    fn complete_several(&self, parts: Vec<PartOfKeys>) {
        self.give(answer::of_parts(parts));
    }

    fn give(&self, answer: Answer) {
        if let Some(call) = self.call.take() {
            self.answers.queue.borrow_mut().push_back((call, answer));
            self.answers.signal.raise();
        }
    }
}

impl Complete for ReplyOnDrop {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        self.give(answer::answer(outcome));
    }
}
