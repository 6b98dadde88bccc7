//! The stored form: what is written is read again, and nothing else is.

mod line;
mod property;
mod renewal;
mod replay;
mod table;

use memcached_core::stored::{Head, HeadWriter};

/// 2026-11-24 12:00:00 GMT, a Tuesday.
const NOW: u64 = 1_795_521_600;

fn writer(fields: &[(&str, &str)]) -> HeadWriter {
    let mut writer = HeadWriter::default();
    for (name, value) in fields {
        writer.push(name.as_bytes(), value.as_bytes());
    }
    writer
}

fn sent(head: &Head<'_>) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    head.headers()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}
