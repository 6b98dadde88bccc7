//! Content codings: what a request accepts and a response has (RFC 9110
//! section 12.5.3).

/// Those that have variants of their own; a response in any other one is not
/// stored.
const KNOWN: [&str; 4] = ["br", "deflate", "gzip", "zstd"];

/// The known codings, sorted.
pub fn known_codings() -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter()
}

/// What `Accept-Encoding` says.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    named: Vec<(Vec<u8>, bool)>,
    any: Option<bool>,
}

impl Accepted {
    /// Records the value of one header line.
    pub fn observe(&mut self, value: &[u8]) {
        for item in value.split(|&byte| byte == b',') {
            let mut parts = item.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
            let name = canonical(parts.next().unwrap_or_default());
            if name.is_empty() {
                continue;
            }
            let wanted = parts.all(is_positive);
            if name == b"*" {
                self.any = Some(wanted);
            } else {
                self.named.push((name, wanted));
            }
        }
    }

    /// Whether a response in this coding is acceptable.
    #[must_use]
    pub fn has(&self, coding: &[u8]) -> bool {
        let coding = canonical(coding);
        let named = self.named.iter().find(|(name, _)| *name == coding);
        match (named, self.any) {
            (Some((_, wanted)), _) => *wanted,
            (None, Some(wanted)) => wanted,
            (None, None) => coding == b"identity",
        }
    }

    /// Whether it is both acceptable and known.
    #[must_use]
    pub fn has_known(&self, coding: &[u8]) -> bool {
        let name = canonical(coding);
        known_codings().any(|known| known.as_bytes() == name) && self.has(&name)
    }
}

/// In small letters, with `x-gzip` as gzip (RFC 9110 section 8.4.1.3).
fn canonical(coding: &[u8]) -> Vec<u8> {
    let name = coding.to_ascii_lowercase();
    if name == b"x-gzip" {
        b"gzip".to_vec()
    } else {
        name
    }
}

/// Whether a parameter leaves the coding acceptable: a weight above zero. To be
/// safe, anything that is no weight refuses the coding.
fn is_positive(parameter: &[u8]) -> bool {
    let Some((name, weight)) = parameter.split_at_checked(2) else {
        return parameter.is_empty();
    };
    name.eq_ignore_ascii_case(b"q=")
        && weight.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'))
        && weight.iter().any(|byte| matches!(byte, b'1'..=b'9'))
}
