//! Plans as text, so that a history that was broken can be kept.

use core::fmt;

use super::plan::Plan;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "{:?}", self.settings)?;
        for (at, operation) in &self.operations {
            writeln!(f, "{at:>10} {operation:?}")?;
        }
        for arrival in self.arrivals.iter().flatten() {
            let (at, worker, key) = (arrival.at, arrival.worker, arrival.key);
            let (wish, luck) = (arrival.wish, arrival.luck);
            writeln!(f, "{at:>10} {wish:?} of w{worker}, page {key}, {luck}")?;
        }
        Ok(())
    }
}
