//! Whose word counts on who a server is.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;

use crate::client::provider;
use crate::error::MaterialError;
use crate::pem::certificates;

/// Authorities that certificates of servers may come from. Clones share them.
#[derive(Clone)]
pub struct Roots(pub(crate) Arc<WebPkiServerVerifier>);

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roots")
    }
}

impl Roots {
    /// The certificates of a PEM file, all of which must be good for something.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, MaterialError> {
        let mut store = RootCertStore::empty();
        for (at, certificate) in certificates(bytes)?.into_iter().enumerate() {
            store
                .add(certificate)
                .map_err(|error| MaterialError::Certificate {
                    number: at + 1,
                    why: error.to_string().into(),
                })?;
        }
        Self::of(store)
    }

    /// Those that the system trusts. Reads files.
    ///
    /// # Errors
    /// There are none.
    pub fn of_system() -> Result<Self, MaterialError> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        // Old systems have some that nobody can read any more.
        let (usable, _) = store.add_parsable_certificates(found.certs);
        if usable == 0 {
            let why = found.errors.first();
            let why = why.map_or_else(String::new, |error| format!(" ({error})"));
            return Err(MaterialError::NoSystem(why.into()));
        }
        Self::of(store)
    }

    fn of(store: RootCertStore) -> Result<Self, MaterialError> {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider());
        let verifier = verifier.build();
        // It has certificates, and no lists of those that were revoked.
        verifier
            .map(Self)
            .map_err(|error| MaterialError::Pem(error.to_string().into()))
    }
}
