//! One outcome of what two servers are asked for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use memcached_core::protocol::{Reply, Status};
use memcached_core::server::Outcome;

use super::completion::{Complete, Completion};
use super::driver::Driver;
use crate::host::BufferSlice;

/// Takes something out of the server that it is on, and of the one that stands in for
/// that. It is done when both have done it, and was there if one of them had it.
pub(super) fn both(
    (home, other): (Rc<Driver>, Option<Rc<Driver>>),
    completion: Completion,
    submit: impl Fn(Rc<Driver>, Completion),
) {
    let Some(other) = other else {
        submit(home, completion);
        return;
    };
    let both = Rc::new(Both {
        first: RefCell::default(),
        completion: Cell::new(Some(completion)),
    });
    for driver in [other, home] {
        submit(driver, Completion::new(Rc::<Both>::clone(&both)));
    }
}

/// Completes both commands.
struct Both {
    first: RefCell<Option<Outcome<BufferSlice>>>,
    completion: Cell<Option<Completion>>,
}

impl Complete for Both {
    fn complete(self: Rc<Self>, outcome: Outcome<BufferSlice>) {
        let first = self.first.take();
        let Some(first) = first else {
            self.first.replace(Some(outcome));
            return;
        };
        if let Some(completion) = self.completion.take() {
            completion.complete(joined(first, outcome));
        }
    }
}

fn joined(one: Outcome<BufferSlice>, other: Outcome<BufferSlice>) -> Outcome<BufferSlice> {
    let rank = |outcome: &Outcome<BufferSlice>| match outcome {
        Outcome::Reply(Reply::Status(Status::NotFound)) => 0,
        Outcome::Reply(Reply::Status(_)) => 1,
        Outcome::Reply(_) | Outcome::Failed(_) => 2,
    };
    if rank(&other) > rank(&one) {
        other
    } else {
        one
    }
}

#[cfg(test)]
mod tests {
    use memcached_core::server::Failure;

    use super::*;

    #[test]
    fn a_failure_counts_before_what_was_found_and_that_before_nothing() {
        let all = || {
            [
                Outcome::Reply(Reply::Status(Status::NotFound)),
                Outcome::Reply(Reply::Status(Status::Deleted)),
                Outcome::Failed(Failure::Down),
            ]
        };
        for (at, one) in all().into_iter().enumerate() {
            let one = format!("{one:?}");
            for (other_at, other) in all().into_iter().enumerate() {
                let first = all().into_iter().nth(at).expect("one of them");
                let expected = if other_at > at {
                    format!("{other:?}")
                } else {
                    one.clone()
                };
                assert_eq!(format!("{:?}", joined(first, other)), expected);
            }
        }
    }
}
