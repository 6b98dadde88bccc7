//! Several workers at one memcached, which forgets, is slow, or loses commands.

use core::task::Poll;
use core::time::Duration;

use memcached_core::lookup::{DriverId, ServerId};
use memcached_core::namespace::{
    Answer, Asker, Bump, Count, Name, Namespaces, Op, OpKind, Source, Unreadable, Visit,
};
use memcached_core::server::Failure;
use memcached_core::time::Time;
use proptest::prelude::*;

const WORKERS: usize = 3;

/// A step of the clock, in ms; a command can be under way for some of them.
const STEP_MS: u64 = 100;

/// What a server made of a command, until the answer is taken in.
enum Reply {
    Value(Option<Count>),
    Added,
    Lost,
}

/// A command on its way there or back.
struct Command {
    worker: usize,
    kind: Kind,
    /// Missing while the server has not read it.
    reply: Option<Reply>,
}

enum Kind {
    Read(Op),
    Set(Bump, Count),
}

/// Somebody who needs a count.
struct Caller {
    worker: usize,
    visit: Visit,
    came_at: u64,
    anew: bool,
    is_due: bool,
    /// Bumps of this worker that were answered before he came.
    bumped: Vec<Count>,
}

#[derive(Default)]
struct Run {
    /// In steps.
    now: u64,
    item: Option<Count>,
    /// All counts that the item had: from when to when.
    history: Vec<(Count, u64, Option<u64>)>,
    workers: [Namespaces<usize>; WORKERS],
    commands: Vec<Command>,
    callers: Vec<Caller>,
    bumped: [Vec<Count>; WORKERS],
    made: u64,
    answered: usize,
}

fn name() -> Name {
    Name::new(b"n").expect("a name")
}

impl Run {
    fn time(&self) -> Time {
        Time::from_micros(self.now * STEP_MS * 1000)
    }

    fn fresh(&mut self) -> Count {
        self.made += 1;
        Count::new(self.now, self.made)
    }

    fn set_item(&mut self, item: Option<Count>) {
        if let Some((_, _, until @ None)) = self.history.last_mut() {
            *until = Some(self.now);
        }
        if let Some(count) = item {
            let used = self.history.iter().any(|(known, ..)| *known == count);
            assert!(!used, "a count came back");
            self.history.push((count, self.now, None));
        }
        self.item = item;
    }

    fn come(&mut self, worker: usize, anew: bool, driver: u32) {
        let source = Source {
            server: ServerId(0),
            driver: DriverId(driver),
            timeout: Duration::from_millis(500),
        };
        let visit = if anew {
            Visit::anew(self.time(), source, name())
        } else {
            Visit::new(self.time(), source, name())
        };
        self.callers.push(Caller {
            worker,
            visit,
            came_at: self.now,
            anew,
            is_due: true,
            bumped: self.bumped[worker].clone(),
        });
        self.look(self.callers.len() - 1);
    }

    /// A caller looks whether the count is there.
    fn look(&mut self, at: usize) {
        let (now, fresh) = (self.time(), self.fresh());
        let caller = &mut self.callers[at];
        caller.is_due = false;
        let namespaces = &mut self.workers[caller.worker];
        let found = namespaces.poll(now, &mut caller.visit, || Asker { waker: at, fresh });
        while let Some(op) = namespaces.poll_op() {
            self.commands.push(Command {
                worker: caller.worker,
                kind: Kind::Read(op),
                reply: None,
            });
        }
        let Poll::Ready(result) = found else {
            return;
        };
        self.answered += 1;
        if let Ok(count) = result {
            let caller = &self.callers[at];
            let times = self.history.iter().find(|(known, ..)| *known == count);
            let (_, _, until) = times.expect("a count that was there");
            // It was the count no longer ago than this.
            let allowed = if caller.anew { 0 } else { 1000 / STEP_MS };
            let ended = until.unwrap_or(u64::MAX);
            assert!(
                ended.saturating_add(allowed) >= caller.came_at,
                "{count} was over at {ended}, the caller came at {}",
                caller.came_at
            );
            for bump in &caller.bumped {
                let place = |count: &Count| self.history.iter().position(|it| it.0 == *count);
                let (bump, found) = (place(bump), place(&count));
                assert!(found >= bump, "a count from before an answered bump");
            }
        }
    }

    fn bump(&mut self, worker: usize) {
        let (now, count) = (self.time(), self.fresh());
        let bump = self.workers[worker].begin_bump(now, ServerId(0), name(), count);
        self.commands.push(Command {
            worker,
            kind: Kind::Set(bump, count),
            reply: None,
        });
    }

    /// The server reads one of the commands, in any order: they come by several
    /// connections.
    fn serve(&mut self, choice: usize, is_lost: bool) {
        let waiting = self.commands.iter().enumerate();
        let waiting: Vec<_> = waiting
            .filter(|(_, command)| command.reply.is_none())
            .map(|(at, _)| at)
            .collect();
        if waiting.is_empty() {
            return;
        }
        let at = waiting[choice % waiting.len()];
        let reply = match &self.commands[at].kind {
            Kind::Read(op) => match op.kind {
                OpKind::Get => Reply::Value(self.item),
                OpKind::Add(count) => {
                    if self.item.is_none() {
                        self.set_item(Some(count));
                    }
                    Reply::Added
                }
            },
            Kind::Set(_, count) => {
                let count = *count;
                self.set_item(Some(count));
                Reply::Added
            }
        };
        self.commands[at].reply = Some(if is_lost { Reply::Lost } else { reply });
    }

    /// A worker takes an answer in, or gives a command up.
    fn answer(&mut self, choice: usize, gives_up: bool) {
        if self.commands.is_empty() {
            return;
        }
        let at = choice % self.commands.len();
        if self.commands[at].reply.is_none() && !gives_up {
            return;
        }
        let command = self.commands.swap_remove(at);
        let is_unread = command.reply.is_none();
        let reply = command.reply.unwrap_or(Reply::Lost);
        let now = self.time();
        match command.kind {
            Kind::Read(op) => {
                let text;
                let answer = match reply {
                    Reply::Value(Some(count)) => {
                        text = count.to_string();
                        Answer::Value(text.as_bytes())
                    }
                    Reply::Value(None) => Answer::Missing,
                    Reply::Added => Answer::Added,
                    Reply::Lost => Answer::Unreadable(Unreadable::Failed(Failure::Lost)),
                };
                self.workers[command.worker].handle(now, op.reading, answer);
            }
            Kind::Set(bump, count) => {
                let is_set = !matches!(reply, Reply::Lost);
                self.workers[command.worker].end_bump(bump, is_set);
                if is_set {
                    self.bumped[command.worker].push(count);
                } else if is_unread && choice % 2 == 0 {
                    // It comes late.
                    self.set_item(Some(count));
                }
            }
        }
        let namespaces = &mut self.workers[command.worker];
        while let Some(op) = namespaces.poll_op() {
            self.commands.push(Command {
                worker: command.worker,
                kind: Kind::Read(op),
                reply: None,
            });
        }
        while let Some(caller) = namespaces.poll_wake() {
            self.callers[caller].is_due = true;
        }
    }

    fn look_all(&mut self) {
        while let Some(at) = self.callers.iter().position(|caller| caller.is_due) {
            self.look(at);
        }
    }

    fn finish(mut self) {
        for _ in 0..10_000 {
            self.look_all();
            if self.commands.is_empty() {
                break;
            }
            self.serve(0, false);
            self.answer(0, false);
        }
        assert_eq!(self.answered, self.callers.len(), "somebody still waits");
    }
}

fn run(script: &[(u8, u8)]) {
    let mut run = Run::default();
    for &(byte, choice) in script {
        let choice = usize::from(choice);
        let worker = choice % WORKERS;
        match byte % 12 {
            0..=2 => run.come(worker, false, u32::from(choice > 128)),
            3 => run.come(worker, true, 0),
            4 => run.bump(worker),
            5 | 6 => run.serve(choice, false),
            7 => run.serve(choice, choice % 4 == 0),
            8 | 9 => run.answer(choice, choice % 16 == 0),
            10 => run.look_all(),
            _ if choice % 8 == 0 => run.set_item(None),
            _ => run.now += 1 + choice as u64 % 4,
        }
    }
    run.finish();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    /// No count is older than it may be, none comes back, and nobody waits for ever,
    /// whatever happens in whatever order.
    #[test]
    fn counts_are_current(script in proptest::collection::vec(any::<(u8, u8)>(), 0..200)) {
        run(&script);
    }
}
