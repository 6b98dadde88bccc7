//! Who we are, for servers that want to know.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use crate::client::provider;
use crate::error::MaterialError;
use crate::pem::{certificates, of_pem};
use crate::words::of_other;

/// A certificate and its key. Clones share them.
#[derive(Clone)]
pub struct Identity(pub(crate) Arc<CertifiedKey>);

impl fmt::Debug for Identity {
    /// Says nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

/// Which of both files is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The certificate's.
    Certificate(MaterialError),
    /// The key's.
    Key(MaterialError),
}

impl Identity {
    /// A certificate with those that lead to its authority, and its key, both in PEM form.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, Wrong> {
        let chain = certificates(certificate).map_err(Wrong::Certificate)?;
        let key = match PrivateKeyDer::from_pem_slice(key) {
            Ok(key) => key,
            Err(_) if contains(key, b"BEGIN ENCRYPTED PRIVATE KEY") => {
                return Err(Wrong::Key(MaterialError::Encrypted));
            }
            Err(error) => return Err(Wrong::Key(of_pem(&error, "key"))),
        };
        let made = CertifiedKey::from_der(chain, key, &provider());
        made.map(|made| Self(Arc::new(made)))
            .map_err(|error| match error {
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    Wrong::Key(MaterialError::OtherKey)
                }
                Error::InvalidCertificate(why) => Wrong::Certificate(MaterialError::Certificate {
                    number: 1,
                    why: of_other(&why).into(),
                }),
                other => Wrong::Key(MaterialError::Key(other.to_string().into())),
            })
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
