//! Servers without meta commands, and no locks at all.

use memcached_core::lookup::lease::{Dialect, End, Page};
use memcached_core::protocol::{Reply, Status};
use memcached_core::server::{Failure, Outcome};

use crate::desk::{Desk, Item, MARKER, PAGE, TAKEN, WON, lost, status, stored};

/// The key of the lock.
const LOCK: &str = "mod_memcached:lock:13fbd79c3d390e5d6585a21e11ff5ec1970cff0c";

fn classic() -> Desk {
    let mut desk = Desk::new();
    desk.rules.dialect = Dialect::Classic;
    desk
}

/// The lock is asked for, and is free or not.
fn lock(desk: &mut Desk, outcome: Status) {
    assert_eq!(desk.sent(), [format!("add {LOCK} 65538 10 1")]);
    desk.op_ends(&status(outcome));
}

/// One who asked for the lock gets it, looks once more, and finds this.
fn wins(desk: &mut Desk, number: usize, item: Item) -> String {
    lock(desk, Status::Stored);
    assert!(desk.woken().contains(&number));
    assert_eq!(desk.poll(number), "", "it looks once more");
    desk.find(item);
    assert!(desk.woken().contains(&number));
    desk.poll(number)
}

#[test]
fn a_lock_is_an_item_of_its_own() {
    let mut desk = classic();
    assert_eq!(desk.asks(Item::Missing), "");
    assert_eq!(desk.asks(Item::Missing), "", "it asks already");
    assert_eq!(wins(&mut desk, 0, Item::Missing), "make with a run");
    assert_eq!(desk.asks(Item::Missing), "", "it is made");
    desk.store();
    assert_eq!(desk.sent(), ["set k 9 90 4"]);
    desk.op_ends(&stored());
    assert_eq!(
        (desk.woken(), desk.sent()),
        (vec![1, 2], vec![format!("delete {LOCK}")])
    );
    desk.op_ends(&status(Status::Deleted));
    for number in [1, 2] {
        desk.poll(number);
    }
    desk.find(Item::Page(8, 1, ""));
    assert_eq!(desk.woken(), [1, 2]);
    assert_eq!(
        (desk.poll(1).as_str(), desk.poll(2).as_str()),
        ("fresh", "fresh")
    );
    assert!(desk.leases.is_idle());
}

#[test]
fn a_lock_that_may_be_anothers_by_now_is_left_alone() {
    let mut desk = classic();
    desk.asks(Item::Missing);
    wins(&mut desk, 0, Item::Missing);
    desk.pass(10_000);
    desk.store();
    assert_eq!(desk.sent(), ["set k 9 90 4"]);
    desk.op_ends(&stored());
    assert_eq!(desk.sent(), [""; 0]);
}

#[test]
fn whoever_does_not_get_the_lock_looks_again_and_asks_again() {
    let mut desk = classic();
    desk.asks(Item::Missing);
    lock(&mut desk, Status::NotStored);
    assert_eq!((desk.woken(), desk.poll(0)), (vec![0], String::new()));
    desk.pass(10);
    assert_eq!((desk.woken(), desk.poll(0)), (vec![0], String::new()));
    desk.find(Item::Missing);
    assert_eq!((desk.woken(), desk.poll(0)), (vec![0], String::new()));
    assert_eq!(wins(&mut desk, 0, Item::Missing), "make with a run");
}

#[test]
fn whoever_gets_the_lock_may_find_what_others_made_meanwhile() {
    for (item, answer) in [(Item::Page(7, 60, ""), "fresh"), (MARKER, "uncacheable")] {
        let mut desk = classic();
        desk.asks(Item::Missing);
        assert!(wins(&mut desk, 0, item).starts_with(answer), "{answer}");
        // It needs the lock no more.
        assert_eq!(desk.sent(), [format!("delete {LOCK}")]);
        // It leaves while it looks once more.
        let mut desk = classic();
        desk.asks(Item::Missing);
        lock(&mut desk, Status::Stored);
        desk.poll(0);
        desk.leave(0);
        assert_eq!(desk.sent(), [format!("delete {LOCK}")]);
    }
}

#[test]
fn whoever_gets_the_lock_late_does_not_look_once_more() {
    let mut desk = classic();
    desk.asks(Item::Missing);
    let wait = desk.rules.lock_wait;
    desk.pass(u64::try_from(wait.as_millis()).unwrap());
    lock(&mut desk, Status::Stored);
    assert_eq!(desk.poll(0), "make with a run");
}

#[test]
fn how_runs_end_there() {
    for (end, first) in [
        (End::NotStorable, Some("add k 65537 120 0")),
        (End::Forbidden, Some("add k 65537 120 0")),
        (End::Error, Some("add k 65537 10 0")),
        (End::Abandoned, None),
    ] {
        let mut desk = classic();
        desk.asks(Item::Missing);
        wins(&mut desk, 0, Item::Missing);
        desk.end(end);
        if let Some(first) = first {
            assert_eq!(desk.sent(), [first]);
            desk.op_ends(&stored());
        }
        assert_eq!(desk.sent(), [format!("delete {LOCK}")], "{end:?}");
        desk.op_ends(&status(Status::Deleted));
        assert!(desk.leases.is_idle());
    }
}

#[test]
fn one_who_asked_for_the_lock_and_left_gives_it_back() {
    let mut desk = classic();
    desk.asks(Item::Missing);
    desk.sent();
    desk.leave(0);
    desk.op_ends(&stored());
    assert_eq!(desk.sent(), [format!("delete {LOCK}")]);
}

#[test]
fn a_page_there_is_as_old_as_its_head_says() {
    const HERE: Item = Item::Page(7, 1, "");
    let mut desk = classic();
    desk.page = Page {
        left: Some(36),
        ..PAGE
    };
    assert_eq!(desk.asks(HERE), "fresh");
    desk.page.left = Some(30);
    assert_eq!(desk.asks(HERE), "");
    assert_eq!(desk.asks(HERE), "stale");
    assert_eq!(wins(&mut desk, 1, HERE), "stale with a run");
    assert_eq!(desk.asks(HERE), "stale");
    // By the version that was seen.
    desk.store();
    assert_eq!(desk.sent(), ["cas k 9 90 4 7 pinned"]);
    desk.op_ends(&status(Status::Exists));
    assert_eq!(desk.sent(), [format!("delete {LOCK}")]);
    assert_eq!(desk.fates(), [0, 1, 0, 0]);
}

#[test]
fn those_who_need_not_wait_do_not_ask_again_and_again() {
    const HERE: Item = Item::Page(7, 1, "");
    let mut desk = classic();
    desk.page.left = Some(30);
    desk.asks(HERE);
    desk.ask();
    desk.find(HERE);
    lock(&mut desk, Status::NotStored);
    assert_eq!(
        (desk.poll(0).as_str(), desk.poll(1).as_str()),
        ("stale", "stale")
    );
}

#[test]
fn tries_that_fail_there() {
    const HERE: Item = Item::Page(7, 1, "");
    let mut desk = classic();
    desk.page.left = Some(1000);
    desk.rules.early = 1000;
    desk.asks(HERE);
    assert_eq!(wins(&mut desk, 0, HERE), "stale with a run");
    for pause in [1, 2, 4] {
        desk.end(End::Error);
        assert_eq!(desk.sent(), [""; 0], "the lock stays");
        desk.pass(pause * 1000 - 1);
        assert_eq!((desk.asks(HERE), desk.sent()), ("fresh".into(), vec![]));
        desk.pass(1);
        // Nobody else can have the lock that it took for the first.
        assert_eq!(
            (desk.asks(HERE), desk.sent()),
            ("stale with a run".into(), vec![])
        );
    }
    desk.end(End::Error);
    desk.pass(8000);
    // It is over.
    assert_eq!(desk.asks(HERE), "");
    let number = desk.number_of_last();
    assert_eq!(wins(&mut desk, number, HERE), "stale with a run");
}

#[test]
fn markers_there() {
    let mut desk = classic();
    assert_eq!(desk.asks(MARKER), "uncacheable with a run");
    desk.store();
    assert_eq!(desk.sent(), ["cas k 9 90 4 7 pinned"]);
    desk.op_ends(&stored());
    assert_eq!((desk.sent(), desk.leases.is_idle()), (vec![], true));
}

#[test]
fn the_lock_of_others_with_meta_commands() {
    let mut desk = classic();
    let lock = Item::Empty(65538, 7, "");
    assert_eq!(desk.asks(lock), "");
    assert_eq!(desk.waits(0, lock), "alone: Waited");
}

#[test]
fn without_locks_everybody_makes_what_is_missing() {
    let mut desk = Desk::new();
    desk.rules.lock = 0;
    assert_eq!(desk.asks(Item::Missing), "make with a run");
    assert_eq!(desk.asks(Item::Missing), "make with a run");
    for end in [End::Error, End::Abandoned] {
        desk.end(end);
        assert_eq!(desk.sent(), [""; 0]);
    }
    assert_eq!(desk.asks(MARKER), "uncacheable with a run");
    desk.store();
    assert_eq!(desk.sent(), ["set k 9 90 4"]);
}

#[test]
fn without_locks_one_in_a_worker_makes_a_page_anew() {
    const HERE: Item = Item::Page(7, 1, "");
    let mut desk = Desk::new();
    desk.rules.lock = 0;
    desk.page.left = Some(30);
    assert_eq!(desk.asks(HERE), "stale with a run");
    assert_eq!(desk.asks(HERE), "stale");
    desk.end(End::Error);
    assert_eq!(desk.asks(HERE), "stale");
    desk.pass(1000);
    assert_eq!(desk.asks(HERE), "stale with a run");
    desk.store();
    assert_eq!(desk.sent(), ["set k 9 90 4"]);
    desk.op_ends(&stored());
    assert!(desk.leases.is_idle());
}

#[test]
fn a_server_is_asked_what_it_understands() {
    for (outcome, item, answer) in [
        (Outcome::Reply(Reply::MetaNoop), WON, "make with a run"),
        (
            Outcome::Reply(Reply::ServerError("ERROR".into())),
            Item::Missing,
            "",
        ),
    ] {
        let mut desk = Desk::new();
        desk.rules.dialect = Dialect::Auto;
        let (first, second) = (desk.ask(), desk.ask());
        assert_eq!((desk.looks(), desk.sent()), (0, vec!["mn".to_owned()]));
        desk.op_ends(&outcome);
        assert_eq!(desk.woken(), [first, second]);
        assert_eq!(
            (desk.poll(first), desk.poll(second)),
            (String::new(), String::new())
        );
        desk.find(item);
        assert_eq!(desk.poll(first), answer);
        desk.sent();
        desk.ask();
        assert_eq!(desk.sent(), [""; 0], "it is known");
        desk.leases
            .server_came_back(memcached_core::lookup::ServerId(0));
        desk.ask();
        assert_eq!(desk.sent(), ["mn"]);
    }
}

#[test]
fn a_server_that_closes_the_connection_twice_does_not_understand() {
    let mut desk = Desk::new();
    desk.rules.dialect = Dialect::Auto;
    desk.ask();
    assert_eq!(desk.sent(), ["mn"]);
    desk.op_ends(&lost());
    assert_eq!((desk.woken(), desk.sent()), (vec![], vec!["mn".to_owned()]));
    desk.op_ends(&lost());
    assert_eq!((desk.woken(), desk.poll(0)), (vec![0], String::new()));
    desk.find(Item::Missing);
    desk.poll(0);
    assert_eq!(desk.sent(), [format!("add {LOCK} 65538 10 1")]);
}

#[test]
fn a_server_that_cannot_be_asked() {
    let mut desk = Desk::new();
    desk.rules.dialect = Dialect::Auto;
    let (first, second) = (desk.ask(), desk.ask());
    desk.leave(second);
    desk.sent();
    desk.op_ends(&Outcome::Failed(Failure::Connect));
    assert_eq!(desk.woken(), [first]);
    assert_eq!(desk.poll(first), "alone: Failed(Connect)");
    // The next one asks again.
    desk.ask();
    assert_eq!(desk.sent(), ["mn"]);
    desk.op_ends(&Outcome::Reply(Reply::MetaNoop));
    assert_eq!(desk.woken(), [2]);
    desk.poll(2);
    desk.find(TAKEN);
    assert_eq!(desk.poll(2), "");
}
