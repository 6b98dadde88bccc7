//! The figures as families of samples.

use super::action::{ActionCount, Figures};
use super::exposition::{Exposition, Kind, Label};
use super::snapshot::{ActionRow, ServerRow, ServerState, Snapshot, WorkerRow};
use crate::server::{Latency, Stats};

/// A figure of a row, with the label's value.
type LabelledFigure<R> = (&'static str, fn(&R) -> u64);

/// A family of counters of one row: its name, what it means, the name of the label that
/// tells its samples apart, and these, each with that label's value.
struct Counters<R: 'static> {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    samples: &'static [LabelledFigure<R>],
}

const OF_SERVERS: &[Counters<Stats>] = &[
    Counters {
        name: "lighttpd_memcached_server_requests",
        help: "Requests to a memcached server that were accepted for sending.",
        label: "",
        samples: &[("", |it| it.requests)],
    },
    Counters {
        name: "lighttpd_memcached_server_keys",
        help: "Keys that were asked for, by what the server had.",
        label: "result",
        samples: &[
            ("hit", |it| it.hits),
            ("miss", |it| it.misses),
            ("too-large", |it| it.too_large),
        ],
    },
    Counters {
        name: "lighttpd_memcached_server_stores",
        help: "Values sent to be stored, by the server's answer.",
        label: "outcome",
        samples: &[
            ("stored", |it| it.stored),
            ("overtaken", |it| it.overtaken),
            ("refused", |it| it.stores_refused),
        ],
    },
    Counters {
        name: "lighttpd_memcached_server_deletes",
        help: "Deletes, by the server's answer.",
        label: "outcome",
        samples: &[
            ("deleted", |it| it.deleted),
            ("not-found", |it| it.not_deleted),
        ],
    },
    Counters {
        name: "lighttpd_memcached_server_errors",
        help: "Replies of SERVER_ERROR.",
        label: "",
        samples: &[("", |it| it.server_errors)],
    },
    Counters {
        name: "lighttpd_memcached_server_connects",
        help: "Attempts to connect.",
        label: "",
        samples: &[("", |it| it.connects)],
    },
    Counters {
        name: "lighttpd_memcached_server_faults",
        help: "Connections that ended badly or could not be made.",
        label: "",
        samples: &[("", |it| it.faults)],
    },
    Counters {
        name: "lighttpd_memcached_server_received_bytes",
        help: "Bytes received from the server.",
        label: "",
        samples: &[("", |it| it.bytes_read)],
    },
    Counters {
        name: "lighttpd_memcached_server_sent_bytes",
        help: "Bytes sent to the server.",
        label: "",
        samples: &[("", |it| it.bytes_written)],
    },
];

const OF_ACTIONS: &[Counters<Figures>] = &[
    Counters {
        name: "lighttpd_memcached_queued",
        help: "Responses that were handed over to be stored.",
        label: "",
        samples: &[("", |it| it.of(ActionCount::QUEUED))],
    },
    Counters {
        name: "lighttpd_memcached_refreshes",
        help: "Pages that were made anew in the background.",
        label: "",
        samples: &[("", |it| it.of(ActionCount::REFRESH))],
    },
    Counters {
        name: "lighttpd_memcached_locks",
        help: "Rights to make a page that were won, requests that waited for another one \
               to make it, and those that waited in vain.",
        label: "outcome",
        samples: &[
            ("won", |it| it.of(ActionCount::WON)),
            ("waited", |it| it.of(ActionCount::WAITED)),
            ("timed-out", |it| it.of(ActionCount::TIMED_OUT)),
        ],
    },
    Counters {
        name: "lighttpd_memcached_purges",
        help: "Purges by memcached.delete, by what became of them.",
        label: "outcome",
        samples: &[
            ("deleted", |it| it.of(ActionCount::DELETED)),
            ("not-found", |it| it.of(ActionCount::NOT_FOUND)),
            ("failed", |it| it.of(ActionCount::NOT_DELETED)),
        ],
    },
];

const OF_WORKERS: &[Counters<WorkerRow>] = &[
    Counters {
        name: "lighttpd_memcached_worker_lookups",
        help: "Lookups that a worker began.",
        label: "",
        samples: &[("", |it| it.lookups)],
    },
    Counters {
        name: "lighttpd_memcached_worker_joined_lookups",
        help: "Lookups that shared the request of another one.",
        label: "",
        samples: &[("", |it| it.joined)],
    },
    Counters {
        name: "lighttpd_memcached_worker_near_hits",
        help: "Values found in the near cache of a worker.",
        label: "",
        samples: &[("", |it| it.near_hits)],
    },
    Counters {
        name: "lighttpd_memcached_worker_near_evictions",
        help: "Values that left the near cache of a worker for others.",
        label: "",
        samples: &[("", |it| it.near_evicted)],
    },
];

type FigureOfWorker = fn(&WorkerRow) -> u64;

/// What a worker has at the moment: name, meaning, figure.
const HELD_BY_WORKERS: &[(&str, &str, FigureOfWorker)] = &[
    (
        "lighttpd_memcached_worker_near_entries",
        "Values in the near cache of a worker.",
        |it| it.near_entries,
    ),
    (
        "lighttpd_memcached_worker_near_bytes",
        "Bytes that the near cache of a worker takes.",
        |it| it.near_bytes,
    ),
];

/// A family of counters with a sample for each reason that was counted, since most
/// never are.
struct Reasons {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    of: fn(&Figures) -> Vec<(&'static str, u64)>,
}

const REASONS: &[Reasons] = &[
    Reasons {
        name: "lighttpd_memcached_lookups",
        help: "Requests that were looked up, by the result.",
        label: "result",
        of: |it| it.results().collect(),
    },
    Reasons {
        name: "lighttpd_memcached_bypasses",
        help: "Requests that have nothing to do with the cache, by the reason.",
        label: "reason",
        of: |it| it.bypasses().filter(|it| it.1 > 0).collect(),
    },
    Reasons {
        name: "lighttpd_memcached_not_stored",
        help: "Responses that were not stored, by the reason.",
        label: "reason",
        of: |it| it.not_stored().filter(|it| it.1 > 0).collect(),
    },
];

impl Snapshot {
    /// The text that Prometheus reads, or `OpenMetrics`.
    #[must_use]
    pub fn to_text(&self, is_open_metrics: bool) -> String {
        let mut out = Exposition::new(is_open_metrics);
        let name = "lighttpd_memcached_start_time_seconds";
        out.family(name, Kind::Gauge, "When the workers were started.");
        out.sample(name, "", &[], self.started_at);
        let name = "lighttpd_memcached_workers";
        out.family(name, Kind::Gauge, "Workers whose figures are summed up.");
        out.sample(name, "", &[], self.workers.len());
        self.write_servers(&mut out);
        self.write_actions(&mut out);
        let workers: Vec<_> = self
            .workers
            .iter()
            .enumerate()
            .map(|(number, row)| (number.to_string(), row))
            .collect();
        for family in OF_WORKERS {
            let rows = workers
                .iter()
                .map(|(number, row)| ([("worker", &number[..])], *row));
            write_counters(&mut out, family, rows);
        }
        for (name, help, of) in HELD_BY_WORKERS {
            out.family(name, Kind::Gauge, help);
            for (number, row) in &workers {
                out.sample(name, "", &[("worker", number)], of(row));
            }
        }
        out.finish()
    }

    fn write_servers(&self, out: &mut Exposition) {
        for family in OF_SERVERS {
            let rows = self.servers.iter().map(|row| (of_server(row), &row.stats));
            write_counters(out, family, rows);
        }
        for (name, help, of) in [
            (
                "lighttpd_memcached_server_failed_requests",
                "Requests without an answer, by the reason.",
                (|it| it.failed.each().collect()) as fn(&Stats) -> Vec<_>,
            ),
            (
                "lighttpd_memcached_server_refused_requests",
                "Requests that were not sent, by the reason.",
                |it| it.refused.each().collect(),
            ),
        ] {
            out.family(name, Kind::Counter, help);
            for row in &self.servers {
                for (failure, count) in of(&row.stats) {
                    let labels = [of_server(row)[0], ("reason", failure.label())];
                    out.sample(name, "_total", &labels, count);
                }
            }
        }
        for (name, help, of) in [
            (
                "lighttpd_memcached_server_up",
                "Whether the server does not count as down.",
                (|row| u64::from(row.state != ServerState::Down)) as fn(&ServerRow) -> u64,
            ),
            (
                "lighttpd_memcached_server_connections",
                "Connections that are open.",
                |row| row.stats.connections(),
            ),
            (
                "lighttpd_memcached_server_waiting_requests",
                "Requests that were accepted and have no answer yet.",
                |row| row.stats.waiting(),
            ),
            (
                "lighttpd_memcached_server_last_error_time_seconds",
                "When a connection last failed; 0 if none has.",
                |row| row.last_error.as_ref().map_or(0, |it| it.0),
            ),
        ] {
            out.family(name, Kind::Gauge, help);
            for row in &self.servers {
                out.sample(name, "", &of_server(row), of(row));
            }
        }
        let name = "lighttpd_memcached_server_latency_seconds";
        let help = "How long the server took to answer commands.";
        out.family(name, Kind::Histogram, help);
        for row in &self.servers {
            write_latency(out, name, of_server(row)[0], &row.stats.latency);
        }
    }

    fn write_actions(&self, out: &mut Exposition) {
        for family in REASONS {
            out.family(family.name, Kind::Counter, family.help);
            for row in &self.actions {
                for (value, count) in (family.of)(&row.figures) {
                    let [action, name] = of_action(row);
                    let labels = [action, name, (family.label, value)];
                    out.sample(family.name, "_total", &labels, count);
                }
            }
        }
        for family in OF_ACTIONS {
            let rows = self
                .actions
                .iter()
                .map(|row| (of_action(row), &row.figures));
            write_counters(out, family, rows);
        }
    }
}

fn of_server(row: &ServerRow) -> [Label<'_>; 1] {
    [("server", &row.address)]
}

fn of_action(row: &ActionRow) -> [Label<'_>; 2] {
    [("action", &row.action), ("name", &row.name)]
}

fn write_counters<'a, R, const N: usize>(
    out: &mut Exposition,
    family: &Counters<R>,
    rows: impl Iterator<Item = ([Label<'a>; N], &'a R)>,
) {
    out.family(family.name, Kind::Counter, family.help);
    for (labels, row) in rows {
        for (value, count) in family.samples {
            let mut labels = labels.to_vec();
            if !family.label.is_empty() {
                labels.push((family.label, *value));
            }
            out.sample(family.name, "_total", &labels, count(row));
        }
    }
}

fn write_latency(out: &mut Exposition, name: &str, label: Label<'_>, latency: &Latency) {
    let mut below = 0;
    for (bound, count) in Latency::BOUNDS.iter().zip(latency.buckets) {
        below += count;
        let bound = seconds(*bound).to_string();
        out.sample(name, "_bucket", &[label, ("le", &bound)], below);
    }
    let count = latency.count();
    out.sample(name, "_bucket", &[label, ("le", "+Inf")], count);
    out.sample(name, "_sum", &[label], seconds(latency.micros));
    out.sample(name, "_count", &[label], count);
}

#[expect(clippy::cast_precision_loss, reason = "more digits than anybody needs")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
