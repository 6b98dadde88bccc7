//! How long items live, by the status of the response.

use crate::protocol::Ttl;

/// A time to live for all statuses, and others for some.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// For statuses that have none of their own.
    pub default: Ttl,
    by_status: Vec<(u16, Ttl)>,
}

impl Lifetimes {
    /// The same for all statuses.
    #[must_use]
    pub const fn of_all(default: Ttl) -> Self {
        Self {
            default,
            by_status: Vec::new(),
        }
    }

    /// Sets one for a status; false if it has one already.
    pub fn add(&mut self, status: u16, ttl: Ttl) -> bool {
        if self.by_status.iter().any(|(known, _)| *known == status) {
            return false;
        }
        self.by_status.push((status, ttl));
        true
    }

    /// Whether some status has one of its own.
    #[must_use]
    pub fn differ_by_status(&self) -> bool {
        !self.by_status.is_empty()
    }

    /// The one of a status.
    #[must_use]
    pub fn of(&self, status: u16) -> Ttl {
        let named = self.by_status.iter().find(|(known, _)| *known == status);
        named.map_or(self.default, |(_, ttl)| *ttl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_status() {
        let mut all = Lifetimes::of_all(Ttl::Secs(30));
        assert!(!all.differ_by_status());
        assert!(all.add(404, Ttl::Secs(10)) && all.add(301, Ttl::Forever));
        assert!(!all.add(404, Ttl::Secs(20)));
        assert!(all.differ_by_status());
        assert_eq!(all.of(200), Ttl::Secs(30));
        assert_eq!(all.of(301), Ttl::Forever);
        assert_eq!(all.of(404), Ttl::Secs(10));
    }
}
