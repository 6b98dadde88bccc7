//! The text form of the options.

use std::time::Duration;

use memcached_core::connection::Timing;
use memcached_core::policy::{Lifetimes, VaryBy};
use memcached_core::protocol::Ttl;

use super::Environment;
use super::error::OptionError;
use super::value::{
    TTL, boolean, lifetimes, methods, number, pair, shown, span, statuses, text, ttl, vary, wrong,
};
use crate::host::ConfigValue;

const DEFAULT_SERVER: &[u8] = b"127.0.0.1:11211";
const DEFAULT_KEY: &[u8] = b"%{req.path}";

/// All option names.
pub(super) const NAMES: [&str; 15] = [
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
    "status",
    "etag",
    "vary",
    "environment",
];

/// The text form of the options, before the host has looked at address and
/// pattern.
pub(super) struct Raw {
    pub server: Vec<u8>,
    pub key: Vec<u8>,
    pub timing: Timing,
    pub methods: Vec<Vec<u8>>,
    pub flags: u32,
    pub lifetimes: Lifetimes,
    pub maxsize: u64,
    pub force: bool,
    pub headers: bool,
    pub statuses: Vec<u16>,
    pub etag: bool,
    pub vary: VaryBy,
    pub environment: Environment,
    /// An option that was given and makes sense with `headers` alone.
    needs_headers: Option<&'static str>,
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
            lifetimes: Lifetimes::of_all(Ttl::from_secs(30)),
            maxsize: 64 * 1024,
            force: false,
            headers: false,
            statuses: vec![200],
            etag: false,
            vary: VaryBy::default(),
            environment: Environment::Set,
            needs_headers: None,
        }
    }
}

impl Raw {
    pub fn read(&mut self, list: &ConfigValue<'_>) -> Result<(), OptionError> {
        let Some(entries) = list.as_list() else {
            return Err(OptionError::NotAList(list.type_name()));
        };
        let mut seen: Vec<&'static str> = Vec::new();
        for entry in entries {
            let (name, value) = pair(entry.as_ref())?;
            let name = name.ok_or(OptionError::DefaultKey)?;
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
        match self.needs_headers.filter(|_| !self.headers) {
            Some(option) => Err(OptionError::NeedsHeaders(option)),
            None => Ok(()),
        }
    }

    fn set(
        &mut self,
        option: &'static str,
        value: Option<&ConfigValue<'_>>,
    ) -> Result<(), OptionError> {
        match option {
            "server" => self.server = text(option, value)?,
            "key" => self.key = text(option, value)?,
            "flags" => self.flags = number(option, "a number from 0 to 4294967295", value)?,
            "ttl" if value.is_some_and(|value| value.as_list().is_some()) => {
                self.lifetimes = lifetimes(option, value, self.lifetimes.default)?;
                self.needs_headers = Some(option);
            }
            "ttl" => self.lifetimes = Lifetimes::of_all(ttl(option, TTL, value)?),
            "maxsize" => {
                let expected = "a number of bytes, at least 1";
                self.maxsize = number(option, expected, value)?;
                if self.maxsize == 0 {
                    return Err(wrong(option, expected, "0".into()));
                }
            }
            "timeout_ms" => self.timing.timeout = span(option, value)?,
            "connect_timeout_ms" => self.timing.connect_timeout = span(option, value)?,
            "retry_ms" => self.timing.retry = span(option, value)?,
            "methods" => self.methods = methods(option, value)?,
            "force" => self.force = boolean(option, value)?,
            "headers" => self.headers = boolean(option, value)?,
            "status" => self.statuses = statuses(option, value)?,
            "etag" => self.etag = boolean(option, value)?,
            "environment" => {
                self.environment = if boolean(option, value)? {
                    Environment::Set
                } else {
                    Environment::Untouched
                };
            }
            _vary => self.vary = vary(option, value)?,
        }
        if matches!(option, "status" | "etag" | "vary") {
            self.needs_headers = Some(option);
        }
        Ok(())
    }
}
