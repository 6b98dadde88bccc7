//! The same by brute force: all points are looked at for every key.

use md5::{Digest, Md5};
use memcached_core::pool::Hash;

/// All points of a ring, in no order, or the row of a hash without one.
pub(crate) struct Naive {
    hash: Hash,
    points: Vec<(u32, usize)>,
}

impl Naive {
    pub(crate) fn new(hash: Hash, servers: &[(String, u16)]) -> Self {
        let points = match hash {
            _ if servers.len() == 1 => vec![(0, 0)],
            Hash::Ketama => ketama(servers),
            Hash::Nginx => nginx(servers),
            Hash::Modulo => {
                let row = servers.iter().enumerate();
                row.flat_map(|(at, (_, weight))| vec![(0, at); usize::from(*weight)])
                    .collect()
            }
        };
        Self { hash, points }
    }

    pub(crate) fn route(&self, key: &[u8]) -> usize {
        let number = match self.hash {
            Hash::Ketama => le(&Md5::digest(key), 0),
            Hash::Nginx => crc32(key),
            Hash::Modulo => {
                let at = (crc32(key) >> 16 & 0x7fff) as usize % self.points.len();
                return self.points[at].1;
            }
        };
        // The owner of the point that is least far behind.
        let points = self.points.iter();
        let distances = points.map(|(point, owner)| (point.wrapping_sub(number), *owner));
        distances.min().unwrap().1
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "so do the others"
)]
fn ketama(servers: &[(String, u16)]) -> Vec<(u32, usize)> {
    let total: u32 = servers.iter().map(|(_, weight)| u32::from(*weight)).sum();
    let mut points = Vec::new();
    for (at, (address, weight)) in servers.iter().enumerate() {
        let name = match address.strip_prefix("unix:") {
            Some(path) => format!("{path}:0"),
            None => address.replace(['[', ']'], "").replace(":11211", ""),
        };
        // The steps of the others, each of which rounds.
        let mut hashes = f32::from(*weight) / total as f32;
        hashes *= 160.0;
        hashes /= 4.0;
        hashes *= servers.len() as f32;
        hashes += 1e-10;
        for number in 0..hashes as usize {
            let digest = Md5::digest(format!("{name}-{number}"));
            points.extend((0..4).map(|part| (le(&digest, part), at)));
        }
    }
    points
}

fn nginx(servers: &[(String, u16)]) -> Vec<(u32, usize)> {
    let mut points = Vec::new();
    for (at, (address, weight)) in servers.iter().enumerate() {
        let (host, port) = match address.strip_prefix("unix:") {
            Some(path) => (path, ""),
            None => address.rsplit_once(':').unwrap(),
        };
        let mut last = [0; 4];
        for _ in 0..160 * usize::from(*weight) {
            let text = [host.as_bytes(), b"\0", port.as_bytes(), &last].concat();
            let point = crc32(&text);
            last = point.to_le_bytes();
            points.push((point, at));
        }
    }
    points
}

fn le(digest: &[u8], part: usize) -> u32 {
    let part = &digest[4 * part..4 * part + 4];
    part.iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Bit by bit.
fn crc32(text: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !crc
}
