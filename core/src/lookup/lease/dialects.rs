//! What servers understand.

use std::collections::HashMap;

use super::means::Means;
use super::visit::VisitId;
use crate::lookup::coalesce::{ServerId, Target};
use crate::protocol::Reply;
use crate::server::{Failure, Outcome};
use crate::time::Time;

/// What servers understand, as far as it is known.
#[derive(Debug)]
pub(super) struct Dialects<W> {
    servers: HashMap<ServerId, Server<W>>,
    questions: u64,
}

#[derive(Debug)]
struct Server<W> {
    /// The number of the last question.
    question: u64,
    /// Where it was asked, and when.
    target: Target,
    asked_at: Time,
    /// The connection was lost after that.
    was_lost: bool,
    known: Known<W>,
}

#[derive(Debug)]
enum Known<W> {
    /// It was asked; these wait for the answer.
    Asked(Vec<(VisitId, W)>),
    Means(Means),
    /// It could not be asked.
    Failed(Failure),
}

/// What is known to one who asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Means(Means),
    /// The answer to this question comes; whether it has to be asked.
    Wait(u64, bool),
    Failed(Failure),
}

/// What follows from an answer.
#[derive(Debug)]
pub(super) enum Answered<W> {
    /// These are to be woken.
    Known(Vec<W>),
    /// Connections are lost for other reasons too: it is asked once more.
    AskAgain(Target),
}

impl<W> Default for Dialects<W> {
    fn default() -> Self {
        Self {
            servers: HashMap::new(),
            questions: 0,
        }
    }
}

impl<W> Dialects<W> {
    /// What a server understands; `asked` is the question that the request has
    /// waited for.
    pub(super) fn of(
        &mut self,
        now: Time,
        target: &Target,
        visit: VisitId,
        waker: W,
        asked: Option<u64>,
    ) -> Dialect {
        if let Some(server) = self.servers.get_mut(&target.server) {
            match (&mut server.known, asked) {
                (Known::Means(means), _) => return Dialect::Means(*means),
                (Known::Asked(waiting), None) => {
                    waiting.push((visit, waker));
                    return Dialect::Wait(server.question, false);
                }
                (Known::Asked(_), Some(asked)) if asked == server.question => {
                    return Dialect::Wait(asked, false);
                }
                // Whoever has waited once waits no more.
                (Known::Asked(_), Some(_)) => return Dialect::Failed(Failure::TimedOut),
                (Known::Failed(failure), Some(_)) => return Dialect::Failed(*failure),
                (Known::Failed(_), None) => {}
            }
        } else if asked.is_some() {
            return Dialect::Failed(Failure::Lost);
        }
        self.questions += 1;
        let question = self.questions;
        let known = Known::Asked(vec![(visit, waker)]);
        let server = Server {
            question,
            target: *target,
            asked_at: now,
            was_lost: false,
            known,
        };
        self.servers.insert(target.server, server);
        Dialect::Wait(question, true)
    }

    /// The answer of a server.
    pub(super) fn answered<P>(
        &mut self,
        now: Time,
        server: ServerId,
        outcome: &Outcome<P>,
    ) -> Answered<W> {
        let Some(server) = self.servers.get_mut(&server) else {
            return Answered::Known(Vec::new());
        };
        let is_lost = matches!(outcome, Outcome::Failed(Failure::Lost));
        if is_lost && !core::mem::replace(&mut server.was_lost, true) {
            // All of it takes no longer than one reply may.
            let until = server.asked_at + server.target.timeout;
            return Answered::AskAgain(Target {
                timeout: until.since(now),
                ..server.target
            });
        }
        let known = match outcome {
            Outcome::Reply(Reply::MetaNoop) => Known::Means(Means::Meta),
            // A proxy closes the connection each time.
            Outcome::Reply(_) | Outcome::Failed(Failure::Lost | Failure::Protocol) => {
                Known::Means(Means::Classic)
            }
            Outcome::Failed(failure) => Known::Failed(*failure),
        };
        match core::mem::replace(&mut server.known, known) {
            Known::Asked(waiting) => {
                Answered::Known(waiting.into_iter().map(|(_, waker)| waker).collect())
            }
            before @ (Known::Means(_) | Known::Failed(_)) => {
                server.known = before;
                Answered::Known(Vec::new())
            }
        }
    }

    /// A request does not wait for the answer any more.
    pub(super) fn leave(&mut self, server: ServerId, visit: VisitId) {
        let server = self.servers.get_mut(&server);
        if let Some(Known::Asked(waiting)) = server.map(|server| &mut server.known) {
            waiting.retain(|(other, _)| *other != visit);
        }
    }

    /// A server may be another one now.
    pub(super) fn forget(&mut self, server: ServerId) {
        if let Some(Server { known, .. }) = self.servers.get(&server) {
            if !matches!(known, Known::Asked(_)) {
                self.servers.remove(&server);
            }
        }
    }
}
