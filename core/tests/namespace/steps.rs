//! One worker, step by step.

use core::task::Poll;
use core::time::Duration;

use memcached_core::lookup::{DriverId, Neighbours, ServerId};
use memcached_core::namespace::{
    Answer, Asker, Count, Name, Namespaces, OpKind, Source, Unreadable, Visit,
};
use memcached_core::server::Failure;
use memcached_core::time::Time;

const SOURCE: Source = Source {
    server: ServerId(0),
    driver: DriverId(0),
    timeout: Duration::from_millis(500),
};

fn at(ms: u64) -> Time {
    Time::from_micros(ms * 1000)
}

fn name() -> Name {
    Name::new(b"pages").expect("a name")
}

fn visit(ms: u64) -> Visit {
    Visit::new(at(ms), SOURCE, name())
}

/// The worker, and the counts that its waiters would give the namespace.
#[derive(Default)]
struct Worker {
    namespaces: Namespaces<u32>,
    woken: u64,
}

impl Worker {
    fn poll(&mut self, ms: u64, visit: &mut Visit) -> Poll<Result<Count, Unreadable>> {
        self.namespaces.poll(at(ms), visit, || Asker {
            waker: 1,
            fresh: Count::new(ms, 7),
        })
    }

    /// The command that is due is answered.
    fn answer(&mut self, ms: u64, expected: OpKind, answer: Answer<'_>) {
        let op = self.namespaces.poll_op().expect("a command");
        assert_eq!((op.kind, op.name()), (expected, &name()));
        self.namespaces.handle(at(ms), op.reading, answer);
    }

    fn wake(&mut self) -> usize {
        std::iter::from_fn(|| self.namespaces.poll_wake()).count()
    }

    fn begin_bump(&mut self, ms: u64, count: Count) -> memcached_core::namespace::Bump {
        self.woken += 1;
        self.namespaces
            .begin_bump(at(ms), SOURCE.server, name(), count)
    }

    fn is_quiet(&mut self) -> bool {
        self.namespaces.poll_op().is_none() && self.namespaces.poll_wake().is_none()
    }
}

fn ready(number: u64) -> Poll<Result<Count, Unreadable>> {
    let count = Count::parse(number.to_string().as_bytes());
    Poll::Ready(Ok(count.expect("a number")))
}

#[test]
fn a_count_is_remembered_for_a_second_from_when_it_was_asked_for() {
    let mut worker = Worker::default();
    let mut first = visit(5000);
    assert_eq!(worker.poll(5000, &mut first), Poll::Pending);
    // Who comes meanwhile waits for the same command.
    let mut second = visit(5001);
    assert_eq!(worker.poll(5001, &mut second), Poll::Pending);
    worker.answer(5400, OpKind::Get, Answer::Value(b"42"));
    assert_eq!(worker.wake(), 2);
    for visit in [&mut first, &mut second] {
        assert_eq!(worker.poll(5400, visit), ready(42));
    }
    assert_eq!(worker.poll(5999, &mut visit(5999)), ready(42));
    assert_eq!(worker.poll(6000, &mut visit(6000)), Poll::Pending);
    worker.answer(6001, OpKind::Get, Answer::Value(b"43"));
    assert_eq!(worker.wake(), 0, "nobody is there");
    assert_eq!(worker.poll(6002, &mut visit(6002)), ready(43));
    assert!(worker.is_quiet());
}

#[test]
fn what_is_deleted_needs_a_count_from_now_on() {
    let mut worker = Worker::default();
    let mut first = visit(5000);
    assert_eq!(worker.poll(5000, &mut first), Poll::Pending);
    worker.answer(5001, OpKind::Get, Answer::Value(b"42"));
    let mut anew = Visit::anew(at(5002), SOURCE, name());
    assert_eq!(worker.poll(5002, &mut anew), Poll::Pending);
    // It is not answered by what was sent before it either.
    let mut later = Visit::anew(at(5003), SOURCE, name());
    assert_eq!(worker.poll(5003, &mut later), Poll::Pending);
    worker.answer(5004, OpKind::Get, Answer::Value(b"43"));
    assert_eq!(worker.poll(5004, &mut anew), ready(43));
    assert_eq!(worker.poll(5004, &mut later), Poll::Pending);
    worker.answer(5005, OpKind::Get, Answer::Value(b"44"));
    assert_eq!(worker.poll(5005, &mut later), ready(44));
    assert_eq!(worker.poll(5006, &mut visit(5006)), ready(44));
}

#[test]
fn a_namespace_without_a_count_is_given_one_and_read_again() {
    let mut worker = Worker::default();
    let mut first = visit(5000);
    assert_eq!(worker.poll(5000, &mut first), Poll::Pending);
    worker.answer(5001, OpKind::Get, Answer::Missing);
    worker.answer(5002, OpKind::Add(Count::new(5000, 7)), Answer::Added);
    // Another worker was faster.
    worker.answer(5003, OpKind::Get, Answer::Value(b"44"));
    assert_eq!(worker.wake(), 1);
    assert_eq!(worker.poll(5003, &mut first), ready(44));
    // It was asked for at 5002.
    assert_eq!(worker.poll(6001, &mut visit(6001)), ready(44));
    assert_eq!(worker.poll(6002, &mut visit(6002)), Poll::Pending);
}

#[test]
fn what_cannot_be_read() {
    let failed = Unreadable::Failed(Failure::TimedOut);
    for (answer, why) in [
        (Answer::Value(b"x"), Unreadable::NotANumber),
        (Answer::Value(b""), Unreadable::NotANumber),
        (Answer::Unreadable(Unreadable::Refused), Unreadable::Refused),
        (Answer::Unreadable(failed), failed),
    ] {
        let mut worker = Worker::default();
        let mut first = visit(5000);
        assert_eq!(worker.poll(5000, &mut first), Poll::Pending);
        worker.answer(5001, OpKind::Get, answer);
        assert_eq!(worker.wake(), 1);
        assert_eq!(worker.poll(5001, &mut first), Poll::Ready(Err(why)));
        // The next one tries again.
        assert_eq!(worker.poll(5001, &mut visit(5001)), Poll::Pending);
        worker.answer(5002, OpKind::Get, Answer::Missing);
        let added = OpKind::Add(Count::new(5001, 7));
        worker.answer(5003, added, Answer::Unreadable(failed));
        assert!(worker.is_quiet());
    }
    let mut worker = Worker::default();
    let mut first = visit(5000);
    assert_eq!(worker.poll(5000, &mut first), Poll::Pending);
    worker.answer(5001, OpKind::Get, Answer::Missing);
    worker.answer(5002, OpKind::Add(Count::new(5000, 7)), Answer::Added);
    worker.answer(5003, OpKind::Get, Answer::Missing);
    let not_kept = Poll::Ready(Err(Unreadable::NotKept));
    assert_eq!(worker.poll(5003, &mut first), not_kept);
}

#[test]
fn a_bump_counts_at_once_and_drops_what_is_being_read() {
    let mut worker = Worker::default();
    let mut before = visit(5000);
    assert_eq!(worker.poll(5000, &mut before), Poll::Pending);
    let Poll::Ready(Ok(new)) = ready(50) else {
        panic!("a number");
    };
    let bump = worker.begin_bump(5001, new);
    let mut meanwhile = visit(5002);
    assert_eq!(worker.poll(5002, &mut meanwhile), Poll::Pending);
    worker.answer(5003, OpKind::Get, Answer::Value(b"42"));
    assert_eq!(worker.wake(), 0);
    worker.namespaces.end_bump(bump, true);
    assert_eq!(worker.wake(), 2);
    for visit in [&mut before, &mut meanwhile, &mut visit(5999)] {
        assert_eq!(worker.poll(5999, visit), ready(50));
    }
    assert_eq!(worker.poll(6001, &mut visit(6001)), Poll::Pending);
}

#[test]
fn after_a_bump_of_which_nothing_is_known_the_count_is_read() {
    for is_overlap in [false, true] {
        let mut worker = Worker::default();
        let bump = worker.begin_bump(5000, Count::new(1, 1));
        let mut waits = visit(5001);
        assert_eq!(worker.poll(5001, &mut waits), Poll::Pending);
        if is_overlap {
            // Of two that overlap it is not known which came last.
            let other = worker.begin_bump(5002, Count::new(2, 2));
            worker.namespaces.end_bump(bump, true);
            assert_eq!(worker.poll(5003, &mut waits), Poll::Pending);
            worker.namespaces.end_bump(other, true);
        } else {
            worker.namespaces.end_bump(bump, false);
        }
        assert_eq!(worker.wake(), 1);
        assert_eq!(worker.poll(5004, &mut waits), Poll::Pending);
        worker.answer(5005, OpKind::Get, Answer::Value(b"42"));
        assert_eq!(worker.poll(5005, &mut waits), ready(42));
    }
}

/// What was read before a bump does not count for one who looks only afterwards.
#[test]
fn a_bump_between_the_answer_and_the_look() {
    let mut worker = Worker::default();
    let mut slow = visit(5000);
    assert_eq!(worker.poll(5000, &mut slow), Poll::Pending);
    worker.answer(5001, OpKind::Get, Answer::Value(b"42"));
    let bump = worker.begin_bump(5002, Count::new(1, 1));
    worker.namespaces.end_bump(bump, true);
    let expected = Poll::Ready(Ok(Count::new(1, 1)));
    assert_eq!(worker.poll(5003, &mut slow), expected);
}

/// The same namespace at one place, under other terms: what a bump gives up is given up there
/// too, and what was read or set under one's own terms is told to no other.
#[test]
fn a_bump_under_other_terms() {
    let neighbours = Neighbours::default();
    neighbours.add(ServerId(1), SOURCE.server);
    let mut worker = Worker {
        namespaces: Namespaces::among(neighbours),
        woken: 0,
    };
    let other = Source {
        server: ServerId(1),
        driver: DriverId(1),
        ..SOURCE
    };
    let visits = |ms| [visit(ms), Visit::new(at(ms), other, name())];
    for (mut visit, number) in visits(5000).into_iter().zip([41, 42]) {
        assert_eq!(worker.poll(5000, &mut visit), Poll::Pending);
        let text = number.to_string();
        worker.answer(5001, OpKind::Get, Answer::Value(text.as_bytes()));
        assert_eq!(worker.poll(5001, &mut visit), ready(number));
    }
    let bump = worker.begin_bump(5002, Count::new(1, 1));
    let mut meanwhile = visits(5003);
    for visit in &mut meanwhile {
        assert_eq!(worker.poll(5003, visit), Poll::Pending);
    }
    assert!(worker.namespaces.poll_op().is_none(), "both wait");
    worker.namespaces.end_bump(bump, true);
    let [own, others] = &mut meanwhile;
    assert_eq!(worker.poll(5004, own), Poll::Ready(Ok(Count::new(1, 1))));
    assert_eq!(worker.poll(5004, others), Poll::Pending);
    worker.answer(5005, OpKind::Get, Answer::Value(b"43"));
    assert_eq!(worker.poll(5005, others), ready(43));
}
