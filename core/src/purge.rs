//! Taking an item out of the cache.
//!
//! A hard purge deletes it. A soft one marks it as out of date, so that it can be
//! served while one lookup has it made anew. That takes meta commands, and a version:
//! without one, an item that was stored meanwhile would be marked. Where a server
//! does not know these commands, or the item changes again and again, a soft purge is
//! a hard one.

use crate::protocol::{
    Command, Data, Delete, ItemState, Key, MetaDelete, MetaNoop, MetaState, Pin, Reply, Status,
};
use crate::server::{Failure, Outcome};

/// An item that was changed so many times in between is deleted.
const TRIES: u32 = 3;

/// How an item is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is deleted.
    Hard,
    /// It is marked as out of date, and lives for so many seconds at most.
    Soft(u32),
}

/// What became of a purge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purged {
    /// There was an item, which is gone or marked.
    Found,
    /// There was none.
    NotFound,
    /// The server refused, in its own words; the item may be there.
    Refused(Box<str>),
    /// There was no answer; the item may be there.
    Failed(Failure),
}

/// Where a command has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Where commands keep their order with stores of the item.
    Ordered,
    /// On this connection or nowhere.
    Pinned(Pin),
    /// On the connection that shows what the server knows.
    Detect,
}

/// The purge of one item.
#[derive(Clone, Debug)]
pub struct Purge {
    key: Key,
    secs: u32,
    step: Step,
    tries: u32,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Detect,
    Read,
    Mark(ItemState),
    Delete,
}

impl Purge {
    /// Begins the purge of an item: [`command`](Self::command) is to be sent.
    #[must_use]
    pub const fn new(key: Key, mode: Mode) -> Self {
        let (step, secs) = match mode {
            Mode::Hard => (Step::Delete, 0),
            Mode::Soft(secs) => (Step::Detect, secs),
        };
        Self {
            key,
            secs,
            step,
            tries: 0,
        }
    }

    /// The item's key.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// The command that is due, and where it goes.
    pub fn command<D: Data>(&self) -> (Route, Command<D>) {
        let key = self.key.clone();
        match self.step {
            Step::Detect => (Route::Detect, MetaNoop.into()),
            Step::Read => {
                let refresh_below = None;
                (Route::Ordered, MetaState { key, refresh_below }.into())
            }
            Step::Mark(ItemState { marks, .. }) => {
                let left = marks.ttl_left.unwrap_or(self.secs);
                let mark = MetaDelete {
                    key,
                    version: Some(marks.version),
                    invalidate: true,
                    // 0 would mean no expiry.
                    ttl: Some(left.min(self.secs).max(1)),
                };
                (Route::Pinned(marks.pin), mark.into())
            }
            Step::Delete => {
                let may_repeat = true;
                (Route::Ordered, Delete { key, may_repeat }.into())
            }
        }
    }

    /// Takes in what came of the command. `None`: the next one is due.
    pub fn handle<P>(&mut self, outcome: Outcome<P>) -> Option<Purged> {
        let reply = match outcome {
            Outcome::Reply(reply) => reply,
            Outcome::Failed(failure) => return self.fail(failure),
        };
        match (self.step, reply) {
            (Step::Detect, Reply::MetaNoop) => self.step = Step::Read,
            (Step::Detect, Reply::ServerError(_)) => self.step = Step::Delete,
            (_, Reply::ServerError(text)) => return Some(Purged::Refused(text)),
            (Step::Read, Reply::State(Some(state))) => {
                // What has no bytes is no page: nothing that could be served.
                self.step = if state.len == 0 {
                    Step::Delete
                } else {
                    Step::Mark(state)
                };
            }
            (Step::Mark(_), Reply::Status(Status::Exists)) => self.try_again(),
            // Somebody else took out what was found.
            (Step::Mark(_), Reply::Status(Status::NotFound)) => return Some(Purged::Found),
            (_, Reply::Status(Status::NotFound) | Reply::State(None)) => {
                return Some(Purged::NotFound);
            }
            _ => return Some(Purged::Found),
        }
        None
    }

    fn fail(&mut self, failure: Failure) -> Option<Purged> {
        match (self.step, failure) {
            // Some close the connection on which they are asked for what they do not
            // know.
            (Step::Detect, Failure::Lost) => self.step = Step::Delete,
            // To mark an item twice does no harm.
            (Step::Read | Step::Mark(_), Failure::Lost | Failure::Unpinned) => self.try_again(),
            _ => return Some(Purged::Failed(failure)),
        }
        None
    }

    fn try_again(&mut self) {
        self.tries += 1;
        self.step = if self.tries < TRIES {
            Step::Read
        } else {
            Step::Delete
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Marks;

    fn line(purge: &Purge) -> String {
        let (route, command) = purge.command::<Vec<u8>>();
        let mut out = Vec::new();
        command.encode_head(&mut out);
        let line = String::from_utf8(out).unwrap();
        let route = match route {
            Route::Ordered => "",
            Route::Pinned(pin) if pin == Pin::of(4, 1) => "pinned: ",
            Route::Pinned(_) => "elsewhere: ",
            Route::Detect => "detect: ",
        };
        format!("{route}{}", line.trim_end())
    }

    fn status(status: Status) -> Outcome<()> {
        Outcome::Reply(Reply::Status(status))
    }

    fn state(len: u64, version: u64, ttl_left: Option<u32>) -> Outcome<()> {
        let marks = Marks {
            version,
            ttl_left,
            pin: Pin::of(4, 1),
            ..Marks::default()
        };
        Outcome::Reply(Reply::State(Some(ItemState { len, marks })))
    }

    const MN: &str = "detect: mn";
    const MG: &str = "mg k k s c t";
    const DELETE: &str = "delete k";

    fn refusal() -> Outcome<()> {
        Outcome::Reply(Reply::ServerError("no".into()))
    }

    /// Each command, and what comes of it; at the end what becomes of the purge.
    fn check(mode: Mode, steps: Vec<(&str, Outcome<()>)>, expected: &Purged) {
        let mut purge = Purge::new(Key::new(b"k").unwrap(), mode);
        let count = steps.len();
        for (number, (command, outcome)) in steps.into_iter().enumerate() {
            assert_eq!(line(&purge), command);
            let result = purge.handle(outcome);
            let is_last = number + 1 == count;
            assert_eq!(result.as_ref(), is_last.then_some(expected), "{command}");
        }
    }

    #[test]
    fn hard() {
        for (outcome, expected) in [
            (status(Status::Deleted), Purged::Found),
            (status(Status::NotFound), Purged::NotFound),
            (refusal(), Purged::Refused("no".into())),
            (
                Outcome::Failed(Failure::Lost),
                Purged::Failed(Failure::Lost),
            ),
        ] {
            check(Mode::Hard, vec![(DELETE, outcome)], &expected);
        }
    }

    #[test]
    fn soft() {
        for (left, secs, marked) in [
            (Some(60), 30, "pinned: md k I T30 C5"),
            (Some(20), 30, "pinned: md k I T20 C5"),
            (None, 30, "pinned: md k I T30 C5"),
            (Some(0), 30, "pinned: md k I T1 C5"),
        ] {
            for (last, expected) in [
                (Status::Deleted, Purged::Found),
                (Status::NotFound, Purged::Found),
            ] {
                let steps = vec![
                    (MN, Outcome::Reply(Reply::MetaNoop)),
                    (MG, state(9, 5, left)),
                    (marked, status(last)),
                ];
                check(Mode::Soft(secs), steps, &expected);
            }
        }
    }

    #[test]
    fn what_is_not_there_and_what_is_no_page() {
        let steps = vec![
            (MN, Outcome::Reply(Reply::MetaNoop)),
            (MG, Outcome::Reply(Reply::State(None))),
        ];
        check(Mode::Soft(9), steps, &Purged::NotFound);
        let steps = vec![
            (MN, Outcome::Reply(Reply::MetaNoop)),
            (MG, state(0, 5, Some(9))),
            (DELETE, status(Status::Deleted)),
        ];
        check(Mode::Soft(9), steps, &Purged::Found);
    }

    #[test]
    fn an_item_that_changes_is_read_again_and_deleted_in_the_end() {
        for failed in [Failure::Lost, Failure::Unpinned] {
            let steps = vec![
                (MN, Outcome::Reply(Reply::MetaNoop)),
                (MG, state(9, 5, None)),
                ("pinned: md k I T9 C5", status(Status::Exists)),
                (MG, state(9, 6, None)),
                ("pinned: md k I T9 C6", Outcome::Failed(failed)),
                (MG, state(9, 7, None)),
                ("pinned: md k I T9 C7", status(Status::Exists)),
                (DELETE, status(Status::Deleted)),
            ];
            check(Mode::Soft(9), steps, &Purged::Found);
        }
    }

    #[test]
    fn a_server_without_meta_commands_deletes() {
        for outcome in [refusal(), Outcome::Failed(Failure::Lost)] {
            let steps = vec![(MN, outcome), (DELETE, status(Status::NotFound))];
            check(Mode::Soft(9), steps, &Purged::NotFound);
        }
    }

    #[test]
    fn a_server_that_cannot_be_asked() {
        let expected = Purged::Failed(Failure::Connect);
        let steps = vec![(MN, Outcome::Failed(Failure::Connect))];
        check(Mode::Soft(9), steps, &expected);
        let steps = vec![
            (MN, Outcome::Reply(Reply::MetaNoop)),
            (MG, Outcome::Failed(Failure::TimedOut)),
        ];
        check(Mode::Soft(9), steps, &Purged::Failed(Failure::TimedOut));
        let steps = vec![(MN, Outcome::Reply(Reply::MetaNoop)), (MG, refusal())];
        check(Mode::Soft(9), steps, &Purged::Refused("no".into()));
    }
}
