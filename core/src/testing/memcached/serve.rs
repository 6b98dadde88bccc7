//! Commands as values, and the replies to them.

use super::items::{Items, Looked};
use crate::protocol::{
    Command, Found, ItemState, Key, Marks, Pieces, Reply, ReplyForm, Retrieve, Status, Store,
    StoreMode, Value, ValueLines,
};

impl Items {
    /// Carries a command out: what a client reads in the reply. Which connection that
    /// comes on is left to who has connections.
    pub fn serve(&mut self, now: u64, command: &Command<Vec<u8>>) -> Reply<Vec<u8>> {
        if command.data_len() > self.value_max {
            return self.refuse(command);
        }
        match command {
            Command::Retrieve(lookups) => self.retrieve(now, lookups),
            Command::Store(store) => Reply::Status(self.store(now, store)),
            Command::Delete(delete) => Reply::Status(self.delete(now, delete.key.as_bytes())),
            Command::Touch(touch) => {
                Reply::Status(self.touch(now, touch.key.as_bytes(), touch.exptime))
            }
            Command::Count(count) => {
                self.count(now, count.key.as_bytes(), count.direction, count.delta)
            }
            Command::Version(_) => Reply::Version("1.6.18".into()),
            Command::MetaStore(store) => match self.meta_store(now, store) {
                Ok(version) if store.with_version => Reply::StoredAs(version),
                Ok(_) => Reply::Status(Status::Stored),
                Err(status) => Reply::Status(status),
            },
            Command::MetaDelete(delete) => Reply::Status(self.meta_delete(now, delete)),
            Command::MetaState(state) => {
                let key = state.key.as_bytes();
                let looked = self.look(now, key, None, state.refresh_below);
                Reply::State(looked.map(|looked| ItemState {
                    len: looked.data.len() as u64,
                    marks: looked.marks,
                }))
            }
            Command::MetaNoop(_) => Reply::MetaNoop,
            Command::Authenticate(_) => Reply::Status(Status::Stored),
        }
    }

    /// What would have been replaced does not outlive a value that is too long.
    fn refuse(&mut self, command: &Command<Vec<u8>>) -> Reply<Vec<u8>> {
        let replaced = match command {
            Command::MetaStore(store) => Some(&store.key),
            Command::Store(Store {
                mode: StoreMode::Set | StoreMode::SetOnce,
                key,
                ..
            }) => Some(key),
            _ => None,
        };
        if let Some(key) = replaced {
            self.evict(key.as_bytes());
        }
        Reply::ServerError("object too large for cache".into())
    }

    fn retrieve(&mut self, now: u64, lookups: &Retrieve) -> Reply<Vec<u8>> {
        let form = Command::<Vec<u8>>::from(lookups.clone());
        let ReplyForm::Values { lines, .. } = form.reply_form() else {
            unreachable!("values are what a lookup is answered with")
        };
        let keys = lookups.keys().iter().enumerate();
        let values = keys.filter_map(|(at, key)| {
            let seen = self.see(now, key, lines, lookups.lock_secs())?;
            let len = seen.data.len() as u64;
            let marks = (lines != ValueLines::Plain).then_some(Box::new(seen.marks));
            if len > lookups.max_value() {
                return Some((at, Found::TooLarge { len, marks }));
            }
            let mut pieces = Pieces::default();
            if len > 0 {
                pieces.push(seen.data);
            }
            let value = Value {
                flags: seen.flags,
                marks,
                len,
                pieces,
            };
            Some((at, Found::Value(value)))
        });
        Reply::Values(values.collect())
    }

    fn see(&mut self, now: u64, key: &Key, lines: ValueLines, lock: Option<u32>) -> Option<Looked> {
        if lines == ValueLines::Meta {
            return self.look(now, key.as_bytes(), lock, None);
        }
        let item = self.at(now, key.as_bytes())?;
        Some(Looked {
            flags: item.flags,
            data: item.data.clone(),
            marks: Marks {
                version: item.version,
                ..Marks::default()
            },
            is_new: false,
        })
    }
}
