//! The option list that both actions share, and its errors.

use std::ffi::CString;
use std::fmt;
use std::time::Duration;

use memcached_core::connection::Timing;
use memcached_core::protocol::Ttl;

use crate::host::{ConfigValue, Pattern, Server, SockAddr};

const DEFAULT_SERVER: &[u8] = b"127.0.0.1:11211";
const DEFAULT_PORT: u16 = 11211;
const DEFAULT_KEY: &[u8] = b"%{req.path}";
const HOUR_MS: i64 = 3_600_000;

/// Options of `memcached.lookup` and `memcached.store`; each action uses its
/// own and ignores the rest, so that both can be given the same list.
pub struct Options {
    /// `server`
    pub server: SockAddr,
    /// `key`
    pub key: Pattern,
    /// `timeout_ms`, `connect_timeout_ms`, `retry_ms`
    pub timing: Timing,
    /// `methods`
    pub methods: Vec<Vec<u8>>,
    /// `flags`
    pub flags: u32,
    /// `ttl`
    pub ttl: Ttl,
    /// `maxsize`, in bytes
    pub maxsize: u64,
    /// `force`
    pub force: bool,
}

/// What is wrong with an option list. Displayed without the action's name,
/// which the one who logs it puts in front.
#[derive(Debug)]
pub enum OptionError {
    NotAList(&'static str),
    NotAPair,
    DefaultKey,
    Unknown(String),
    Duplicate(&'static str),
    Type {
        option: &'static str,
        expected: &'static str,
        found: &'static str,
    },
    Range {
        option: &'static str,
        expected: &'static str,
        found: i64,
    },
    Address(String),
    Pattern(String),
    Method(String),
    Headers,
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAList(found) => write!(
                f,
                "expected a list of options such as [\"key\" => \"...\"], found {found}"
            ),
            Self::NotAPair => f.write_str(
                "expected options of the form \"name\" => value, found an entry of another form",
            ),
            Self::DefaultKey => {
                f.write_str("every option needs a name, a default entry is not allowed")
            }
            Self::Unknown(name) => write!(
                f,
                "unknown option \"{name}\", expected one of {}",
                NAMES.join(", ")
            ),
            Self::Duplicate(option) => write!(f, "option \"{option}\" is given twice"),
            Self::Type {
                option,
                expected,
                found,
            } => write!(f, "option \"{option}\" must be {expected}, found {found}"),
            Self::Range {
                option,
                expected,
                found,
            } => write!(f, "option \"{option}\" must be {expected}, found {found}"),
            Self::Address(text) => write!(
                f,
                "option \"server\": cannot use address \"{text}\", expected IP:PORT, \
                 [IPv6]:PORT or unix:/absolute/path"
            ),
            Self::Pattern(text) => write!(f, "option \"key\": cannot parse pattern \"{text}\""),
            Self::Method(text) => write!(
                f,
                "option \"methods\" must be a list of request methods in capitals, found \"{text}\""
            ),
            Self::Headers => f.write_str(
                "option \"headers\": storing and looking up headers is not supported, \
                 only false is accepted",
            ),
        }
    }
}

/// All option names.
const NAMES: [&str; 11] = [
    "server",
    "key",
    "headers",
    "flags",
    "ttl",
    "maxsize",
    "timeout_ms",
    "connect_timeout_ms",
    "retry_ms",
    "methods",
    "force",
];

/// The text form of the options, before the host has looked at address and
/// pattern.
struct Raw {
    server: Vec<u8>,
    key: Vec<u8>,
    timing: Timing,
    methods: Vec<Vec<u8>>,
    flags: u32,
    ttl: Ttl,
    maxsize: u64,
    force: bool,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            server: DEFAULT_SERVER.to_vec(),
            key: DEFAULT_KEY.to_vec(),
            timing: Timing {
                timeout: Duration::from_millis(500),
                connect_timeout: Duration::from_millis(250),
                retry: Duration::from_secs(1),
            },
            methods: vec![b"GET".to_vec(), b"HEAD".to_vec()],
            flags: 0,
            ttl: Ttl::from_secs(30),
            maxsize: 64 * 1024,
            force: false,
        }
    }
}

impl Options {
    /// Reads an option list; nothing means all defaults.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(server: Server, list: Option<ConfigValue<'_>>) -> Result<Self, OptionError> {
        let mut raw = Raw::default();
        if let Some(list) = list.filter(|value| !is_nothing(value)) {
            raw.read(&list)?;
        }
        let address = SockAddr::parse(&raw.server, DEFAULT_PORT)
            .ok_or_else(|| OptionError::Address(shown(&raw.server)))?;
        let pattern = CString::new(raw.key.as_slice())
            .ok()
            .and_then(|text| Pattern::parse(server, &text))
            .ok_or_else(|| OptionError::Pattern(shown(&raw.key)))?;
        Ok(Self {
            server: address,
            key: pattern,
            timing: raw.timing,
            methods: raw.methods,
            flags: raw.flags,
            ttl: raw.ttl,
            maxsize: raw.maxsize,
            force: raw.force,
        })
    }

    /// Whether requests with this method have to do with the cache at all.
    pub fn allows_method(&self, method: &[u8]) -> bool {
        self.methods.iter().any(|allowed| allowed == method)
    }
}

impl Raw {
    fn read(&mut self, list: &ConfigValue<'_>) -> Result<(), OptionError> {
        let Some(entries) = list.as_list() else {
            return Err(OptionError::NotAList(list.type_name()));
        };
        let mut seen: Vec<&'static str> = Vec::new();
        for entry in entries {
            let (name, value) = pair(entry.as_ref())?;
            let known = NAMES.iter().find(|known| known.as_bytes() == name);
            let Some(&known) = known else {
                return Err(OptionError::Unknown(shown(&name)));
            };
            if seen.contains(&known) {
                return Err(OptionError::Duplicate(known));
            }
            seen.push(known);
            self.set(known, value.as_ref())?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        option: &'static str,
        value: Option<&ConfigValue<'_>>,
    ) -> Result<(), OptionError> {
        match option {
            "server" => self.server = text(option, value)?,
            "key" => self.key = text(option, value)?,
            "flags" => {
                let expected = "a number from 0 to 4294967295";
                let number = number(option, expected, value)?;
                self.flags = u32::try_from(number).map_err(|_| OptionError::Range {
                    option,
                    expected,
                    found: number,
                })?;
            }
            "ttl" => {
                let expected = "a number of seconds from 0 to 4294967295";
                let number = number(option, expected, value)?;
                let secs = u32::try_from(number).map_err(|_| OptionError::Range {
                    option,
                    expected,
                    found: number,
                })?;
                self.ttl = Ttl::from_secs(secs);
            }
            "maxsize" => {
                let expected = "a number of bytes, at least 1";
                let number = number(option, expected, value)?;
                self.maxsize = u64::try_from(number)
                    .ok()
                    .filter(|&bytes| bytes > 0)
                    .ok_or(OptionError::Range {
                        option,
                        expected,
                        found: number,
                    })?;
            }
            "timeout_ms" => self.timing.timeout = span(option, value)?,
            "connect_timeout_ms" => self.timing.connect_timeout = span(option, value)?,
            "retry_ms" => self.timing.retry = span(option, value)?,
            "methods" => self.methods = methods(option, value)?,
            "force" => self.force = boolean(option, value)?,
            _headers => {
                if boolean(option, value)? {
                    return Err(OptionError::Headers);
                }
            }
        }
        Ok(())
    }
}

/// Whether a value stands for "nothing given": `none` or an empty list.
pub fn is_nothing(value: &ConfigValue<'_>) -> bool {
    value.is_none()
        || value
            .as_list()
            .is_some_and(|mut list| list.next().is_none())
}

/// Whether a value is an option list, as opposed to a list of arguments: all
/// its entries are pairs whose first part is a name or a default.
pub fn is_option_list(value: &ConfigValue<'_>) -> bool {
    value.as_list().is_some_and(|mut entries| {
        entries.all(|entry| !matches!(pair(entry.as_ref()), Err(OptionError::NotAPair)))
    })
}

fn pair<'a>(
    entry: Option<&ConfigValue<'a>>,
) -> Result<(Vec<u8>, Option<ConfigValue<'a>>), OptionError> {
    let parts: Vec<_> = entry
        .and_then(ConfigValue::as_list)
        .ok_or(OptionError::NotAPair)?
        .collect();
    let Ok([name, value]) = <[_; 2]>::try_from(parts) else {
        return Err(OptionError::NotAPair);
    };
    match name {
        None => Err(OptionError::DefaultKey),
        Some(name) if name.is_none() => Err(OptionError::DefaultKey),
        Some(name) => match name.as_str() {
            Some(text) => Ok((text.to_vec(), value)),
            None => Err(OptionError::NotAPair),
        },
    }
}

fn wrong_type(
    option: &'static str,
    expected: &'static str,
    value: Option<&ConfigValue<'_>>,
) -> OptionError {
    OptionError::Type {
        option,
        expected,
        found: value.map_or("none", ConfigValue::type_name),
    }
}

fn text(option: &'static str, value: Option<&ConfigValue<'_>>) -> Result<Vec<u8>, OptionError> {
    let text = value.and_then(ConfigValue::as_str).map(<[u8]>::to_vec);
    text.ok_or_else(|| wrong_type(option, "a string", value))
}

fn boolean(option: &'static str, value: Option<&ConfigValue<'_>>) -> Result<bool, OptionError> {
    let flag = value.and_then(ConfigValue::as_bool);
    flag.ok_or_else(|| wrong_type(option, "true or false", value))
}

fn number(
    option: &'static str,
    expected: &'static str,
    value: Option<&ConfigValue<'_>>,
) -> Result<i64, OptionError> {
    let number = value.and_then(ConfigValue::as_number);
    number.ok_or_else(|| wrong_type(option, expected, value))
}

fn span(option: &'static str, value: Option<&ConfigValue<'_>>) -> Result<Duration, OptionError> {
    let expected = "a number of milliseconds from 1 to 3600000";
    let found = number(option, expected, value)?;
    match u64::try_from(found) {
        Ok(ms) if (1..=HOUR_MS).contains(&found) => Ok(Duration::from_millis(ms)),
        _ => Err(OptionError::Range {
            option,
            expected,
            found,
        }),
    }
}

fn methods(
    option: &'static str,
    value: Option<&ConfigValue<'_>>,
) -> Result<Vec<Vec<u8>>, OptionError> {
    let wrong = || wrong_type(option, "a list of request methods such as [\"GET\"]", value);
    let entries = value.and_then(ConfigValue::as_list).ok_or_else(wrong)?;
    let mut methods = Vec::new();
    for entry in entries {
        let method = entry.as_ref().and_then(ConfigValue::as_str);
        let method = method.ok_or_else(wrong)?;
        if method.is_empty() || !method.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') {
            return Err(OptionError::Method(shown(method)));
        }
        methods.push(method.to_vec());
    }
    if methods.is_empty() {
        return Err(OptionError::Method(String::new()));
    }
    Ok(methods)
}

/// Text from the configuration as it can stand in a log line.
fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
