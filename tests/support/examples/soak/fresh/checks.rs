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
    /// How long it took to come; its beginning, if the rest never came.
    pub took: Duration,
    pub head: Result<Response, String>,
    /// Nothing if there was no head.
    pub body: Option<Result<Vec<u8>, String>>,
}

/// What an answer was that may be given.
#[derive(Default)]
pub(crate) struct Verdict {
    pub what: What,
    /// The page was purged by the request.
    pub is_invalidated: bool,
    pub status: u16,
    /// Where it came from, as `MEMCACHED_STATUS` says.
    pub source: String,
}

#[derive(Default, PartialEq, Eq)]
pub(crate) enum What {
    /// The backend has failed before it said anything, or says so.
    #[default]
    Failure,
    /// It has failed in the middle of a body.
    Torn,
    /// What POST is answered by.
    Changed,
    /// For this visitor alone.
    Private,
    /// The page with this tag.
    Page(String),
}

pub(crate) fn check(asked: &Asked, seen: &Seen, ledger: &Ledger) -> Result<Verdict, String> {
    let Ok(head) = &seen.head else {
        return Ok(Verdict::default());
    };
    let source = head.header("X-Status").unwrap_or_default();
    let what = judge(asked, seen, head, source, ledger)?;
    Ok(Verdict {
        is_invalidated: what == What::Changed && head.header("X-Store") == Some("invalidated"),
        what,
        status: head.status,
        source: source.into(),
    })
}

fn judge(
    asked: &Asked,
    seen: &Seen,
    head: &Response,
    source: &str,
    ledger: &Ledger,
) -> Result<What, String> {
    let is_kept = matches!(source, "hit" | "stale");
    let body = match seen.body.as_ref().expect("there is a head") {
        Ok(body) => body,
        Err(error) if is_kept => return Err(format!("a kept page is torn: {error}")),
        Err(_) => return Ok(What::Torn),
    };
    if head.status >= 500 {
        return (!is_kept)
            .then_some(What::Failure)
            .ok_or("a kept error".into());
    }
    let Some(tag) = head.header("ETag") else {
        let is_expected = head.status == 200 && !is_kept;
        return match (asked.method, &**body) {
            _ if !is_expected => Err("no page".into()),
            ("POST", b"changed") => Ok(What::Changed),
            ("HEAD", _) => Ok(What::Private),
            (_, body) if is_for(asked, body) => Ok(What::Private),
            _ => Err("for another visitor".into()),
        };
    };
    let version = pages::version(&asked.path, tag).ok_or("another page")?;
    check_content(asked, head, body, version)?;
    ledger.check(&asked.path, version, seen.sent, source == "hit")?;
    Ok(What::Page(tag.to_owned()))
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
