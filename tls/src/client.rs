//! How one server is spoken to.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, Error};

use crate::identity::Identity;
use crate::roots::Roots;

/// The arithmetic, which all share.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let made = PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()));
    Arc::clone(made)
}

/// The name or the IP address that a server's certificate must be for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerName(pki_types::ServerName<'static>);

impl ServerName {
    /// A host name or an IP address; `None` if it is neither.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        // What ends with a dot is complete, but certificates and SNI do not have it.
        let text = text.strip_suffix('.').unwrap_or(text);
        let name = pki_types::ServerName::try_from(text).ok()?;
        Some(Self(name.to_owned()))
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_str())
    }
}

/// How one server is spoken to. All connections to it should share this, for it has what
/// resumes a session; those to others should not, for they cannot resume it.
pub struct Client {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: pki_types::ServerName<'static>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.name).finish()
    }
}

/// Sessions that can be resumed; a server gives two tickets to each connection.
const TICKETS: usize = 64;

impl Client {
    /// The server must show a certificate for `name` that comes from one of `roots`;
    /// `identity` is shown to it if it asks.
    ///
    /// # Errors
    /// Nothing that depends on what is given: rustls lacks the arithmetic that it asks for.
    pub fn new(
        name: ServerName,
        roots: &Roots,
        identity: Option<&Identity>,
    ) -> Result<Self, String> {
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(|error: Error| error.to_string())?
            .with_webpki_verifier(Arc::clone(&roots.0));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(
                Arc::clone(&identity.0),
            ))),
        };
        config.resumption = match identity {
            None => Resumption::in_memory_sessions(TICKETS),
            // OpenSSL ends a handshake that resumes a session with a client it has to know,
            // unless the server has named its sessions, which memcached seldom does.
            Some(_) => Resumption::disabled(),
        };
        Ok(Self {
            config: Arc::new(config),
            name: name.0,
        })
    }
}
