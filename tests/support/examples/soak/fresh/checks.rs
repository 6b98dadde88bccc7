//! Whether an answer is one that may be given.

use std::time::{Duration, Instant};

use testkit::Response;

use super::ledger::Ledger;
use super::pages::{self, Kind};

/// A request.
pub(crate) struct Asked {
    pub kind: Kind,
    pub path: String,
    pub method: &'static str,
    /// Who asks, another one each time.
    pub visitor: String,
    /// The first and the last byte of what is wanted.
    pub range: Option<(usize, usize)>,
    /// What the visitor has.
    pub tag: Option<String>,
}

/// What came.
pub(crate) struct Seen {
    pub sent: Instant,
    /// How long it took to come.
    pub took: Duration,
    pub head: Result<Response, String>,
    /// Nothing if there was no head.
    pub body: Option<Result<Vec<u8>, String>>,
}

/// What an answer was that may be given.
#[derive(Default)]
pub(crate) struct Verdict {
    /// The backend has failed.
    pub is_failure: bool,
    /// It is for this visitor alone.
    pub is_private: bool,
    /// The page was purged by the request.
    pub is_invalidated: bool,
    pub status: u16,
    /// Where it came from, as `MEMCACHED_STATUS` says.
    pub source: String,
    pub tag: Option<String>,
}

pub(crate) fn check(asked: &Asked, seen: &Seen, ledger: &Ledger) -> Result<Verdict, String> {
    let Ok(head) = &seen.head else {
        // The backend has closed its connection before it said anything.
        let is_failure = true;
        return Ok(Verdict {
            is_failure,
            ..Verdict::default()
        });
    };
    let source = head.header("X-Status").unwrap_or_default();
    let mut verdict = Verdict {
        status: head.status,
        source: source.into(),
        ..Verdict::default()
    };
    let is_kept = matches!(source, "hit" | "stale");
    let body = match seen.body.as_ref().expect("there is a head") {
        Ok(body) => body,
        Err(error) if is_kept => return Err(format!("a kept page is torn: {error}")),
        Err(_) => {
            verdict.is_failure = true;
            return Ok(verdict);
        }
    };
    if head.status >= 500 {
        verdict.is_failure = true;
        return if is_kept {
            Err("a kept error".into())
        } else {
            Ok(verdict)
        };
    }
    if asked.method == "POST" {
        let is_expected = head.status == 200 && (body == b"changed" || is_for(asked, body));
        verdict.is_invalidated = head.header("X-Store") == Some("invalidated");
        return if is_expected {
            Ok(verdict)
        } else {
            Err("not what POST gives".into())
        };
    }
    let Some(tag) = head.header("ETag") else {
        verdict.is_private = true;
        let is_expected = head.status == 200 && (asked.method == "HEAD" || is_for(asked, body));
        return if is_expected && !is_kept {
            Ok(verdict)
        } else {
            Err("no page of its own".into())
        };
    };
    let version = pages::version(&asked.path, tag).ok_or("another page")?;
    check_content(asked, head, body, version)?;
    ledger.check(&asked.path, version, seen.sent, source == "hit")?;
    verdict.tag = Some(tag.to_owned());
    Ok(verdict)
}

/// Whether a page is the one for this visitor alone.
fn is_for(asked: &Asked, body: &[u8]) -> bool {
    body == format!("for {}", asked.visitor).as_bytes()
}

/// Every byte, and what the head says of them.
fn check_content(
    asked: &Asked,
    head: &Response,
    body: &[u8],
    version: usize,
) -> Result<(), String> {
    let whole = pages::body(&asked.path, version);
    let length = head.header("Content-Length");
    match (head.status, asked.range) {
        (200, _) if asked.method == "HEAD" => {
            // A server may leave it out.
            let is_right = length.is_none_or(|it| it == whole.len().to_string());
            is_right.then_some(()).ok_or("another length".into())
        }
        (200, _) if body == whole => Ok(()),
        (304, _) if asked.tag.as_deref() == head.header("ETag") => Ok(()),
        (206, Some((first, last))) => {
            let last = last.min(whole.len() - 1);
            let range = format!("bytes {first}-{last}/{}", whole.len());
            let is_right =
                head.header("Content-Range") == Some(&range) && body == &whole[first..=last];
            is_right.then_some(()).ok_or("another part".into())
        }
        _ => Err("another body or status".into()),
    }
}
