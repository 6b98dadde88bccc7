//! Rings: points on a circle of 32-bit numbers, each of which belongs to a server. A
//! key is on the server of the first point at or after its own number.

use super::address::Written;
use super::hash::{crc32, md5_numbers};

/// Points of a server of the usual weight.
const POINTS: u16 = 160;

/// A server as rings see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name, if it is not that of its address.
    pub(super) name: Option<Box<[u8]>>,
    /// As it was written.
    pub(super) address: Box<[u8]>,
    pub(super) weight: u16,
}

impl Member {
    /// What libmemcached hashes, before the number of the point.
    pub(super) fn ketama_name(&self) -> Vec<u8> {
        if let Some(name) = &self.name {
            return name.to_vec();
        }
        match Written::of(&self.address) {
            Written::Unix(path) => [path, b":0"].concat(),
            Written::Inet {
                host,
                port: super::DEFAULT_PORT,
                ..
            } => host.to_vec(),
            Written::Inet { host, port, .. } => [host, b":", port.to_string().as_bytes()].concat(),
        }
    }

    /// What nginx hashes, before the number of the point before.
    pub(super) fn nginx_name(&self) -> Vec<u8> {
        let (host, port) = match Written::of(&self.address) {
            Written::Unix(path) => (path.to_vec(), String::new()),
            Written::Inet {
                host,
                in_brackets,
                port,
            } => {
                let is_ipv6 = in_brackets || host.contains(&b':');
                let host = if is_ipv6 {
                    [b"[", host, b"]"].concat()
                } else {
                    host.to_vec()
                };
                (host, port.to_string())
            }
        };
        let host = self.name.as_deref().unwrap_or(&host);
        [host, b"\0", port.as_bytes()].concat()
    }
}

/// Points in order. They are kept apart from their owners, because it is the points
/// that are searched.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    points: Box<[u32]>,
    owners: Box<[u8]>,
}

impl Ring {
    /// The ring of libmemcached.
    pub(super) fn ketama(members: &[Member]) -> Self {
        let total: u32 = members.iter().map(|member| u32::from(member.weight)).sum();
        let mut points = Vec::new();
        for (owner, member) in owners(members) {
            let mut text = member.ketama_name();
            let name_len = text.len();
            for number in 0..ketama_hashes(member.weight, total, members.len()) {
                text.truncate(name_len);
                text.push(b'-');
                text.extend(itoa::Buffer::new().format(number).as_bytes());
                points.extend(md5_numbers(&text).map(|point| (point, owner)));
            }
        }
        Self::of(points)
    }

    /// The ring of nginx.
    pub(super) fn nginx(members: &[Member]) -> Self {
        let mut points = Vec::new();
        for (owner, member) in owners(members) {
            let name = member.nginx_name();
            let mut point = 0u32;
            for _ in 0..u32::from(POINTS) * u32::from(member.weight) {
                point = crc32(&[&name, &point.to_le_bytes()]);
                points.push((point, owner));
            }
        }
        Self::of(points)
    }

    fn of(mut points: Vec<(u32, u8)>) -> Self {
        points.sort_unstable();
        // The earlier server of the list has what two have.
        points.dedup_by_key(|(point, _)| *point);
        let (points, owners): (Vec<_>, Vec<_>) = points.into_iter().unzip();
        Self {
            points: points.into(),
            owners: owners.into(),
        }
    }

    /// The server that a number is on.
    pub(super) fn owner(&self, number: u32) -> usize {
        self.owners_from(number).next().unwrap_or_default()
    }

    /// The servers of all points, from that of a number once around.
    pub(super) fn owners_from(&self, number: u32) -> impl Iterator<Item = usize> {
        let at = self.points.partition_point(|&point| point < number);
        let (before, from) = self.owners.split_at(at);
        from.iter().chain(before).map(|&owner| usize::from(owner))
    }

    /// How many points there are.
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }
}

fn owners(members: &[Member]) -> impl Iterator<Item = (u8, &Member)> {
    (0u8..).zip(members)
}

/// How many hashes of four points each libmemcached makes for a server. It counts in
/// numbers of 32 bits, which makes 39 of 40 where servers are 25.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "weights and servers are few, and rounding is what is wanted"
)]
fn ketama_hashes(weight: u16, total: u32, servers: usize) -> u32 {
    let share = f32::from(weight) / total as f32;
    let hashes = share * f32::from(POINTS) / 4.0 * servers as f32 + 1e-10;
    hashes as u32
}
