//! The figures of one moment.

use super::action::Figures;
use crate::server::Stats;

/// All figures of the plugin in one process.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// When the workers were started, in seconds since 1970.
    pub started_at: u64,
    /// Now, likewise.
    pub now: u64,
    /// The servers that the configuration names, and one for all that scripts alone
    /// name, if there are any.
    pub servers: Vec<ServerRow>,
    /// The actions of the configuration.
    pub actions: Vec<ActionRow>,
    /// The workers. What a near cache counts belongs here too, since each worker has
    /// its own.
    pub workers: Vec<WorkerRow>,
}

/// One server, as all workers have seen it.
#[derive(Clone, Debug, Default)]
pub struct ServerRow {
    /// Its address.
    pub address: String,
    /// How it is.
    pub state: ServerState,
    /// Since when it is so, in seconds since 1970; `None` since it was first used.
    pub since: Option<u64>,
    /// When a connection to it last failed, in seconds since 1970, and why.
    pub last_error: Option<(u64, String)>,
    /// What was counted.
    pub stats: Stats,
}

/// How a server is. The worse goes first where workers differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerState {
    /// Nothing is known against it.
    #[default]
    Up,
    /// A connection has failed, and none has served a request since.
    Failing,
    /// It counts as down.
    Down,
}

impl ServerState {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Up, Self::Failing, Self::Down];

    /// As it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Failing => "failing",
            Self::Down => "down",
        }
    }
}

/// The actions of the configuration with one name.
#[derive(Clone, Debug, Default)]
pub struct ActionRow {
    /// What the configuration calls such an action, such as `memcached.cache`.
    pub action: String,
    /// Its name, by the option `name`, or the pattern of its keys.
    pub name: String,
    /// What was counted.
    pub figures: Figures,
}

/// One worker.
#[derive(Clone, Debug, Default)]
pub struct WorkerRow {
    /// Lookups that were begun.
    pub lookups: u64,
    /// Those among them that joined the request of another.
    pub joined: u64,
    /// Requests that were sent to servers.
    pub requests: u64,
    /// Bytes received from servers.
    pub bytes_read: u64,
    /// Bytes sent to servers.
    pub bytes_written: u64,
    /// Values found in the near cache.
    pub near_hits: u64,
    /// Values that had to leave it for others.
    pub near_evicted: u64,
    /// Values that are in it.
    pub near_entries: u64,
    /// Bytes that these take, with what the cache itself needs.
    pub near_bytes: u64,
}

impl Snapshot {
    /// Adds an action, to the one of the same name if there is one.
    pub fn add_action(&mut self, action: &str, name: &str, figure: impl Fn(usize) -> u64) {
        let same = |row: &&mut ActionRow| row.action == action && row.name == name;
        if let Some(row) = self.actions.iter_mut().find(same) {
            row.figures.add(figure);
            return;
        }
        let mut figures = Figures::default();
        figures.add(figure);
        self.actions.push(ActionRow {
            action: action.to_owned(),
            name: name.to_owned(),
            figures,
        });
    }

    /// The row of a server, which is made if there is none.
    pub fn server(&mut self, address: &str) -> &mut ServerRow {
        let known = self.servers.iter().position(|row| row.address == address);
        let at = known.unwrap_or_else(|| {
            self.servers.push(ServerRow {
                address: address.to_owned(),
                ..ServerRow::default()
            });
            self.servers.len() - 1
        });
        &mut self.servers[at]
    }

    /// Lookups of all actions, and how many of them the cache has answered.
    #[must_use]
    pub fn lookups(&self) -> (u64, u64) {
        let each = self.actions.iter().map(|row| &row.figures);
        each.fold((0, 0), |(lookups, answered), figures| {
            (lookups + figures.lookups(), answered + figures.answered())
        })
    }
}

impl ServerRow {
    /// Adds how one worker sees it: the worst goes first, then what was last.
    pub fn add_state(
        &mut self,
        state: ServerState,
        since: Option<u64>,
        last_error: Option<(u64, String)>,
    ) {
        if (state, since) > (self.state, self.since) {
            (self.state, self.since) = (state, since);
        }
        if last_error.as_ref().map(|it| it.0) > self.last_error.as_ref().map(|it| it.0) {
            self.last_error = last_error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_same_name_are_one() {
        let mut all = Snapshot::default();
        all.add_action("memcached.lookup", "a", |_| 1);
        all.add_action("memcached.lookup", "b", |_| 2);
        all.add_action("memcached.store", "a", |_| 3);
        all.add_action("memcached.lookup", "a", |_| 4);
        let names: Vec<_> = all.actions.iter().map(|row| &row.name[..]).collect();
        assert_eq!(names, ["a", "b", "a"]);
        let results = all.actions[0].figures.results().map(|(_, count)| count);
        assert!(results.eq([5; 6]));
        all.server("1.2.3.4:5").stats.hits = 1;
        all.server("1.2.3.4:6").stats.hits = 2;
        all.server("1.2.3.4:5").stats.hits += 1;
        let hits: Vec<_> = all.servers.iter().map(|row| row.stats.hits).collect();
        assert_eq!(hits, [2, 2]);
    }

    #[test]
    fn the_worst_state_goes_first() {
        let mut row = ServerRow::default();
        let error = |at: u64| Some((at, format!("error {at}")));
        row.add_state(ServerState::Up, None, None);
        assert_eq!((row.state, row.since), (ServerState::Up, None));
        row.add_state(ServerState::Down, Some(5), error(7));
        row.add_state(ServerState::Failing, Some(9), error(6));
        assert_eq!((row.state, row.since), (ServerState::Down, Some(5)));
        assert_eq!(row.last_error, error(7));
    }
}
