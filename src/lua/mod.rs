//! What scripts ask memcached for.
//!
//! Commands become requests of `client`, all on one lane, so that a script's
//! calls are carried out in their order. Outcomes become answers in a queue,
//! from which they are taken out later, when nothing of `client` is at work:
//! a callback may begin the next request.

#![forbid(unsafe_code)]

mod answer;
mod command;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use memcached_core::connection::{Failure, Lane, Outcome, Timing};

use crate::client::{Asking, Client};
use crate::host::{
    Answer, AnswerSignal, BufferSlice, CallSlot, Command, PendingCall, Plugin, ScriptKind,
};

/// As for the actions without options.
const TIMING: Timing = Timing {
    timeout: Duration::from_millis(500),
    connect_timeout: Duration::from_millis(250),
    retry: Duration::from_secs(1),
};

/// What serves the scripts of one worker.
pub struct Scripts<P> {
    client: Client,
    answers: Rc<Answers>,
    plugin: PhantomData<P>,
}

/// Answers that are to be taken out.
struct Answers {
    queue: RefCell<VecDeque<(PendingCall, Answer)>>,
    signal: AnswerSignal,
}

impl Answers {
    fn add(&self, call: PendingCall, answer: Answer) {
        self.queue.borrow_mut().push_back((call, answer));
        self.signal.raise();
    }
}

impl<P: Plugin<Worker = Client>> ScriptKind for Scripts<P> {
    type Plugin = P;

    fn start(signal: AnswerSignal, client: &Client) -> Self {
        let queue = RefCell::default();
        Self {
            client: client.clone(),
            answers: Rc::new(Answers { queue, signal }),
            plugin: PhantomData,
        }
    }

    fn submit(&self, command: &Command<'_>, slot: Option<CallSlot<'_>>) -> Result<(), String> {
        let request = command::request(command)?;
        let server = self.client.server(&command.server);
        let Some(slot) = slot else {
            let told = server.tell(Lane::Script, request, TIMING);
            return told.map_err(|failure| failure.to_string());
        };
        let ticket = Ticket {
            call: Some(slot.take()),
            answers: Rc::clone(&self.answers),
        };
        server.ask(Lane::Script, request, TIMING, Box::new(ticket));
        Ok(())
    }

    fn next(&self) -> Option<(PendingCall, Answer)> {
        self.answers.queue.borrow_mut().pop_front()
    }
}

/// Travels with a request. However it goes away, the script has its answer.
struct Ticket {
    call: Option<PendingCall>,
    answers: Rc<Answers>,
}

impl Asking for Ticket {
    fn settle(mut self: Box<Self>, outcome: Outcome<BufferSlice>) {
        if let Some(call) = self.call.take() {
            self.answers.add(call, answer::answer(outcome));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            let outcome = Outcome::Failed(Failure::Lost);
            self.answers.add(call, answer::answer(outcome));
        }
    }
}
