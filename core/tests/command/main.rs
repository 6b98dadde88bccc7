//! What is to be known of every command beside its encoding.

use memcached_core::protocol::{
    Command, Count, Delete, Direction, Key, Lane, ReplyForm, Retrieve, Store, StoreMode, Touch,
};

fn key() -> Key {
    Key::new(b"k").unwrap()
}

fn store(mode: StoreMode) -> Command<Vec<u8>> {
    Command::Store(Store {
        mode,
        key: key(),
        flags: 0,
        exptime: 0,
        data: b"abc".to_vec(),
    })
}

fn count(direction: Direction) -> Command<Vec<u8>> {
    Command::Count(Count {
        direction,
        key: key(),
        delta: 1,
    })
}

#[test]
fn lookups_change_nothing_and_do_not_wait_for_stores() {
    for command in [
        Command::<Vec<u8>>::from(Retrieve::one(key())),
        Retrieve::one(key()).with_cas().into(),
        Retrieve::several(key(), [key()]).into(),
    ] {
        assert_eq!(command.lane(), Lane::Lookup);
        assert_eq!(command.changes(), None);
        assert!(command.may_repeat());
        assert_eq!((command.data(), command.data_len()), (None, 0));
        assert!(matches!(command.reply_form(), ReplyForm::Values { .. }));
    }
}

/// On one lane, so that none overtakes another that changes the same item.
#[test]
fn commands_that_change_an_item_share_a_lane() {
    let touch = Touch {
        key: key(),
        exptime: 0,
    };
    for (command, may_repeat) in [
        (store(StoreMode::Set), true),
        (store(StoreMode::Add), false),
        (store(StoreMode::Replace), false),
        (store(StoreMode::Append), false),
        (store(StoreMode::Prepend), false),
        (store(StoreMode::Cas(1)), false),
        (Delete { key: key() }.into(), false),
        (touch.into(), true),
        (count(Direction::Up), false),
        (count(Direction::Down), false),
    ] {
        assert_eq!(command.lane(), Lane::Store, "{command:?}");
        assert_eq!(command.changes(), Some(&key()), "{command:?}");
        assert_eq!(command.may_repeat(), may_repeat, "{command:?}");
        assert_eq!(command.batch_key(), None, "{command:?}");
        let carries = matches!(command, Command::Store(_));
        assert_eq!(command.data().is_some(), carries, "{command:?}");
        assert_eq!(command.data_len(), if carries { 3 } else { 0 });
    }
}
