//! Files in PEM form.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error, PemObject};

use crate::error::MaterialError;

/// All certificates of a file, in its order; at least one.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, MaterialError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let all = all.map_err(|error| of_pem(&error, "certificate"))?;
    if all.is_empty() {
        return Err(MaterialError::Nothing("certificate"));
    }
    Ok(all)
}

/// `what` was looked for.
pub(crate) fn of_pem(error: &Error, what: &'static str) -> MaterialError {
    match error {
        Error::NoItemsFound => MaterialError::Nothing(what),
        other => MaterialError::Pem(other.to_string().into()),
    }
}
