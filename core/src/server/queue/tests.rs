use super::*;
use crate::protocol::{Delete, Key, Retrieve, Store, StoreMode, Version};
use crate::testing::server::SimTypes;
use core::time::Duration;

type TestQueue = Queue<SimTypes>;

fn at(ms: u64) -> Time {
    Time::from_micros(ms * 1000)
}

fn key(text: &str) -> Key {
    Key::new(text.as_bytes()).unwrap()
}

fn get(text: &str) -> Command<Vec<u8>> {
    Retrieve::one(key(text)).into()
}

fn set(text: &str, len: usize) -> Command<Vec<u8>> {
    let store = Store {
        mode: StoreMode::Set,
        key: key(text),
        flags: 0,
        exptime: 0,
        data: vec![b'x'; len],
    };
    store.into()
}

/// The token of a request is its serial.
fn push(queue: &mut TestQueue, serial: u32, command: Command<Vec<u8>>) {
    let request = Request {
        serial: u64::from(serial),
        token: Some(serial),
        timeout: Duration::from_millis(u64::from(serial)),
        since: None,
        kills: 0,
        pinned: false,
        single: false,
    };
    queue.push(Queued { command, request });
}

fn queue_of(commands: impl IntoIterator<Item = Command<Vec<u8>>>) -> TestQueue {
    let mut queue = TestQueue::default();
    for (serial, command) in (0..).zip(commands) {
        push(&mut queue, serial, command);
    }
    queue
}

fn head_of(command: &Command<Vec<u8>>) -> String {
    let mut out = Vec::new();
    command.encode_head(&mut out);
    String::from_utf8(out).unwrap().trim_end().to_owned()
}

/// Sends all that waits, each command ten bytes of the stream after the one
/// before it; the first lines of the commands.
fn send_all(queue: &mut TestQueue, batch: usize) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let start = 10 * lines.len() as u64;
        let sent = queue.send_next(batch, |_, command| {
            lines.push(head_of(command));
            start..start + 10
        });
        if !sent {
            return lines;
        }
    }
}

/// Puts everything back after `written` bytes; the requests that are lost, and
/// whether they belong to the oldest command.
fn requeue(queue: &mut TestQueue, written: u64, blame: Blame) -> Vec<(u64, bool)> {
    let mut lost = Vec::new();
    let push = |request: &mut Request<_>, is_head| lost.push((request.serial, is_head));
    queue.requeue(written, blame, push);
    lost
}

#[test]
fn lookups_that_wait_one_after_the_other_are_one_command() {
    let commands = || ["a", "b", "c"].map(get).into_iter();
    let with_others = commands().chain([set("s", 1), get("d")]).chain(commands());
    let mut queue = queue_of(with_others.clone());
    let lines = ["get a b", "get c", "set s 0 0 1", "get d a", "get b c"];
    assert_eq!(send_all(&mut queue, 2), lines);
    let mut queue = queue_of(with_others);
    let lines = ["get a b c", "set s 0 0 1", "get d a b c"];
    assert_eq!(send_all(&mut queue, 16), lines);
    let serials = |queue: &mut TestQueue| -> Vec<u64> {
        let head = queue.pop_head().unwrap();
        head.requests.iter().map(|request| request.serial).collect()
    };
    assert_eq!(serials(&mut queue), [0, 1, 2]);
    assert_eq!(serials(&mut queue), [3]);
    assert_eq!(serials(&mut queue), [4, 5, 6, 7]);
}

#[test]
fn load_is_of_what_is_not_complete() {
    let mut queue = queue_of([get("a"), get("b"), set("c", 10), set("d", 5)]);
    assert_eq!(queue.load(), (4, 15));
    // Not sent: gone, with its bytes.
    assert!(queue.cancel(3).is_some());
    assert_eq!(queue.load(), (3, 10));
    send_all(&mut queue, 16);
    assert_eq!(queue.load(), (3, 10));
    // Sent: its reply is still to come.
    assert!(queue.cancel(2).is_some());
    assert_eq!(queue.load(), (3, 10));
    queue.pop_head();
    assert_eq!(queue.load(), (1, 10));
    queue.pop_head();
    assert_eq!(queue.load(), (0, 0));
    assert!(queue.pop_head().is_none() && queue.is_empty());
}

#[test]
fn room_has_two_bounds_and_a_value_alone_ignores_its_own() {
    let limits = Limits {
        requests: 2,
        data_bytes: 10,
    };
    let mut queue = TestQueue::default();
    assert!(queue.has_room(11, &limits));
    push(&mut queue, 0, set("a", 11));
    assert!(queue.has_room(0, &limits) && !queue.has_room(1, &limits));
    let mut queue = queue_of([set("a", 4)]);
    assert!(queue.has_room(6, &limits) && !queue.has_room(7, &limits));
    assert!(!queue.has_room(usize::MAX, &limits));
    push(&mut queue, 1, get("b"));
    assert!(!queue.has_room(0, &limits));
    queue.cancel(1);
    assert!(queue.has_room(0, &limits));
}

#[test]
fn a_request_is_cancelled_once_wherever_it_is() {
    let mut queue = queue_of([get("a"), get("b"), get("c"), get("d")]);
    assert!(queue.send_next(2, |_, _| 0..8));
    for (serial, left) in [(1, 4), (2, 3), (0, 3), (3, 2)] {
        assert_eq!(queue.cancel(serial).map(u64::from), Some(serial));
        assert_eq!(queue.load().0, left, "{serial}");
        assert!(queue.cancel(serial).is_none(), "{serial}");
    }
    assert!(queue.cancel(4).is_none());
    queue.pop_head();
    assert!(queue.cancel(0).is_none());
    assert_eq!(queue.load(), (0, 0));
}

#[test]
fn cancelled_requests_are_removed_once_they_are_the_majority() {
    let mut queue = queue_of((0..10).map(|_| get("a")));
    for (cancelled, serial) in (1..).zip(1..6) {
        queue.cancel(serial);
        assert_eq!(queue.waiting.len(), 10);
        assert_eq!(queue.load().0, 10 - cancelled);
    }
    queue.cancel(9);
    assert_eq!((queue.waiting.len(), queue.cancelled), (4, 0));
    // Those whose turn comes are dropped then, and those at the front at once.
    queue.cancel(7);
    queue.cancel(0);
    assert_eq!((queue.waiting.len(), queue.cancelled), (3, 1));
    assert_eq!(send_all(&mut queue, 16), ["get a a"]);
}

/// The requests whose time is over, as those that they are taken from see it.
fn expire(queue: &mut TestQueue, ms: u64) -> Vec<u64> {
    let mut expired = Vec::new();
    queue.expire(at(ms), |request| {
        request.token = None;
        expired.push(request.serial);
    });
    expired
}

#[test]
fn the_time_begins_with_the_connection_and_only_once() {
    let mut queue = queue_of([get("a"), get("b")]);
    assert_eq!((queue.next_deadline(), queue.waited_since()), (None, None));
    queue.start_time(at(1000));
    assert_eq!(queue.next_deadline(), Some(at(1000)));
    queue.start_time(at(2000));
    assert_eq!(queue.next_deadline(), Some(at(1000)));
    send_all(&mut queue, 1);
    assert_eq!(queue.waited_since(), Some(at(1000)));
    assert_eq!(queue.patience(), Duration::from_millis(1));
    assert!(!queue.is_head_overdue(at(999)) && queue.is_head_overdue(at(1000)));
    queue.pop_head();
    assert_eq!(queue.next_deadline(), Some(at(1001)));
}

#[test]
fn what_was_sent_stays_without_its_token_when_its_time_is_over() {
    let mut queue = queue_of([get("a"), get("b"), get("c")]);
    queue.start_time(at(0));
    send_all(&mut queue, 1);
    assert_eq!(expire(&mut queue, 1), [0, 1]);
    assert_eq!((expire(&mut queue, 1), queue.load().0), (vec![], 3));
    assert_eq!(queue.next_deadline(), Some(at(2)));
    assert_eq!(queue.patience(), Duration::from_millis(2));
    assert!(queue.cancel(0).is_none() && queue.cancel(2).is_some());
    assert_eq!(queue.patience(), Duration::ZERO);
}

#[test]
fn what_waits_and_is_overdue_leaves_with_what_was_cancelled() {
    let mut queue = queue_of([get("a"), set("b", 7), get("c"), set("d", 9), get("e")]);
    queue.start_time(at(0));
    queue.cancel(4);
    assert_eq!(expire(&mut queue, 1), [0, 1]);
    assert_eq!((queue.load(), queue.waiting.len()), ((2, 9), 2));
    assert_eq!(expire(&mut queue, 1), [] as [u64; 0]);
    assert_eq!(expire(&mut queue, 9), [2, 3]);
    assert_eq!(queue.load(), (0, 0));
}

#[test]
fn values_are_found_by_the_number_they_were_sent_under() {
    let mut queue = queue_of([get("a"), get("b"), set("c", 3), get("d"), set("e", 5)]);
    let mut numbers = Vec::new();
    while queue.send_next(16, |number, _| {
        numbers.push(number);
        0..0
    }) {}
    let len = |number| queue.value(number).map(Vec::len);
    let lens: Vec<_> = numbers.into_iter().map(len).collect();
    assert_eq!(lens, [None, Some(3), None, Some(5)]);
}

#[test]
fn what_ended_two_connections_is_lost_and_the_rest_is_sent_as_often_as_needed() {
    let mut queue = queue_of([get("a"), get("b"), set("c", 1), get("d")]);
    assert_eq!(send_all(&mut queue, 16).len(), 3);
    // All of the batch was written, a byte of the store, nothing of `d`.
    assert!(requeue(&mut queue, 11, Blame::Head).is_empty());
    push(&mut queue, 4, get("e"));
    assert_eq!(queue.load(), (5, 1));
    // The batch apart, one command at a time, before what came later.
    assert_eq!(send_all(&mut queue, 16), ["get a"]);
    queue.pop_head();
    assert_eq!(send_all(&mut queue, 16), ["get b"]);
    assert_eq!(requeue(&mut queue, 10, Blame::Head), [(1, true)]);
    for _ in 0..3 {
        assert_eq!(send_all(&mut queue, 16), ["set c 0 0 1", "get d e"]);
        assert_eq!(requeue(&mut queue, 0, Blame::Head), []);
    }
    assert_eq!(send_all(&mut queue, 16), ["set c 0 0 1", "get d e"]);
    assert_eq!(requeue(&mut queue, 20, Blame::Head), []);
    assert_eq!(send_all(&mut queue, 16), ["set c 0 0 1"]);
    assert_eq!(queue.load(), (3, 1));
    assert_eq!(requeue(&mut queue, 10, Blame::Head), [(2, true)]);
    assert_eq!(send_all(&mut queue, 16), ["get d e"]);
}

#[test]
fn nobody_is_to_blame_for_what_is_taken_apart() {
    let mut queue = queue_of([get("a"), get("b"), get("c")]);
    send_all(&mut queue, 2);
    assert!(requeue(&mut queue, 20, Blame::Nobody).is_empty());
    assert_eq!(send_all(&mut queue, 16), ["get a", "get b", "get c"]);
}

#[test]
fn a_torn_reply_and_what_must_not_be_repeated_are_lost() {
    let delete = || {
        Delete {
            key: key("c"),
            may_repeat: false,
        }
        .into()
    };
    let mut queue = queue_of([get("a"), get("b"), delete(), get("d")]);
    send_all(&mut queue, 16);
    let lost = [(1, true), (2, false)];
    assert_eq!(requeue(&mut queue, 30, Blame::Torn(1)), lost);
    assert_eq!(send_all(&mut queue, 16), ["get a"]);
    queue.pop_head();
    assert_eq!(send_all(&mut queue, 16), ["get d"]);
    // Of what was not read at all nothing is lost.
    let mut queue = queue_of([delete()]);
    send_all(&mut queue, 16);
    assert!(requeue(&mut queue, 0, Blame::Head).is_empty());
    assert_eq!(send_all(&mut queue, 16), ["delete c"]);
}

#[test]
fn a_probe_goes_first_and_belongs_to_nobody() {
    let mut queue = queue_of([set("a", 3), get("b")]);
    queue.send_own(Version.into(), at(5), |command| {
        assert_eq!(head_of(command), "version");
        0..10
    });
    assert_eq!(queue.waited_since(), Some(at(5)));
    assert!(queue.send_next(1, |_, _| 10..20));
    queue.send_own(Version.into(), at(6), |_| 20..30);
    assert_eq!(queue.load(), (2, 3));
    assert_eq!(queue.value(0).map(Vec::len), Some(3));
    assert_eq!(queue.cancel(0), Some(0));
    // It is not sent again.
    requeue(&mut queue, 30, Blame::Head);
    assert_eq!(send_all(&mut queue, 1), ["get b"]);
}

#[test]
fn what_was_cancelled_is_not_sent_again() {
    let mut queue = queue_of([get("a"), get("b"), set("c", 9), get("d")]);
    assert!(queue.send_next(16, |_, _| 0..10));
    assert!(queue.send_next(16, |_, _| 10..20));
    for serial in [0, 2, 3] {
        queue.cancel(serial);
    }
    let lost = [(0, true), (2, false)];
    assert_eq!(requeue(&mut queue, 20, Blame::Head), lost);
    assert_eq!(queue.load(), (1, 0));
    assert_eq!(send_all(&mut queue, 16), ["get b"]);
}

#[test]
fn drained_in_order() {
    let mut queue = queue_of([get("a"), get("b"), set("c", 9), get("d")]);
    assert!(queue.send_next(16, |_, _| 0..10));
    let serials: Vec<u64> = queue.drain().map(|request| request.serial).collect();
    assert_eq!(serials, [0, 1, 2, 3]);
    assert_eq!(queue.load(), (0, 0));
}

#[test]
fn what_is_for_one_connection_is_not_moved() {
    let mut queue = queue_of([get("a"), get("b"), get("c")]);
    queue.waiting[1].request.pinned = true;
    assert_eq!(send_all(&mut queue, 1), ["get a", "get b", "get c"]);
    push(&mut queue, 3, get("d"));
    push(&mut queue, 4, get("e"));
    queue.waiting[1].request.pinned = true;
    let moved = queue.take_movable();
    let serials: Vec<u64> = moved.iter().map(|queued| queued.request.serial).collect();
    assert_eq!(serials, [2, 3]);
    // It is still waited for here.
    assert_eq!(queue.cancel(1), Some(1));
    assert_eq!(send_all(&mut queue, 1), ["get e"]);
}
