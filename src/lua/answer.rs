//! From an outcome to what the script is told.

use memcached_core::connection::{Failure, Outcome};
use memcached_core::protocol::{Reply, Value};

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

fn found(values: impl IntoIterator<Item = (usize, Value<BufferSlice>)>) -> Answer {
    let values = values.into_iter().map(|(key, value)| AnswerValue {
        key,
        flags: value.flags,
        cas: value.cas,
        pieces: value.pieces.iter().cloned().collect(),
    });
    Answer {
        values: values.collect(),
        ..plain(Code::Ok)
    }
}

/// The answer for an outcome.
pub fn answer(outcome: Outcome<BufferSlice>) -> Answer {
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        Outcome::Failed(Failure::Down) => return error("memcached is down"),
        Outcome::Failed(failure) => return error(failure.to_string()),
    };
    match reply {
        Reply::Value(value) => found([(0, value)]),
        Reply::Values(values) => found(values),
        Reply::Stored | Reply::Deleted | Reply::Touched => plain(Code::Ok),
        Reply::NotStored => plain(Code::NotStored),
        Reply::Exists => plain(Code::Exists),
        Reply::Miss | Reply::NotFound => plain(Code::NotFound),
        Reply::Number(number) => Answer {
            number: Some(number),
            ..plain(Code::Ok)
        },
        Reply::NotCountable(text) | Reply::ServerError(text) => error(text),
    }
}
