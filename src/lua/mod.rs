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

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::rc::Rc;

use memcached_core::pool::{DEFAULT_PORT, DEFAULT_TIMEOUT};
use memcached_core::server::Outcome;

use crate::client::{Client, Complete, Completion};
use crate::host::{
    Answer, AnswerSignal, BufferSlice, CallSlot, Command, PendingCall, Plugin, ScriptKind,
};
use command::Request;
use errors::Errors;

/// What serves the scripts of one worker.
pub(crate) struct Scripts<P> {
    client: Client,
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
    const DEFAULT_PORT: u16 = DEFAULT_PORT;

    fn start(signal: AnswerSignal, client: &Client) -> Self {
        let queue = RefCell::default();
        Self {
            client: client.clone(),
            answers: Rc::new(Answers { queue, signal }),
            errors: Errors::default(),
            plugin: PhantomData,
        }
    }

    fn submit(&self, command: &Command<'_>, slot: Option<CallSlot<'_>>) -> Result<(), String> {
        let (client, server) = (&self.client, &command.server);
        let request = command::request(command)?;
        let Some(slot) = slot else {
            let Request::Command(command) = request else {
                return Err("an answer is awaited".into());
            };
            let sent = client.script_send_and_forget(server, command, DEFAULT_TIMEOUT);
            return sent.map_err(|failure| failure.to_string());
        };
        let reply = ReplyOnDrop {
            call: Cell::new(Some(slot.take())),
            answers: Rc::clone(&self.answers),
        };
        let completion = Completion::new(Rc::new(reply));
        match request {
            Request::Near(key, most) => {
                client.script_get_near(server, key, most, DEFAULT_TIMEOUT, completion);
            }
            Request::Command(command) => {
                client.script_request(server, command, DEFAULT_TIMEOUT, completion);
            }
            Request::Purge(purge) => {
                client.script_purge(server, purge, DEFAULT_TIMEOUT, completion);
            }
            Request::Bump(name) => {
                client.script_bump(server, &name, DEFAULT_TIMEOUT, completion);
            }
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

impl Complete for ReplyOnDrop {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        if let Some(call) = self.call.take() {
            let answer = (call, answer::answer(outcome));
            self.answers.queue.borrow_mut().push_back(answer);
            self.answers.signal.raise();
        }
    }
}
