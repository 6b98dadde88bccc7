//! Commands that change items, as the server carries them out.

use super::items::{Defect, Items, What, end};
use crate::protocol::{Direction, MetaDelete, MetaStore, Reply, Status, Store, StoreMode};

impl Items {
    /// `set`, `add`, `replace`, `append`, `prepend`, `cas`.
    pub fn store(&mut self, now: u64, store: &Store<Vec<u8>>) -> Status {
        let status = self.store_item(now, store);
        if status == Status::Stored {
            self.note(store.key.as_bytes(), What::Changed);
        }
        status
    }

    fn store_item(&mut self, now: u64, store: &Store<Vec<u8>>) -> Status {
        let key = store.key.as_bytes();
        let ends = end(now, store.exptime);
        let Some(old) = self.at(now, key) else {
            return match store.mode {
                StoreMode::Set | StoreMode::SetOnce | StoreMode::Add => {
                    self.put(key, store.flags, ends, store.data.clone());
                    Status::Stored
                }
                StoreMode::Cas(_) => Status::NotFound,
                StoreMode::Replace | StoreMode::Append | StoreMode::Prepend => Status::NotStored,
            };
        };
        let (flags, old_ends) = (old.flags, old.ends);
        match store.mode {
            StoreMode::Add => return Status::NotStored,
            StoreMode::Cas(version) if version != old.version => return Status::Exists,
            StoreMode::Set | StoreMode::SetOnce | StoreMode::Replace | StoreMode::Cas(_) => {
                self.put(key, store.flags, ends, store.data.clone());
            }
            StoreMode::Append => {
                let data = [&old.data[..], &store.data].concat();
                self.put(key, flags, old_ends, data);
            }
            StoreMode::Prepend => {
                let data = [&store.data[..], &old.data].concat();
                self.put(key, flags, old_ends, data);
            }
        }
        Status::Stored
    }

    /// `delete`.
    pub fn delete(&mut self, now: u64, key: &[u8]) -> Status {
        if self.at(now, key).is_none() {
            return Status::NotFound;
        }
        if self.defect == Some(Defect::DeletesNothing) {
            return Status::Deleted;
        }
        self.by_key.remove(key);
        self.note(key, What::Changed);
        Status::Deleted
    }

    /// `touch`.
    pub fn touch(&mut self, now: u64, key: &[u8], exptime: i64) -> Status {
        let Some(item) = self.at(now, key) else {
            return Status::NotFound;
        };
        item.ends = end(now, exptime);
        Status::Touched
    }

    /// `incr`, `decr`: what the item holds then.
    pub fn count(
        &mut self,
        now: u64,
        key: &[u8],
        direction: Direction,
        delta: u64,
    ) -> Reply<Vec<u8>> {
        let Some(item) = self.at(now, key) else {
            return Reply::Status(Status::NotFound);
        };
        // What stands behind a blank does not count.
        let text = String::from_utf8_lossy(&item.data);
        let first = text.split_ascii_whitespace().next().unwrap_or_default();
        let Ok(old) = first.parse::<u64>() else {
            let text = "cannot increment or decrement non-numeric value";
            return Reply::NotCountable(text.into());
        };
        let new = match direction {
            Direction::Up => old.wrapping_add(delta),
            Direction::Down => old.saturating_sub(delta),
        };
        // A number that is not longer is written over the old one, with blanks behind.
        let (flags, ends, width) = (item.flags, item.ends, item.data.len());
        let digits = format!("{new:<width$}").into_bytes();
        if digits.len() > width {
            self.put(key, flags, ends, digits);
        } else {
            item.data = digits;
            let version = self.next_version();
            if let Some(item) = self.by_key.get_mut(key) {
                item.version = version;
            }
        }
        Reply::Number(new)
    }

    /// `ms` with a version; the item's new one.
    ///
    /// # Errors
    /// The item has another version, or is not there.
    pub fn meta_store(&mut self, now: u64, store: &MetaStore<Vec<u8>>) -> Result<u64, Status> {
        let key = store.key.as_bytes();
        let is_ignored = self.defect == Some(Defect::IgnoresVersions);
        let old = self.at(now, key);
        if old.is_none() && is_ignored {
            let ends = end(now, store.exptime);
            return Ok(self.put(key, store.flags, ends, store.data.clone()));
        }
        let old = old.ok_or(Status::NotFound)?;
        if old.version != store.version && !is_ignored {
            return Err(Status::Exists);
        }
        let ends = end(now, store.exptime);
        Ok(self.put(key, store.flags, ends, store.data.clone()))
    }

    /// `md`.
    pub fn meta_delete(&mut self, now: u64, delete: &MetaDelete) -> Status {
        let key = delete.key.as_bytes();
        let Some(item) = self.at(now, key) else {
            return Status::NotFound;
        };
        if delete
            .version
            .is_some_and(|version| version != item.version)
        {
            return Status::Exists;
        }
        if !delete.invalidate {
            // By its version, a right is given back by who has it.
            if delete.version.is_some() {
                self.by_key.remove(key);
                return Status::Deleted;
            }
            return self.delete(now, key);
        }
        item.is_stale = true;
        item.is_taken = false;
        if let Some(secs) = delete.ttl {
            item.ends = end(now, secs.into());
        }
        let version = self.next_version();
        if let Some(item) = self.by_key.get_mut(key) {
            item.version = version;
        }
        let what = if delete.ttl.is_some() || delete.version.is_none() {
            What::Marked
        } else {
            What::Released
        };
        self.note(key, what);
        Status::Deleted
    }
}
