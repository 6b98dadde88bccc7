//! From an outcome to what the script is told.

use std::rc::Rc;

use memcached_core::protocol::{Found, FoundValues, Reply, Status, Value};
use memcached_core::server::{Failure, Outcome};
use memcached_core::stored::Kind;

use crate::client::PartOfKeys;
use crate::host::{Answer, AnswerData, AnswerValue, BufferSlice, Code};

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

/// The bytes of a value, of which Lua makes a string: in one piece that costs one
/// copy, in several each costs a piece of Lua's stack.
fn data(value: &Value<BufferSlice>) -> AnswerData {
    let mut pieces = value.pieces.iter();
    if let (Some(only), None) = (pieces.next(), pieces.next()) {
        return AnswerData::Read(only.clone());
    }
    let pieces: Vec<&[u8]> = value.pieces.iter().map(AsRef::as_ref).collect();
    AnswerData::Whole(pieces.concat())
}

/// What was found for a key, if a script may see it.
fn found(found: &Found<BufferSlice>) -> Option<AnswerValue> {
    match found {
        // Locks and markers of pages are no values.
        Found::Value(value) if Kind::of(value.flags, value.len, false) != Kind::Page => None,
        Found::Value(value) => Some(AnswerValue {
            flags: value.flags,
            cas: value.version(),
            data: data(value),
        }),
        // Scripts set no limit.
        Found::TooLarge { .. } => None,
    }
}

fn values(values: &FoundValues<BufferSlice>) -> Answer {
    let values = values.iter();
    let values = values.filter_map(|(key, value)| Some((*key, Ok(found(value)?))));
    let values: Vec<_> = values.collect();
    if values.is_empty() {
        return plain(Code::NotFound);
    }
    Answer {
        values,
        ..plain(Code::Ok)
    }
}

/// The answer for several keys, each part of which was asked of another server.
pub(super) fn of_parts(parts: Vec<PartOfKeys>) -> Answer {
    let mut all = plain(Code::Ok);
    for PartOfKeys { positions, outcome } in parts {
        let of_part = answer(outcome);
        let place = |(at, value)| Some((*positions.get::<usize>(at)?, value));
        all.values
            .extend(of_part.values.into_iter().filter_map(place));
        if of_part.code == Code::Error {
            let error: Rc<str> = of_part.error.into();
            let failed = positions.iter().map(|&at| (at, Err(Rc::clone(&error))));
            all.values.extend(failed);
        }
    }
    all
}

/// The answer for an outcome.
pub(super) fn answer(outcome: Outcome<BufferSlice>) -> Answer {
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        Outcome::Failed(Failure::Down) => return error("memcached is down"),
        Outcome::Failed(failure) => return error(failure.to_string()),
    };
    match reply {
        Reply::Values(found) => values(&found),
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
        Reply::StoredAs(_) | Reply::State(Some(_)) | Reply::MetaNoop => plain(Code::Ok),
        Reply::State(None) => plain(Code::NotFound),
    }
}
