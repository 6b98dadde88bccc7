//! The action: answers the request with the figures of all workers.

use std::ffi::CStr;

use memcached_core::metrics::{Format, Page};

use crate::client::want_history;
use crate::host::{ActionKind, Buffer, ConfigValue, Flow, Server};
use crate::plugin::memcached::{Memcached, Request};
use crate::plugin::options;

/// One `memcached.status` of the configuration.
pub(in crate::plugin) struct StatusAction;

/// What every answer says of itself: it holds for this moment, is what it says to be,
/// and the page may load nothing and run nothing.
const HEADERS: [(&str, &[u8]); 4] = [
    ("Cache-Control", b"no-store"),
    ("X-Content-Type-Options", b"nosniff"),
    ("Referrer-Policy", b"no-referrer"),
    (
        "Content-Security-Policy",
        b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
];

impl ActionKind for StatusAction {
    const NAME: &'static CStr = c"memcached.status";
    type Plugin = Memcached;
    type Context = ();

    fn configure(_server: Server<'_>, value: Option<ConfigValue<'_>>) -> Result<Self, String> {
        if let Some(value) = options::one_list(value)? {
            let found = value.type_name();
            return Err(format!(
                "expected no arguments, found {found}; it has no options"
            ));
        }
        want_history();
        Ok(Self)
    }

    fn run(&self, vr: &mut Request<'_>, _context: &mut Option<Box<()>>) -> Flow {
        if vr.is_handled() {
            return Flow::GoOn;
        }
        if !matches!(vr.method(), b"GET" | b"HEAD") {
            return answer(vr, 405, "text/plain", "only GET and HEAD are answered\n");
        }
        let target = vr.target().current;
        let query = target.splitn(2, |&byte| byte == b'?').nth(1);
        let is_accept = |name: &[u8]| name.eq_ignore_ascii_case(b"Accept");
        let accept = vr.request_headers().filter(|(name, _)| is_accept(name));
        let format = Format::of(query.unwrap_or_default(), accept.map(|(_, value)| value));
        let Ok(format) = format else {
            let text = "format is json or prometheus; without it there is a page\n";
            return answer(vr, 400, "text/plain", text);
        };
        let Some(client) = vr.worker() else {
            return answer(vr, 503, "text/plain", "not available on this worker\n");
        };
        let (snapshot, history) = client.figures();
        let body = match format {
            Format::Json => snapshot.to_json(),
            Format::Prometheus => snapshot.to_text(false),
            Format::OpenMetrics => snapshot.to_text(true),
            Format::Html => {
                let page = Page {
                    snapshot: &snapshot,
                    history: &history,
                };
                page.to_html()
            }
        };
        answer(vr, 200, format.content_type(), &body)
    }

    fn panicked(&self, _vr: &mut Request<'_>) -> Flow {
        Flow::Error
    }
}

fn answer(vr: &mut Request<'_>, status: i32, content_type: &str, body: &str) -> Flow {
    if !vr.handle_direct() {
        return Flow::GoOn;
    }
    vr.set_status(status);
    vr.set_response_header("Content-Type", content_type.as_bytes());
    for (name, value) in HEADERS {
        vr.set_response_header(name, value);
    }
    if status == 405 {
        vr.set_response_header("Allow", b"GET, HEAD");
    }
    let mut buffer = Buffer::with_capacity(body.len());
    buffer.extend(body.as_bytes());
    if vr.append_body(&buffer.slice(0..body.len())) {
        Flow::GoOn
    } else {
        Flow::Error
    }
}
