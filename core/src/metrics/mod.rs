//! What was counted, as people and monitoring systems read it.
//!
//! A [`Snapshot`] holds the figures of one moment, summed over workers. It becomes
//! [JSON](Snapshot::to_json), the [text](Snapshot::to_text) that Prometheus reads, or
//! a [page](Page); a [`History`] of the last minutes gives that its plots. Names, keys
//! and addresses come from configurations, servers and clients: each form escapes all
//! of them.

mod action;
mod exposition;
mod families;
mod format;
mod history;
mod json;
mod page;
mod plot;
mod snapshot;

pub use action::{ActionCount, Figures};
pub use format::{Format, NoSuchFormat};
pub use history::{History, INTERVAL, Sample};
pub use page::Page;
pub use snapshot::{ActionRow, ServerRow, ServerState, Snapshot, WorkerRow};
