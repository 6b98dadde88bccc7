//! Which servers a script means, as the C half writes it down.

use std::str;

/// Which servers a script means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ScriptServers<'a> {
    /// Those that the configuration has given a name.
    Pool(&'a [u8]),
    /// Those of a list.
    List(ServerList<'a>),
}

/// Servers that a script lists.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerList<'a> {
    /// Whether the order is the script's; that of a table with weights is not.
    pub(crate) has_order: bool,
    /// How keys find their servers; empty if nothing was said.
    pub(crate) hash: &'a [u8],
    /// What happens to the keys of a server that is down; empty if nothing was said.
    pub(crate) failover: &'a [u8],
    /// How long an item lives where another server stands in, in seconds.
    pub(crate) failover_ttl: Option<u32>,
    /// The address of each server, and its weight.
    pub(crate) servers: Vec<(&'a [u8], u16)>,
}

impl<'a> ScriptServers<'a> {
    /// Reads what the C half wrote; `None` if that is not what it writes.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.strip_suffix(b"\0")?.split(|&byte| byte == 0);
        let kind = fields.next()?;
        if kind == b"pool" {
            return Some(Self::Pool(fields.next()?));
        }
        let mut list = ServerList {
            has_order: kind == b"list",
            hash: fields.next()?,
            failover: fields.next()?,
            failover_ttl: number(fields.next()?),
            servers: Vec::new(),
        };
        while let Some(address) = fields.next() {
            list.servers.push((address, number(fields.next()?)?));
        }
        Some(Self::List(list))
    }
}

fn number<T: str::FromStr>(digits: &[u8]) -> Option<T> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read() {
        let pool = ScriptServers::read(b"pool\0pages\0");
        assert_eq!(pool, Some(ScriptServers::Pool(b"pages")));
        let list = |bytes| match ScriptServers::read(bytes) {
            Some(ScriptServers::List(list)) => list,
            other => panic!("{other:?}"),
        };
        let plain = list(b"list\0\0\0\0a:1\01\0b\01\0");
        assert_eq!(plain.servers, [(&b"a:1"[..], 1), (b"b", 1)]);
        assert!(plain.has_order && plain.failover_ttl.is_none());
        let all = list(b"weights\0nginx\0next\07\0a\01000\0");
        let expected = ServerList {
            has_order: false,
            hash: b"nginx",
            failover: b"next",
            failover_ttl: Some(7),
            servers: vec![(b"a", 1000)],
        };
        assert_eq!(all, expected);
        for broken in [
            &b""[..],
            b"list",
            b"list\0",
            b"list\0\0\0\0a\0",
            b"list\0\0\0\0a\0x\0",
        ] {
            assert_eq!(ScriptServers::read(broken), None);
        }
    }
}
