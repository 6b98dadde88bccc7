//! What became of a purge: how it is published, and answered.

use crate::client::Address;
use std::ffi::CStr;

use memcached_core::metrics::ActionCount;
use memcached_core::policy::Bypass;
use memcached_core::pool::Pool;
use thiserror::Error;

use crate::client::NotPurged;
use crate::plugin::memcached::Request;
use crate::plugin::options::Environment;
use crate::plugin::publish::{Item, Publisher};

/// The action's name.
pub(super) const NAME: &CStr = c"memcached.delete";

const PUBLISHER: Publisher = Publisher {
    action: NAME,
    variable: "MEMCACHED_DELETE",
};

/// Why nothing was purged, as far as it is known.
#[derive(Debug, Error)]
pub(super) enum NotDone {
    /// Memcached cannot be asked from there, or its answer cannot be awaited.
    #[error("not available on this {0}")]
    Unavailable(&'static str),
    /// No item has such a target.
    #[error("bypass: {0}")]
    Bypass(#[from] Bypass),
    #[error(transparent)]
    NotPurged(#[from] NotPurged),
    #[error("internal error")]
    Internal,
}

/// What became of a purge.
pub(super) enum Outcome {
    Purged,
    NotFound,
    NotDone(NotDone),
}

impl From<Result<usize, NotDone>> for Outcome {
    fn from(result: Result<usize, NotDone>) -> Self {
        match result {
            Ok(0) => Self::NotFound,
            Ok(_) => Self::Purged,
            Err(why) => Self::NotDone(why),
        }
    }
}

impl Outcome {
    /// The status of the response that says so.
    pub(super) fn status(&self) -> i32 {
        match self {
            Self::Purged => 204,
            Self::NotFound | Self::NotDone(NotDone::Bypass(_)) => 404,
            Self::NotDone(_) => 503,
        }
    }

    /// As what it is counted.
    pub(super) fn count(&self) -> ActionCount {
        match self {
            Self::Purged => ActionCount::DELETED,
            Self::NotFound => ActionCount::NOT_FOUND,
            Self::NotDone(_) => ActionCount::NOT_DELETED,
        }
    }

    pub(super) fn publish(
        &self,
        vr: &mut Request<'_>,
        environment: Environment,
        pool: &Pool<Address>,
    ) {
        let (text, line) = match self {
            Self::Purged => ("purged".into(), "purged".into()),
            Self::NotFound => ("not found".into(), "not found".into()),
            Self::NotDone(why) => (format!("no: {why}"), format!("not purged: {why}")),
        };
        let item = Item {
            pool,
            key: None,
            stand_in: None,
        };
        PUBLISHER.publish(vr, environment, item, &text, &line);
    }
}
