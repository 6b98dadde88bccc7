//! The hashes that other clients choose servers by.

use crc32fast::Hasher;
use md5::{Digest, Md5};

/// How a key finds its server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hash {
    /// The ring of libmemcached's `KETAMA_WEIGHTED`, which PHP, Python and twemproxy
    /// can have.
    #[default]
    Ketama,
    /// The ring of nginx's `hash ... consistent` and of Perl's
    /// `Cache::Memcached::Fast`.
    Nginx,
    /// No ring but nginx's `hash ...`, a remainder: almost every key moves when a
    /// server is added.
    Modulo,
}

impl Hash {
    /// What [`named`](Self::named) knows, for those who wrote something else.
    pub const NAMES: &'static str = "\"ketama\", \"nginx\" or \"modulo\"";

    /// The one that a configuration or a script names so.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"ketama" => Some(Self::Ketama),
            b"nginx" => Some(Self::Nginx),
            b"modulo" => Some(Self::Modulo),
            _ => None,
        }
    }
}

/// The four numbers that an MD5 is.
pub(super) fn md5_numbers(text: &[u8]) -> [u32; 4] {
    let digest: [u8; 16] = Md5::digest(text).into();
    core::array::from_fn(|at| {
        let bytes = core::array::from_fn(|byte| digest[4 * at + byte]);
        u32::from_le_bytes(bytes)
    })
}

/// The CRC-32 of parts one after the other.
pub(super) fn crc32(parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Where nginx puts a key that has no server left to go to after `tries`, in a row
/// as long as all weights together.
pub(super) fn modulo_number(key: &[u8], tries: u32) -> u32 {
    let crc = if tries == 0 {
        crc32(&[key])
    } else {
        crc32(&[itoa::Buffer::new().format(tries).as_bytes(), key])
    };
    (crc >> 16) & 0x7fff
}
