//! What can be wrong with an option list.

use memcached_core::pool::PoolError;
use memcached_core::protocol::TokenError;

/// What is wrong with an option list. The text does not name the action, which
/// whoever logs it puts in front.
#[derive(Debug, thiserror::Error)]
pub(in crate::plugin) enum OptionError {
    #[error("expected a list of options such as [\"key\" => \"...\"], found {0}")]
    NotAList(&'static str),
    #[error("expected options of the form \"name\" => value, found an entry of another form")]
    NotAPair,
    #[error(
        "every option needs a name, a default entry is not allowed; \
         it can stand inside \"ttl\" => [...]"
    )]
    DefaultKey,
    #[error("unknown option {name}, {meant}")]
    Unknown { name: String, meant: String },
    #[error("option \"{0}\" is given twice")]
    Duplicate(&'static str),
    #[error("option \"{option}\" must be {expected}, found {found}")]
    Value {
        option: &'static str,
        expected: String,
        found: String,
    },
    /// An entry of a list.
    #[error("option \"{option}\": {entry} is given twice")]
    Repeated { option: &'static str, entry: String },
    #[error("option \"{0}\": \"default\" is no status, write default without quotes")]
    QuotedDefault(&'static str),
    #[error(
        "option \"{option}\": cannot use address {text}, expected IP:PORT, [IPv6]:PORT, \
         HOST:PORT or unix:/absolute/path of at most 107 bytes"
    )]
    Address { option: &'static str, text: String },
    #[error(
        "option \"{0}\" is not one of memcached.pool, which takes server, hash, failover, \
         timeout_ms, connect_timeout_ms, retry_ms, user, password_file, tls, tls_ca, tls_name, tls_cert \
         and tls_key"
    )]
    NotOfPool(&'static str),
    #[error("options \"pool\" and \"{0}\" exclude each other: the pool says that where it is made")]
    BesidePool(&'static str),
    #[error("option \"server\": {0}")]
    Pool(PoolError),
    #[error("option \"{option}\": cannot use file {path}: {why}")]
    File {
        option: &'static str,
        path: String,
        why: String,
    },
    #[error("option \"{0}\" needs \"{1}\" beside it")]
    Together(&'static str, &'static str),
    #[error("option \"{0}\": this build of the plugin has no TLS (cargo's feature tls)")]
    NoTls(&'static str),
    #[error("option \"{0}\" needs \"tls\" => true beside it")]
    NeedsTls(&'static str),
    #[error("option \"tls\": {0}; \"tls_ca\" can name a file with some")]
    NoAuthorities(String),
    #[error(
        "option \"tls\": no certificate can be for {0}; \"tls_name\" says for which name it is"
    )]
    NoTlsName(String),
    #[error("option \"tls\": {server} cannot be spoken to: {why}")]
    Tls { server: String, why: String },
    #[error("options \"user\" and \"password_file\": {0}")]
    Token(TokenError),
    #[error("option \"{option}\": cannot parse pattern {text}")]
    Pattern { option: &'static str, text: String },
    #[error("option \"{0}\" needs \"headers\" => true beside it")]
    NeedsHeaders(&'static str),
    #[error(
        "\"namespace\" without \"key\" gives up all items of the namespace, for which there is \
         no option \"{0}\"; for one item give its \"key\" too, none for the URL as it is asked for"
    )]
    NotOfNamespace(&'static str),
    #[error(
        "options \"require_lifetime\" and \"force\" exclude each other: \
         with force no lifetime counts that a response names"
    )]
    LifetimeWithForce,
}

impl OptionError {
    /// There is no option of this name; these are all that there are.
    pub(super) fn unknown(name: &[u8], known: &[&str]) -> Self {
        let meant = if name == b"default" {
            "default without quotes can stand inside \"ttl\" => [...]".to_owned()
        } else if let Some(nearest) = nearest(name, known) {
            format!("did you mean \"{nearest}\"?")
        } else {
            format!("expected one of {}", known.join(", "))
        };
        Self::Unknown {
            name: quoted(name),
            meant,
        }
    }

    /// The host cannot read this address.
    pub(super) fn address(option: &'static str, text: &[u8]) -> Self {
        Self::Address {
            option,
            text: quoted(text),
        }
    }

    /// The host cannot read this pattern.
    pub(super) fn pattern(option: &'static str, text: &[u8]) -> Self {
        Self::Pattern {
            option,
            text: quoted(text),
        }
    }
}

/// The name that is so much like this one that it will have been meant.
fn nearest<'a>(name: &[u8], known: &[&'a str]) -> Option<&'a str> {
    /// Of 1, for the same name; what looks alike to people has more than this.
    const ALIKE: f64 = 0.8;
    /// For a name that has this one within it.
    const PART: f64 = 0.81;
    let name = name.to_ascii_lowercase();
    let name = std::str::from_utf8(&name).ok()?;
    let likeness = |known: &&str| {
        let is_part = name.len() >= 4 && known.contains(name);
        strsim::jaro_winkler(name, known).max(if is_part { PART } else { 0.0 })
    };
    let mut rated = known.iter().map(|known| (likeness(known), *known));
    let first = rated.next()?;
    let best = rated.fold(
        first,
        |best, next| if next.0 > best.0 { next } else { best },
    );
    (best.0 > ALIKE).then_some(best.1)
}

/// Text from the configuration as it can stand in a log line.
pub(super) fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii())
}
