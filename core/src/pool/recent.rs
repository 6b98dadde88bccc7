//! What was used recently, of which only so much is kept.

use core::borrow::Borrow;
use core::hash::Hash;
use std::collections::{BTreeMap, HashMap};

/// Entries that one insertion looks at when there are too many. More than one,
/// so that what grew past the limit while everything was busy shrinks again.
const LOOKED_AT: usize = 2;

/// Values by key. Beyond a limit the idle ones that were used longest ago are
/// forgotten, one by one as others come; busy ones never are. Nothing costs
/// more than the logarithm of how many there are.
#[derive(Debug)]
pub struct Recent<K, V> {
    limit: usize,
    values: HashMap<K, Slot<V>>,
    /// All keys, by when they were last used.
    order: BTreeMap<u64, K>,
    uses: u64,
}

#[derive(Debug)]
struct Slot<V> {
    value: V,
    /// Its place in the order.
    used: u64,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    /// Nothing, of which `limit` entries are kept.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            values: HashMap::new(),
            order: BTreeMap::new(),
            uses: 0,
        }
    }

    /// The value of a key, which counts as used now.
    pub fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let slot = self.values.get_mut(key)?;
        if let Some(key) = self.order.remove(&slot.used) {
            self.uses += 1;
            slot.used = self.uses;
            self.order.insert(slot.used, key);
        }
        Some(&slot.value)
    }

    /// Adds a value, used now, in the place of any other of its key. If there
    /// are too many now, those that were used longest ago are looked at: what
    /// is not busy is forgotten and given to `forget`, what is busy counts as
    /// used now.
    pub fn insert(
        &mut self,
        key: K,
        value: V,
        is_busy: impl Fn(&V) -> bool,
        mut forget: impl FnMut(V),
    ) {
        for _ in 0..LOOKED_AT {
            if self.values.len() < self.limit {
                break;
            }
            let Some((_, oldest)) = self.order.pop_first() else {
                break;
            };
            let busy = self
                .values
                .get(&oldest)
                .is_some_and(|slot| is_busy(&slot.value));
            if busy {
                self.uses += 1;
                if let Some(slot) = self.values.get_mut(&oldest) {
                    slot.used = self.uses;
                }
                self.order.insert(self.uses, oldest);
            } else if let Some(slot) = self.values.remove(&oldest) {
                forget(slot.value);
            }
        }
        if let Some(slot) = self.remove_slot(&key) {
            forget(slot.value);
        }
        self.uses += 1;
        let used = self.uses;
        self.order.insert(used, key.clone());
        self.values.insert(key, Slot { value, used });
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.remove_slot(key).map(|slot| slot.value)
    }

    /// All values, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.values.values().map(|slot| &slot.value)
    }

    fn remove_slot(&mut self, key: &K) -> Option<Slot<V>> {
        let slot = self.values.remove(key)?;
        self.order.remove(&slot.used);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds `new`; the numbers in `busy` are; gives what was forgotten.
    fn add(recent: &mut Recent<u32, u32>, new: u32, busy: &[u32]) -> Vec<u32> {
        let mut forgotten = Vec::new();
        recent.insert(new, new, |v| busy.contains(v), |v| forgotten.push(v));
        forgotten
    }

    fn filled(count: u32) -> Recent<u32, u32> {
        let mut recent = Recent::new(count as usize);
        for n in 0..count {
            assert_eq!(add(&mut recent, n, &[]), [0; 0]);
        }
        recent
    }

    #[test]
    fn one_by_one_and_the_least_recently_used_first() {
        let mut recent = filled(4);
        assert_eq!(recent.get(&0), Some(&0));
        assert_eq!(recent.get(&9), None);
        let forgotten: Vec<_> = (4..9).flat_map(|n| add(&mut recent, n, &[])).collect();
        assert_eq!(forgotten, [1, 2, 3, 0, 4]);
        assert_eq!(recent.values().count(), 4);
    }

    #[test]
    fn what_is_busy_is_kept() {
        let mut recent = filled(3);
        assert_eq!(add(&mut recent, 3, &[0, 1]), [0; 0], "two are looked at");
        assert_eq!(add(&mut recent, 4, &[0, 1]), [2], "and count as used then");
        for kept in [0, 1, 3, 4] {
            assert_eq!(recent.get(&kept), Some(&kept));
        }
    }

    #[test]
    fn what_grew_while_all_were_busy_shrinks() {
        let mut recent = Recent::new(4);
        let all: Vec<u32> = (0..100).collect();
        for &n in &all {
            assert_eq!(add(&mut recent, n, &all), [0; 0]);
        }
        for n in 100..200 {
            assert!(add(&mut recent, n, &[]).len() <= LOOKED_AT);
        }
        assert_eq!(recent.values().count(), 4);
    }

    #[test]
    fn a_key_has_one_value() {
        let mut recent = filled(2);
        let mut forgotten = Vec::new();
        assert_eq!(recent.remove(&0), Some(0));
        recent.insert(1, 11, |_| false, |v| forgotten.push(v));
        assert_eq!(forgotten, [1]);
        assert_eq!(recent.get(&1), Some(&11));
        assert_eq!(recent.remove(&1), Some(11));
        assert_eq!(recent.remove(&1), None);
        assert_eq!(recent.values().count(), 0);
    }
}
