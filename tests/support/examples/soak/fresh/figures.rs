//! What visitors have seen.

use std::time::Duration;

use super::checks::{Asked, Seen, Verdict, What};

/// Wrong answers that are shown.
const EXAMPLES: usize = 10;

#[derive(Default)]
pub(crate) struct Figures {
    pub requests: u64,
    pub hits: u64,
    pub stale: u64,
    pub others: u64,
    pub parts: u64,
    pub unchanged: u64,
    pub heads: u64,
    pub invalidated: u64,
    pub private: u64,
    pub failures: u64,
    pub torn: u64,
    pub left: u64,
    pub slow: u64,
    pub longest: Duration,
    /// What was asked, and what came.
    pub longest_one: String,
    pub wrong: u64,
    pub examples: Vec<String>,
}

impl Figures {
    pub(crate) fn add(&mut self, asked: &Asked, verdict: &Verdict) {
        let count = |counter: &mut u64, is_one: bool| *counter += u64::from(is_one);
        let source = &*verdict.source;
        count(&mut self.hits, source == "hit");
        count(&mut self.stale, source == "stale");
        count(&mut self.others, !matches!(source, "hit" | "stale"));
        count(&mut self.parts, verdict.status == 206);
        count(&mut self.unchanged, verdict.status == 304);
        count(&mut self.heads, asked.method == "HEAD");
        count(&mut self.invalidated, verdict.is_invalidated);
        count(&mut self.private, verdict.what == What::Private);
        let is_torn = verdict.what == What::Torn;
        count(&mut self.failures, is_torn || verdict.what == What::Failure);
        count(&mut self.torn, is_torn);
    }

    /// Notes a request that took longer than all before it.
    pub(crate) fn note(&mut self, took: Duration, asked: &Asked, seen: &Seen) {
        if took > self.longest {
            self.longest = took;
            self.longest_one = describe(asked, seen);
        }
    }

    pub(crate) fn complain(&mut self, error: &str, asked: &Asked, seen: &Seen) {
        self.wrong += 1;
        if self.examples.len() < EXAMPLES {
            let text = describe(asked, seen);
            self.examples.push(format!("{error}: {text}"));
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        for (sum, one) in [
            (&mut self.requests, other.requests),
            (&mut self.hits, other.hits),
            (&mut self.stale, other.stale),
            (&mut self.others, other.others),
            (&mut self.parts, other.parts),
            (&mut self.unchanged, other.unchanged),
            (&mut self.heads, other.heads),
            (&mut self.invalidated, other.invalidated),
            (&mut self.private, other.private),
            (&mut self.failures, other.failures),
            (&mut self.torn, other.torn),
            (&mut self.left, other.left),
            (&mut self.slow, other.slow),
            (&mut self.wrong, other.wrong),
        ] {
            *sum += one;
        }
        if other.longest > self.longest {
            self.longest = other.longest;
            self.longest_one = other.longest_one;
        }
        self.examples.extend(other.examples);
        self.examples.truncate(EXAMPLES);
    }
}

fn describe(asked: &Asked, seen: &Seen) -> String {
    let Asked {
        path,
        method,
        visitor,
        range,
        tag,
        ..
    } = asked;
    let head = &seen.head;
    let body = seen.body.as_ref();
    let body = body.map(|body| body.as_ref().map(Vec::len));
    let took = seen.took;
    let text = format!(
        "{method} {path} by {visitor}, range {range:?}, tag {tag:?}, {took:.2?}: {head:?}, body {body:?}"
    );
    text.chars().take(900).collect()
}
