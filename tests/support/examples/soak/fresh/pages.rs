//! The pages, and what versions of them look like.

use testkit::random_bytes;

/// What is done with pages, by the beginning of their paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Purges and changes delete them.
    Hard,
    /// Purges and changes mark them.
    Soft,
    /// They are in a namespace.
    Space,
    /// The same as `Hard` by lookup and store, and who finds a page stale waits.
    Pair,
    /// Without meta commands.
    Classic,
}

pub(crate) const KINDS: [Kind; 5] = [
    Kind::Hard,
    Kind::Soft,
    Kind::Space,
    Kind::Pair,
    Kind::Classic,
];

/// Pages of each kind.
pub(crate) const COUNT: usize = 24;

/// From less than a packet to more than a socket takes at once.
const LENGTHS: [usize; 6] = [40, 900, 5_000, 20_000, 70_000, 200_000];

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
            Self::Space => "space",
            Self::Pair => "pair",
            Self::Classic => "classic",
        }
    }
}

/// The path of one of them.
pub(crate) fn path(kind: Kind, number: usize) -> String {
    format!("/{}/{number}", kind.folder())
}

/// All of them, by their index.
pub(crate) fn all() -> Vec<(Kind, String)> {
    let kinds = KINDS.into_iter();
    kinds
        .flat_map(|kind| (0..COUNT).map(move |number| (kind, path(kind, number))))
        .collect()
}

/// The body of a version of a page: it names both, and no byte of it is that of another.
pub(crate) fn body(path: &str, version: usize) -> Vec<u8> {
    let number = path.bytes().fold(0, |sum, byte| sum + usize::from(byte));
    let len = LENGTHS[number % LENGTHS.len()];
    let mut body = format!("{path} {version}\n").into_bytes();
    let seed = (number as u64) << 32 | version as u64;
    body.extend(random_bytes(seed, len.saturating_sub(body.len())));
    body
}

/// Its entity-tag.
pub(crate) fn tag(path: &str, version: usize) -> String {
    format!("\"{path}:{version}\"")
}

/// The version that an entity-tag names, if it is one of this page.
pub(crate) fn version(path: &str, tag: &str) -> Option<usize> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    let (named, version) = tag.split_once(':')?;
    (named == path).then(|| version.parse().ok())?
}
