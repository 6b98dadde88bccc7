//! How keys are hashed: fast and seeded. It need not withstand more, for tables hold no more
//! than what is under way, and what is kept gives way to others.

#[cfg(not(feature = "testing"))]
pub(super) use hashbrown::DefaultHashBuilder as Hashing;

/// The same in each process, so that a seed decides all of a simulation.
#[cfg(feature = "testing")]
pub(super) use foldhash::fast::FixedState as Hashing;
