//! Values that are longer than was asked for.

use memcached_core::protocol::{Key, Retrieve};
use memcached_core::testing::server::{Sim, outcomes};

/// A lookup that wants up to four bytes.
fn get(sim: &mut Sim, token: u32, key: &str) {
    let key = Key::new(key.as_bytes()).unwrap();
    sim.submit(token, Retrieve::one(key).up_to(4)).unwrap();
}

#[test]
fn a_long_value_is_skipped_and_the_connection_goes_on() {
    let mut sim = Sim::new();
    sim.works();
    get(&mut sim, 1, "a");
    sim.written(99);
    get(&mut sim, 2, "b");
    sim.written(99);
    sim.data(b"VALUE a 0 5\r\n12");
    sim.data(b"345\r\nEND\r\nVALUE b 0 4\r\n1234\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "too large: 5"), (2, "1234")]));
    assert_eq!((sim.closes, sim.server.stats().too_large), (0, 1));
}

#[test]
fn in_a_batch_it_is_skipped_for_the_one_who_asked() {
    let mut sim = Sim::new();
    sim.works_well();
    for (token, key) in [(1, "a"), (2, "b"), (3, "c")] {
        get(&mut sim, token, key);
    }
    assert_eq!(sim.written(99), b"get a b c\r\n");
    sim.data(b"VALUE b 0 5\r\n12345\r\nVALUE a 0 1\r\n1\r\nEND\r\n");
    let expected = [(1, "1"), (2, "too large: 5"), (3, "miss")];
    assert_eq!(sim.done(), outcomes(&expected));
}

/// Who asked need not wait until all of it has passed.
#[test]
fn that_a_value_is_too_long_is_known_before_it_has_come() {
    let mut sim = Sim::new();
    sim.works();
    get(&mut sim, 1, "a");
    sim.written(99);
    sim.data(b"VALUE a 0 1000000\r\n");
    assert_eq!(sim.done(), outcomes(&[(1, "too large: 1000000")]));
    // The rest has as long as any reply.
    get(&mut sim, 2, "b");
    sim.written(99);
    sim.at(19);
    for _ in 0..10 {
        sim.data(&vec![b'x'; 100_000]);
    }
    sim.data(b"\r\nEND\r\nEND\r\n");
    assert_eq!(sim.done(), outcomes(&[(2, "miss")]));
    assert_eq!((sim.closes, sim.log()), (0, vec![]));
    get(&mut sim, 3, "a");
    sim.written(99);
    sim.data(b"VALUE a 0 1000000\r\n");
    sim.at(519);
    assert_eq!((sim.closes, sim.log().len()), (1, 1));
    assert_eq!(sim.done(), outcomes(&[(3, "too large: 1000000")]));
}
