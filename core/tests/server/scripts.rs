//! What is particular to the requests of scripts: one connection for all of
//! them, and commands that must not be done twice.

use memcached_core::protocol::{
    Command, Count, Delete, Direction, Key, Lane, Retrieve, Store, StoreMode, Touch,
};
use memcached_core::testing::server::{Sim, outcomes};

fn key() -> Key {
    Key::new(b"k").unwrap()
}

fn store(mode: StoreMode) -> Command<Vec<u8>> {
    Command::Store(Store {
        mode,
        key: key(),
        flags: 0,
        exptime: 30,
        data: b"x".to_vec(),
    })
}

fn count(direction: Direction) -> Command<Vec<u8>> {
    Command::Count(Count {
        direction,
        key: key(),
        delta: 2,
    })
}

fn scripting() -> Sim {
    let mut sim = Sim::new();
    sim.lane = Lane::Script;
    sim
}

#[test]
fn requests_of_scripts_keep_their_order() {
    let mut sim = scripting();
    sim.set(1, "k", b"1").unwrap();
    sim.submit(2, count(Direction::Up)).unwrap();
    sim.submit(3, delete(false)).unwrap();
    sim.get(4, "k").unwrap();
    sim.connected();
    assert_eq!(
        sim.written(usize::MAX),
        b"set k 0 30 1\r\n1\r\nincr k 2\r\ndelete k\r\nget k\r\n"
    );
    sim.data(b"STORED\r\n3\r\nDELETED\r\nEND\r\n");
    let expected = [(1, "Stored"), (2, "Number(3)"), (3, "Deleted"), (4, "miss")];
    assert_eq!(sim.done(), outcomes(&expected));
    assert_eq!((sim.connects, sim.closes), (1, 0));
}

#[test]
fn what_cannot_be_counted_ends_no_connection() {
    let mut sim = scripting();
    sim.submit(1, count(Direction::Down)).unwrap();
    sim.get(2, "k").unwrap();
    sim.connected();
    assert_eq!(sim.written(usize::MAX), b"decr k 2\r\nget k\r\n");
    sim.data(b"CLIENT_ERROR cannot\r\nEND\r\n");
    let expected = [(1, "NotCountable(\"cannot\")"), (2, "miss")];
    assert_eq!(sim.done(), outcomes(&expected));
    assert_eq!(sim.closes, 0);
}

fn delete(may_repeat: bool) -> Command<Vec<u8>> {
    let key = key();
    Delete { key, may_repeat }.into()
}

/// Which requests are sent again after their connection died.
#[test]
fn only_what_may_be_done_twice_is_sent_again() {
    let touch = Touch {
        key: key(),
        exptime: 30,
    };
    for (command, again) in [
        (Retrieve::one(key()).into(), true),
        (Retrieve::one(key()).with_cas().into(), true),
        (Retrieve::several(key(), [key()]).with_cas().into(), true),
        (store(StoreMode::Set), true),
        (touch.into(), true),
        (store(StoreMode::Add), false),
        (store(StoreMode::Replace), false),
        (store(StoreMode::Append), false),
        (store(StoreMode::Prepend), false),
        (store(StoreMode::Cas(1)), false),
        (delete(true), true),
        (delete(false), false),
        (count(Direction::Up), false),
        (count(Direction::Down), false),
    ] {
        let mut sim = scripting();
        sim.works();
        let name = format!("{command:?}");
        sim.submit(1, command.clone()).unwrap();
        let first = sim.written(usize::MAX);
        // The second was not sent when the connection died, and always is later.
        sim.submit(2, command).unwrap();
        sim.eof();
        assert_eq!((sim.connects, sim.closes), (1, 1), "{name}");
        sim.connected();
        // Either the first, alone, or the second.
        assert_eq!(sim.written(usize::MAX), first, "{name}");
        let lost = outcomes(&[(1, "connection lost")]);
        assert_eq!(sim.done(), if again { vec![] } else { lost }, "{name}");
    }
}

/// What a proxy says that has lost the server of one of the keys `a`, `b`, `c`.
fn refusing(dead: usize, goes_on: bool) -> String {
    let mut reply = String::new();
    for (at, key) in ["a", "b", "c"].iter().enumerate() {
        if at == dead {
            reply += "SERVER_ERROR x\r\n";
            if !goes_on {
                return reply;
            }
        } else {
            reply.extend(["VALUE ", key, " 0 1 7\r\n", key, "\r\n"]);
        }
    }
    reply + "END\r\n"
}

/// None of the keys is told to be missing, and nothing behind them is answered with
/// what was left of the reply.
#[test]
fn server_error_to_several_keys_is_the_reply_to_all_of_them() {
    let keys = || ["a", "b", "c"].map(|key| Key::new(key.as_bytes()).unwrap());
    for dead in 0..3 {
        for goes_on in [true, false] {
            let reply = refusing(dead, goes_on);
            // However the reply is split.
            for at in 0..=reply.len() {
                let mut sim = scripting();
                sim.works();
                let [a, b, c] = keys();
                let all = Retrieve::several(a, [b, c]).with_cas();
                sim.submit(1, Command::from(all)).unwrap();
                sim.get(2, "d").unwrap();
                sim.submit(3, count(Direction::Up)).unwrap();
                let sent = sim.written(usize::MAX);
                assert_eq!(sent, b"gets a b c\r\nget d\r\nincr k 2\r\n");
                sim.data(&reply.as_bytes()[..at]);
                if sim.closes == 0 {
                    sim.data(&reply.as_bytes()[at..]);
                }
                let told = [(1, "ServerError(\"x\")"), (3, "connection lost")];
                assert_eq!(sim.done(), outcomes(&told), "{reply:?} {at}");
                assert_eq!((sim.closes, sim.connects), (1, 1));
                sim.connected();
                assert_eq!(sim.written(usize::MAX), b"get d\r\n");
                // One by one each has its own.
                for (token, key) in (4..).zip(keys()) {
                    let one = Retrieve::one(key).with_cas();
                    sim.submit(token, Command::from(one)).unwrap();
                }
                let sent = sim.written(usize::MAX);
                assert_eq!(sent, b"gets a\r\ngets b\r\ngets c\r\n");
                sim.data(b"VALUE d 0 1\r\nD\r\nEND\r\n");
                let (mut expected, mut own) = (vec![(2, "D")], String::new());
                for (at, key) in ["a", "b", "c"].into_iter().enumerate() {
                    let token = u32::try_from(at).unwrap() + 4;
                    if at == dead {
                        own += "SERVER_ERROR x\r\n";
                        expected.push((token, "ServerError(\"x\")"));
                    } else {
                        own.extend(["VALUE ", key, " 0 1 7\r\n", key, "\r\nEND\r\n"]);
                        expected.push((token, key));
                    }
                }
                sim.data(own.as_bytes());
                assert_eq!(sim.done(), outcomes(&expected), "{reply:?} {at}");
                assert_eq!((sim.closes, sim.log()), (1, vec![]));
            }
        }
    }
}
