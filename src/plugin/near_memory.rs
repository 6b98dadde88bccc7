//! `memcached.near_memory SIZE`, in a setup block: how much memory each worker may take for what
//! was found lately.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::host::{ConfigValue, Server, SetupKind};

/// Unless the configuration says otherwise, in bytes.
const USUAL: u64 = 32 * 1024 * 1024;

const LARGEST: i64 = 1 << 40;

/// Bytes for each worker. It is set while the configuration is read, before any worker is there.
static BYTES: AtomicU64 = AtomicU64::new(USUAL);

/// The setup.
pub(super) enum NearMemory {}

impl NearMemory {
    /// Bytes for each worker.
    pub(super) fn bytes() -> u64 {
        BYTES.load(Ordering::Relaxed)
    }

    /// The configuration is about to be read.
    pub(super) fn reset() {
        BYTES.store(USUAL, Ordering::Relaxed);
    }
}

impl SetupKind for NearMemory {
    const NAME: &'static CStr = c"memcached.near_memory";

    fn set(_: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<(), String> {
        let expected = "expected a number of bytes, at most 1tbyte, such as 32mbyte";
        let value = value.ok_or_else(|| format!("{expected}, found nothing"))?;
        let value = only(value).unwrap_or(value);
        let Some(number) = value.as_number() else {
            return Err(format!("{expected}, found {}", value.type_name()));
        };
        if !(0..=LARGEST).contains(&number) {
            return Err(format!("{expected}, found {number}"));
        }
        BYTES.store(number.unsigned_abs(), Ordering::Relaxed);
        Ok(())
    }
}

/// The entry of a list of one.
fn only(list: ConfigValue<'_>) -> Option<ConfigValue<'_>> {
    let mut entries = list.as_list()?;
    entries.next()?.filter(|_| entries.next().is_none())
}
