//! From an outcome to what the script is told.

use memcached_core::protocol::{Found, FoundValues, Reply, Status};
use memcached_core::server::{Failure, Outcome};

use crate::host::{Answer, AnswerValue, BufferSlice, Code};

fn plain(code: Code) -> Answer {
    Answer {
        code,
        error: String::new(),
        number: None,
        values: Vec::new(),
    }
}

fn error(text: impl Into<String>) -> Answer {
    Answer {
        error: text.into(),
        ..plain(Code::Error)
    }
}

fn found(values: FoundValues<BufferSlice>) -> Answer {
    if values.is_empty() {
        return plain(Code::NotFound);
    }
    let values = values.into_iter().filter_map(|(key, found)| match found {
        Found::Value(value) => Some(AnswerValue {
            key,
            flags: value.flags,
            cas: value.cas,
            pieces: value.pieces.iter().cloned().collect(),
        }),
        // Scripts set no limit.
        Found::TooLarge { .. } => None,
    });
    Answer {
        values: values.collect(),
        ..plain(Code::Ok)
    }
}

/// The answer for an outcome.
pub(super) fn answer(outcome: Outcome<BufferSlice>) -> Answer {
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        Outcome::Failed(Failure::Down) => return error("memcached is down"),
        Outcome::Failed(failure) => return error(failure.to_string()),
    };
    match reply {
        Reply::Values(values) => found(values),
        Reply::Status(status) => plain(match status {
            Status::Stored | Status::Deleted | Status::Touched => Code::Ok,
            Status::NotStored => Code::NotStored,
            Status::Exists => Code::Exists,
            Status::NotFound => Code::NotFound,
        }),
        Reply::Number(number) => Answer {
            number: Some(number),
            ..plain(Code::Ok)
        },
        Reply::NotCountable(text) | Reply::ServerError(text) | Reply::Version(text) => error(text),
    }
}
