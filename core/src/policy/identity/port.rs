//! Hosts that are one to the host's patterns and several to a backend: with a
//! port, with dots at the end.

use super::request::Request;

/// The ports that a site is known by, beside those that go without saying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(Vec<u16>);

impl Ports {
    /// Adds a port; false if it is there already.
    pub fn add(&mut self, port: u16) -> bool {
        let is_new = !self.0.contains(&port);
        if is_new {
            self.0.push(port);
        }
        is_new
    }
}

/// Which ports share the item of a request without one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PortRule<'a> {
    /// Those that the administrator lists.
    pub listed: &'a Ports,
    /// The scheme's default and the listener's too.
    pub with_usual: bool,
}

impl PortRule<'_> {
    fn shares(&self, port: &[u8], request: &Request<'_>) -> bool {
        // Backends repeat the port as it is written: `080` is not `80`.
        let is = |number: u16| itoa::Buffer::new().format(number).as_bytes() == port;
        let default = if request.is_secure { 443 } else { 80 };
        self.listed.0.iter().copied().any(is)
            || (self.with_usual && (is(default) || request.listener_port.is_some_and(is)))
    }
}

/// What of a `Host` the host's name does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostRest<'a> {
    /// Its port, where that matters.
    pub port: Option<&'a [u8]>,
    /// Dots at the end of the name.
    pub dots: usize,
}

/// What distinguishes the request from those to the plain host.
pub(super) fn host_rest<'a>(request: &Request<'a>, rule: PortRule<'_>) -> HostRest<'a> {
    let (name, port) = split(request.host.unwrap_or_default());
    HostRest {
        port: port.filter(|port| !rule.shares(port, request)),
        dots: dots_at_end(name),
    }
}

/// The host's name as patterns have it: in small letters, without port and dots at
/// its end.
pub(in crate::policy) fn plain_host(host: &[u8]) -> Vec<u8> {
    let (name, _) = split(host);
    let dots = dots_at_end(name);
    name[..name.len() - dots].to_ascii_lowercase()
}

fn dots_at_end(name: &[u8]) -> usize {
    name.iter().rev().take_while(|&&byte| byte == b'.').count()
}

/// Name and port; an address of IPv6 is in brackets.
pub(in crate::policy) fn split(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    let start = if host.first() == Some(&b'[') {
        host.iter().position(|&byte| byte == b']').unwrap_or(0)
    } else {
        0
    };
    match memchr::memchr(b':', &host[start..]) {
        Some(at) => (&host[..start + at], Some(&host[start + at + 1..])),
        None => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(
        host: &'a str,
        is_secure: bool,
        listener_port: Option<u16>,
        rule: PortRule<'_>,
    ) -> (Option<&'a str>, usize) {
        let request = Request {
            raw: b"/",
            target: b"/",
            sent_on: b"/",
            path: b"/",
            host: Some(host.as_bytes()),
            is_secure,
            listener_port,
        };
        let rest = host_rest(&request, rule);
        let port = rest.port.map(|port| std::str::from_utf8(port).unwrap());
        (port, rest.dots)
    }

    #[test]
    fn ports() {
        let none = Ports::default();
        let usual = PortRule {
            listed: &none,
            with_usual: true,
        };
        for (host, is_secure, listener, expected) in [
            ("victim.test", false, Some(8080), None),
            ("", false, Some(8080), None),
            ("victim.test:8080", false, Some(8080), None),
            ("victim.test:80", false, Some(8080), None),
            ("victim.test:443", false, Some(8080), Some("443")),
            ("victim.test:443", true, Some(8443), None),
            ("victim.test:80", true, Some(8443), Some("80")),
            ("victim.test:1337", false, Some(8080), Some("1337")),
            ("victim.test:080", false, Some(8080), Some("080")),
            ("victim.test:08080", false, Some(8080), Some("08080")),
            ("victim.test:99999", false, Some(8080), Some("99999")),
            ("victim.test:", false, Some(8080), Some("")),
            ("victim.test:8080", false, None, Some("8080")),
            ("victim.test:80", false, None, None),
            ("[::1]", false, Some(8080), None),
            ("[::1]:8080", false, Some(8080), None),
            ("[::1]:1337", false, Some(8080), Some("1337")),
            ("a:1:2", false, Some(8080), Some("1:2")),
        ] {
            let (port, dots) = of(host, is_secure, listener, usual);
            assert_eq!((port, dots), (expected, 0), "{host}");
        }
    }

    #[test]
    fn listed_ports() {
        let mut listed = Ports::default();
        assert!(listed.add(443) && listed.add(8443) && !listed.add(443));
        for (with_usual, host, expected) in [
            (true, "victim.test:443", None),
            (true, "victim.test:8443", None),
            (true, "victim.test:80", None),
            (true, "victim.test:8080", None),
            (true, "victim.test:1337", Some("1337")),
            (false, "victim.test:443", None),
            (false, "victim.test", None),
            (false, "victim.test:80", Some("80")),
            (false, "victim.test:8080", Some("8080")),
        ] {
            let rule = PortRule {
                listed: &listed,
                with_usual,
            };
            assert_eq!(of(host, false, Some(8080), rule).0, expected, "{host}");
        }
    }

    #[test]
    fn dots() {
        let none = Ports::default();
        let rule = PortRule {
            listed: &none,
            with_usual: true,
        };
        for (host, expected) in [
            ("victim.test.", (None, 1)),
            ("victim.test..", (None, 2)),
            ("victim.test.:1337", (Some("1337"), 1)),
            ("victim.test:1337.", (Some("1337."), 0)),
            (".", (None, 1)),
        ] {
            assert_eq!(of(host, false, None, rule), expected, "{host}");
        }
    }
}
