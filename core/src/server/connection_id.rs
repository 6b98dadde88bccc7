//! Names of a server's connections, and what each of them is for.

use crate::protocol::Lane;

/// Connections for lookups: as many as may be held by slow replies before
/// lookups wait for one.
const LOOKUPS: usize = 4;

/// Names one of the connections to a server: a small index.
///
/// Most of them are made only when they are needed: lookups take one connection
/// while its replies come in time; see `spread`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(u8);

impl ConnectionId {
    /// The number of connections.
    pub const COUNT: usize = LOOKUPS + 3;

    /// All of them, in the order of their indices.
    pub const ALL: [Self; Self::COUNT] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
    ];

    /// Those that any lookup may take, one at a time.
    pub(super) const SPREAD: [Self; LOOKUPS - 1] = [Self(0), Self(1), Self(2)];

    /// For lookups whose replies were late before.
    pub(super) const SLOW: Self = Self(3);

    /// For commands that change items.
    pub(super) const STORE: Self = Self(4);

    /// For all commands of scripts.
    pub(super) const SCRIPT: Self = Self(5);

    /// To learn what the server knows.
    pub(super) const DETECT: Self = Self(6);

    /// The connection that the commands of a lane take first.
    #[must_use]
    pub const fn first_of(lane: Lane) -> Self {
        match lane {
            Lane::Lookup => Self(0),
            Lane::Store => Self::STORE,
            Lane::Script => Self::SCRIPT,
            Lane::Detect => Self::DETECT,
        }
    }

    /// Its index, below [`COUNT`](Self::COUNT).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The lane whose commands it carries.
    #[must_use]
    pub const fn lane(self) -> Lane {
        match self {
            Self::STORE => Lane::Store,
            Self::SCRIPT => Lane::Script,
            Self::DETECT => Lane::Detect,
            Self(_) => Lane::Lookup,
        }
    }

    /// The connections that commands of a lane may be on.
    pub(super) fn all_of(lane: Lane) -> impl Iterator<Item = Self> {
        let all: &[Self] = match lane {
            Lane::Lookup => &[Self(0), Self(1), Self(2), Self::SLOW],
            Lane::Store => &[Self::STORE],
            Lane::Script => &[Self::SCRIPT],
            Lane::Detect => &[Self::DETECT],
        };
        all.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_places_in_the_list_of_all() {
        for (index, id) in ConnectionId::ALL.into_iter().enumerate() {
            assert_eq!(id.index(), index);
        }
        let lookups: Vec<_> = ConnectionId::all_of(Lane::Lookup).collect();
        assert_eq!(lookups[..3], ConnectionId::SPREAD);
        assert_eq!(lookups[3..], [ConnectionId::SLOW]);
        for lane in Lane::ALL {
            let those = ConnectionId::ALL.into_iter().filter(|id| id.lane() == lane);
            assert!(ConnectionId::all_of(lane).eq(those));
            assert_eq!(ConnectionId::first_of(lane).lane(), lane);
        }
    }
}
