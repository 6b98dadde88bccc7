//! The figures for programs.

use serde_json::{Map, Value, json};

use super::action::ActionCount;
use super::snapshot::{ActionRow, ServerRow, Snapshot, WorkerRow};
use crate::server::{FailureCounts, Latency};

impl Snapshot {
    /// JSON (RFC 8259), in one line. Times are seconds since 1970.
    #[must_use]
    pub fn to_json(&self) -> String {
        let all = json!({
            "started_at": self.started_at,
            "now": self.now,
            "servers": self.servers.iter().map(server).collect::<Vec<_>>(),
            "actions": self.actions.iter().map(action).collect::<Vec<_>>(),
            "workers": self.workers.iter().map(worker).collect::<Vec<_>>(),
        });
        format!("{all}\n")
    }
}

fn server(row: &ServerRow) -> Value {
    let stats = &row.stats;
    json!({
        "address": row.address,
        "state": row.state.name(),
        "since": row.since,
        "last_error": row.last_error.as_ref().map(|(at, text)| json!({"at": at, "text": text})),
        "connections": stats.connections(),
        "waiting": stats.waiting(),
        "requests": stats.requests,
        "replies": stats.replies,
        "cancelled": stats.cancelled,
        "failed": failures(&stats.failed),
        "refused": failures(&stats.refused),
        "server_errors": stats.server_errors,
        "keys": {"hit": stats.hits, "miss": stats.misses, "too-large": stats.too_large},
        "stores": {
            "stored": stats.stored,
            "overtaken": stats.overtaken,
            "refused": stats.stores_refused,
        },
        "deletes": {"deleted": stats.deleted, "not-found": stats.not_deleted},
        "commands": stats.commands,
        "connects": stats.connects,
        "faults": stats.faults,
        "bytes_received": stats.bytes_read,
        "bytes_sent": stats.bytes_written,
        "latency": latency(&stats.latency),
    })
}

/// How many were answered within each number of microseconds and not before, and how
/// many later than that.
fn latency(latency: &Latency) -> Value {
    let bounds = Latency::BOUNDS.iter().map(|&bound| json!(bound));
    let bounds = bounds.chain([Value::Null]).zip(latency.buckets);
    let buckets: Vec<_> = bounds
        .map(|(within, count)| json!({"within_us": within, "count": count}))
        .collect();
    json!({"count": latency.count(), "sum_us": latency.micros, "buckets": buckets})
}

fn failures(counts: &FailureCounts) -> Value {
    named(
        counts
            .each()
            .map(|(failure, count)| (failure.label(), count)),
    )
}

fn action(row: &ActionRow) -> Value {
    let figures = &row.figures;
    json!({
        "action": row.action,
        "name": row.name,
        "lookups": named(figures.results()),
        "bypasses": named(figures.bypasses().filter(|it| it.1 > 0)),
        "queued": figures.of(ActionCount::QUEUED),
        "not_stored": named(figures.not_stored().filter(|it| it.1 > 0)),
        "refreshes": figures.of(ActionCount::REFRESH),
        "locks": {
            "won": figures.of(ActionCount::WON),
            "waited": figures.of(ActionCount::WAITED),
            "timed-out": figures.of(ActionCount::TIMED_OUT),
        },
        "purges": {
            "deleted": figures.of(ActionCount::DELETED),
            "not-found": figures.of(ActionCount::NOT_FOUND),
            "failed": figures.of(ActionCount::NOT_DELETED),
        },
    })
}

fn worker(row: &WorkerRow) -> Value {
    json!({
        "lookups": row.lookups,
        "joined": row.joined,
        "requests": row.requests,
        "bytes_received": row.bytes_read,
        "bytes_sent": row.bytes_written,
        "near_hits": row.near_hits,
        "near_evicted": row.near_evicted,
        "near_entries": row.near_entries,
        "near_bytes": row.near_bytes,
    })
}

fn named(counts: impl Iterator<Item = (&'static str, u64)>) -> Value {
    let counts = counts.map(|(name, count)| (name.to_owned(), count.into()));
    Value::Object(counts.collect::<Map<_, _>>())
}
