//! What runs have stored lately, for lookups that were asked before and are read after it.

use std::collections::VecDeque;

use crate::lookup::coalesce::ServerId;

/// As many as can be answered in one go; of those before, whoever looked has been told.
const REMEMBERED: usize = 64;

/// Versions that pages of this worker have taken the place of, the latest at the end.
#[derive(Debug, Default)]
pub(super) struct Replaced(VecDeque<(ServerId, u64)>);

impl Replaced {
    /// A page was stored in the place of this version.
    pub(super) fn add(&mut self, server: ServerId, version: u64) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((server, version));
    }

    /// Whether a page was stored in the place of this version.
    pub(super) fn has(&self, server: ServerId, version: u64) -> bool {
        self.0.contains(&(server, version))
    }
}
