//! Fleets in virtual time: nothing is broken, and what is made wrong on purpose is found.

mod defects;
mod histories;
