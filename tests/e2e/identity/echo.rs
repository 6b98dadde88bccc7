//! Backends that answer with what they were asked.

use std::fmt;
use std::io::Write;

use testkit::{Backend, FastCgi, Response};

use super::Ask;

/// How the server talks to the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Proxy,
    FastCgi,
}

/// Runs a test with each kind of backend.
pub(super) fn with_each(test: impl Fn(Kind)) {
    test(Kind::Proxy);
    test(Kind::FastCgi);
}

/// A backend that echoes; prints as the action that asks it.
pub(super) enum Echo {
    Proxy(Backend),
    FastCgi(FastCgi),
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy(backend) => write!(f, "proxy \"{backend}\";"),
            Self::FastCgi(backend) => write!(f, "fastcgi \"{backend}\";"),
        }
    }
}

/// What a backend was asked, as its page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The target as it was sent.
    pub target: String,
    /// `Host` as it was sent.
    pub host: String,
    /// All other headers, sorted by name; small letters.
    pub headers: Vec<(String, String)>,
}

/// What backends are told of a cache that they can speak to.
pub(super) const SURROGATE_CAPABILITY: &str = "lighttpd2=\"Surrogate/1.0\"";

/// Headers that the server itself adds or changes on the way to a backend.
const OF_THE_SERVER: [&str; 3] = ["connection", "x-forwarded-for", "x-forwarded-proto"];

impl Echo {
    pub(super) fn start(kind: Kind) -> Self {
        match kind {
            Kind::Proxy => Self::Proxy(Backend::start(|request, stream| {
                let headers = request.headers.iter();
                let headers = headers.filter_map(|line| line.split_once(':'));
                let headers = headers.map(|(name, value)| (name, value.trim_start()));
                let page = Page::new(&request.target, headers);
                let response = page.response();
                // The server may be gone before it has read all.
                drop(stream.write_all(format!("HTTP/1.1 {response}").as_bytes()));
            })),
            Kind::FastCgi => Self::FastCgi(FastCgi::start(|request| {
                let variables = request.variables.iter();
                let headers = variables
                    .filter_map(|(name, value)| Some((name.strip_prefix("HTTP_")?, &**value)));
                let target = request.variable("REQUEST_URI").unwrap_or_default();
                let page = Page::new(target, headers);
                format!("Status: {}", page.response()).into_bytes()
            })),
        }
    }

    pub(super) fn requests(&self) -> usize {
        match self {
            Self::Proxy(backend) => backend.requests(),
            Self::FastCgi(backend) => backend.requests(),
        }
    }

    /// The page that belongs to a request.
    pub(super) fn expected(&self, ask: &Ask) -> Page {
        let target = match ask.target.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/').expect("a path")..],
            None => &*ask.target,
        };
        let named = ask.headers.iter();
        let named = named.map(|(name, value)| (self.name_of(name), &**value));
        let host = [("host".to_owned(), &*ask.host)];
        let all: Vec<_> = host.into_iter().chain(named).collect();
        Page::new(target, all.iter().map(|(name, value)| (&**name, *value)))
    }

    /// A header's name as the backend sees it.
    fn name_of(&self, name: &str) -> String {
        match self {
            Self::Proxy(_) => name.into(),
            Self::FastCgi(_) if name.contains('_') => {
                // Not to be taken for a name with dashes.
                format!("_{}", name.replace('_', "_5f").replace('-', "_2d"))
            }
            Self::FastCgi(_) => name.replace('-', "_"),
        }
    }
}

impl Page {
    fn new<'h>(target: &str, headers: impl Iterator<Item = (&'h str, &'h str)>) -> Self {
        let mut page = Self {
            target: target.into(),
            ..Self::default()
        };
        for (name, value) in headers {
            let name = name.to_lowercase();
            if name == "host" {
                page.host = value.into();
            } else if !OF_THE_SERVER.contains(&&*name.replace('_', "-")) {
                page.headers.push((name, value.into()));
            }
        }
        page.headers.sort();
        page
    }

    /// All that follows the name of the protocol. The status depends on the
    /// target: some pages have moved, some are not there.
    fn response(&self) -> String {
        let status = if self.target.contains("moved") {
            format!("301 Moved\r\nLocation: http://{}/new", self.host)
        } else if self.target.contains("//") {
            "404 Not Found".into()
        } else {
            "200 OK".into()
        };
        let mut body = format!("target {}\nhost {}\n", self.target, self.host);
        for (name, value) in &self.headers {
            body.extend([name, " ", value, "\n"]);
        }
        let length = body.len();
        format!("{status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}")
    }

    /// Reads a page.
    pub(super) fn parse(response: &Response) -> Self {
        let text = response.text();
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        let mut next = |name: &str| match lines.next() {
            Some((found, value)) if found == name => value.to_owned(),
            _ => panic!("the backend has not made this: {response:?}"),
        };
        Self {
            target: next("target"),
            host: next("host"),
            headers: lines
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    /// Without what the cache adds: its name, and the `Accept-Encoding` that a backend is
    /// asked for where the request has none.
    pub(super) fn without_added(mut self, ask: &Ask) -> Self {
        let own = self.headers.iter().position(|(name, value)| {
            name.replace('_', "-") == "surrogate-capability" && value == SURROGATE_CAPABILITY
        });
        if let Some(own) = own {
            self.headers.remove(own);
        }
        let is_own = |(name, _): &(String, String)| name.eq_ignore_ascii_case("Accept-Encoding");
        if !ask.headers.iter().any(is_own) {
            let added = [
                ("accept-encoding", "identity"),
                ("accept_encoding", "identity"),
            ];
            self.headers
                .retain(|(name, value)| !added.contains(&(&**name, &**value)));
        }
        self
    }

    /// The value of a header, by its name in small letters with `-`.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.replace('_', "-") == name);
        found.map(|(_, value)| value.as_str())
    }
}
