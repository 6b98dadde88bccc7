//! Options that say that memcached is spoken to in TLS, and who both ends are.

use std::sync::Arc;

use memcached_core::pool::host_of;

use super::error::{OptionError, quoted};
use super::file::ReadFile;
use super::given::Given;
use super::servers::NamedServer;
use crate::client::{BadPapers, PaperFile, Papers, Secured, is_name};

/// The longest file that is read, in bytes.
const FILE_MAX: u64 = 4 << 20;

/// How memcached is spoken to in TLS.
pub(in crate::plugin) struct Tls {
    /// It is.
    pub(super) on: bool,
    /// Who is trusted to say who a server is.
    pub(super) authorities: Option<ReadFile>,
    /// What a server's certificate is for, if that is not its address.
    pub(super) name: Option<Box<str>>,
    /// Who we are.
    pub(super) certificate: Option<ReadFile>,
    pub(super) key: Option<ReadFile>,
}

/// Whether memcached is spoken to in TLS.
pub(super) fn on(given: Given<'_>) -> Result<bool, OptionError> {
    let on = given.boolean("true or false")?;
    if on {
        available(given)?;
    }
    Ok(on)
}

/// A file of certificates, or `none`.
pub(super) fn file(given: Given<'_>) -> Result<Option<ReadFile>, OptionError> {
    if !given.is_none() {
        available(given)?;
    }
    let file = ReadFile::read(given, FILE_MAX + 1)?;
    match &file {
        Some(file) if file.bytes.len() as u64 > FILE_MAX => {
            let why = format!("longer than {FILE_MAX} bytes");
            Err(file.refuse(given.option, &why))
        }
        _ => Ok(file),
    }
}

/// A file with a key, or `none`.
pub(super) fn key(given: Given<'_>) -> Result<Option<ReadFile>, OptionError> {
    let file = file(given)?;
    if let Some(file) = &file {
        file.warn_if_open(given);
    }
    Ok(file)
}

/// The name of a server, or `none`.
pub(super) fn name(given: Given<'_>) -> Result<Option<Box<str>>, OptionError> {
    if given.is_none() {
        return Ok(None);
    }
    available(given)?;
    let expected = "none, a host name or an IP address";
    let text = given.text(expected)?;
    let name = std::str::from_utf8(text).ok().filter(|text| is_name(text));
    let name = name.ok_or_else(|| given.wrong(expected))?;
    Ok(Some(name.into()))
}

fn available(given: Given<'_>) -> Result<(), OptionError> {
    if cfg!(feature = "tls") {
        Ok(())
    } else {
        Err(OptionError::NoTls(given.option))
    }
}

impl Tls {
    /// The certificates of both ends, if memcached is spoken to in TLS.
    ///
    /// # Errors
    /// They are of no use, or are given without `tls`.
    pub(super) fn papers(&self) -> Result<Option<Arc<Papers>>, OptionError> {
        if !self.on {
            let given = [
                ("tls_ca", self.authorities.is_some()),
                ("tls_name", self.name.is_some()),
                ("tls_cert", self.certificate.is_some()),
                ("tls_key", self.key.is_some()),
            ];
            let given = given.into_iter().find(|(_, is_given)| *is_given);
            return given.map_or(Ok(None), |(name, _)| Err(OptionError::NeedsTls(name)));
        }
        let identity = match (&self.certificate, &self.key) {
            (None, None) => None,
            (Some(_), None) => return Err(OptionError::Together("tls_cert", "tls_key")),
            (None, Some(_)) => return Err(OptionError::Together("tls_key", "tls_cert")),
            (Some(certificate), Some(key)) => Some((&*certificate.bytes, &*key.bytes)),
        };
        let authorities = self.authorities.as_ref().map(|file| &*file.bytes);
        let papers = Papers::of(authorities, identity);
        papers.map(Some).map_err(|bad| self.refuse(&bad))
    }

    fn refuse(&self, bad: &BadPapers) -> OptionError {
        let (option, file) = match bad.file {
            PaperFile::Authorities => ("tls_ca", &self.authorities),
            PaperFile::Certificate => ("tls_cert", &self.certificate),
            PaperFile::Key => ("tls_key", &self.key),
        };
        match file {
            Some(file) => file.refuse(option, &bad.why),
            // Those of the system.
            None => OptionError::NoAuthorities(bad.why.clone()),
        }
    }

    /// How a server is spoken to.
    ///
    /// # Errors
    /// Its address is no name that a certificate could be for.
    pub(super) fn secured(
        &self,
        papers: &Arc<Papers>,
        server: &NamedServer,
    ) -> Result<Arc<Secured>, OptionError> {
        let name = self.name.as_deref().or_else(|| host_of(&server.text));
        let Some(name) = name.filter(|name| is_name(name)) else {
            return Err(OptionError::NoTlsName(quoted(&server.text)));
        };
        Secured::new(&server.address, name, papers).map_err(|why| OptionError::Tls {
            server: quoted(&server.text),
            why,
        })
    }
}
