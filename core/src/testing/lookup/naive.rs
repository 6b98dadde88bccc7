//! What lookups shall do, from a list of everything that happened.

use crate::lookup::Target;

/// The keys that scripts know.
pub(super) const KEYS: [&str; 3] = ["a", "b", "c"];

/// Addresses of servers that scripts know.
pub(super) const SERVERS: usize = 2;

/// A request: when it was opened, and for what.
pub(super) struct Request {
    pub key: usize,
    pub target: Target,
    opened_at: usize,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits to be submitted.
    New,
    UnderWay,
    /// It has this outcome; `None` is a failure.
    Done(Option<u32>),
    /// Nobody wanted it any more.
    Cancelled,
}

pub(super) struct Lookup {
    /// By position in the list of requests.
    pub request: usize,
    /// Has its result, or has left.
    pub gone: bool,
}

#[derive(Default)]
pub(super) struct Naive {
    /// Steps so far.
    pub now: usize,
    pub requests: Vec<Request>,
    pub lookups: Vec<Lookup>,
    changed_at: [[usize; KEYS.len()]; SERVERS],
    /// Lookups to be woken, in order.
    due: Vec<usize>,
}

impl Naive {
    /// The newest request for a server and key, if another lookup may share
    /// it.
    fn joinable(&self, key: usize, target: Target) -> Option<usize> {
        let same = |r: &Request| r.key == key && r.target.server == target.server;
        let newest = self.requests.iter().rposition(same)?;
        let request = &self.requests[newest];
        let changed_at = self.changed_at[target.server.0 as usize][key];
        let open = matches!(request.state, State::New | State::UnderWay);
        let joinable = open && request.target == target && request.opened_at >= changed_at;
        joinable.then_some(newest)
    }

    pub(super) fn begin(&mut self, key: usize, target: Target) {
        let request = self.joinable(key, target).unwrap_or_else(|| {
            self.requests.push(Request {
                key,
                target,
                opened_at: self.now,
                state: State::New,
            });
            self.requests.len() - 1
        });
        self.lookups.push(Lookup {
            request,
            gone: false,
        });
    }

    pub(super) fn change(&mut self, key: usize, server: usize) {
        self.changed_at[server][key] = self.now;
    }

    pub(super) fn answer(&mut self, request: usize, outcome: Option<u32>) {
        self.requests[request].state = State::Done(outcome);
        let lookups = self.lookups.iter().enumerate();
        let present = lookups.filter(|(_, lookup)| lookup.request == request && !lookup.gone);
        self.due.extend(present.map(|(at, _)| at));
    }

    /// Who is to be woken next.
    pub(super) fn wake(&mut self) -> Option<usize> {
        while !self.due.is_empty() {
            let at = self.due.remove(0);
            if !self.lookups[at].gone {
                return Some(at);
            }
        }
        None
    }

    /// A lookup leaves; whether its request is not wanted any more, and was
    /// under way.
    pub(super) fn leave(&mut self, at: usize) -> bool {
        let lookup = &mut self.lookups[at];
        if std::mem::replace(&mut lookup.gone, true) {
            return false;
        }
        let request = lookup.request;
        if self.lookups.iter().any(|l| l.request == request && !l.gone) {
            return false;
        }
        let state = &mut self.requests[request].state;
        let cancels = *state == State::UnderWay;
        if matches!(state, State::New | State::UnderWay) {
            *state = State::Cancelled;
        }
        cancels
    }
}
