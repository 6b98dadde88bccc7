//! What was counted.

/// Sums since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Runs that were given out to make a page which nobody else makes meanwhile.
    pub won: u64,
    /// Requests that waited for another one.
    pub waited: u64,
    /// Those among them that waited in vain.
    pub waited_in_vain: u64,
    /// Pages that were served although they were out of date.
    pub stale: u64,
    /// Stores that were refused, because the item was purged or another one makes
    /// it.
    pub refused: u64,
    /// Runs of others that were ended because they took too long.
    pub taken_over: u64,
}
