//! What has to be known about each command before it is sent.

use memcached_core::protocol::{
    Command, Count, Delete, Direction, Key, Lane, MetaDelete, MetaNoop, MetaState, MetaStore,
    Retrieve, Store, StoreMode, Touch,
};

fn key() -> Key {
    Key::new(b"k").unwrap()
}

fn store(mode: StoreMode) -> Command<Vec<u8>> {
    Command::from(Store {
        mode,
        key: key(),
        flags: 0,
        exptime: 0,
        data: b"value".to_vec(),
    })
}

fn count(direction: Direction) -> Command<Vec<u8>> {
    Command::from(Count {
        direction,
        key: key(),
        delta: 1,
    })
}

/// Lane, whether it changes its key, whether it may be sent twice, whether it may
/// be batched, bytes of its value.
type Properties = (Lane, bool, bool, bool, usize);

#[test]
fn properties() {
    use Lane::{Lookup, Store as Stores};
    check(&[
        (
            "get",
            Retrieve::one(key()).into(),
            (Lookup, false, true, true, 0),
        ),
        (
            "gets",
            Retrieve::one(key()).with_cas().into(),
            (Lookup, false, true, false, 0),
        ),
        (
            "get of several",
            Retrieve::several(key(), [Key::new(b"l").unwrap()]).into(),
            (Lookup, false, true, false, 0),
        ),
        ("set", store(StoreMode::Set), (Stores, true, true, false, 5)),
        (
            "add",
            store(StoreMode::Add),
            (Stores, true, false, false, 5),
        ),
        (
            "replace",
            store(StoreMode::Replace),
            (Stores, true, false, false, 5),
        ),
        (
            "append",
            store(StoreMode::Append),
            (Stores, true, false, false, 5),
        ),
        (
            "prepend",
            store(StoreMode::Prepend),
            (Stores, true, false, false, 5),
        ),
        (
            "cas",
            store(StoreMode::Cas(1)),
            (Stores, true, false, false, 5),
        ),
        (
            "delete",
            Delete {
                key: key(),
                may_repeat: false,
            }
            .into(),
            (Stores, true, false, false, 0),
        ),
        (
            "touch",
            Touch {
                key: key(),
                exptime: 0,
            }
            .into(),
            (Stores, true, true, false, 0),
        ),
        (
            "incr",
            count(Direction::Up),
            (Stores, true, false, false, 0),
        ),
        (
            "decr",
            count(Direction::Down),
            (Stores, true, false, false, 0),
        ),
    ]);
}

#[test]
fn properties_of_meta_commands() {
    use Lane::{Lookup, Store as Stores};
    check(&[
        (
            "get that may win",
            Retrieve::one(key()).with_lock(10).into(),
            (Lookup, false, true, true, 0),
        ),
        (
            "ms",
            MetaStore {
                key: key(),
                flags: 0,
                exptime: 0,
                version: 1,
                with_version: true,
                data: b"value".to_vec(),
            }
            .into(),
            (Stores, true, false, false, 5),
        ),
        (
            "md",
            MetaDelete {
                key: key(),
                version: None,
                invalidate: true,
                ttl: None,
            }
            .into(),
            (Stores, true, false, false, 0),
        ),
        (
            "mg without value",
            MetaState {
                key: key(),
                refresh_below: None,
            }
            .into(),
            (Lookup, false, false, false, 0),
        ),
        (
            "mn",
            MetaNoop.into(),
            (Lane::Detect, false, false, false, 0),
        ),
    ]);
}

fn check(table: &[(&str, Command<Vec<u8>>, Properties)]) {
    for (name, command, expected) in table {
        let found = (
            command.lane(),
            command.changes() == Some(&key()),
            command.may_repeat(),
            command.batch_key() == Some(&key()),
            command.data_len(),
        );
        assert_eq!(found, *expected, "{name}");
    }
}
