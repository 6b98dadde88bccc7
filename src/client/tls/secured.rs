//! How servers are spoken to in TLS. All workers share it, and all actions that speak to a
//! server alike, so that a connection can resume what any other has agreed upon.

use std::sync::{Arc, Mutex, PoisonError};

use memcached_tls::{Client, Fault, Identity, MaterialError, Roots, ServerName, Session, Wrong};

use super::{BadPapers, PaperFile};
use crate::client::Address;

/// Who is trusted, and who we are.
pub(crate) struct Papers {
    /// The files that they were read from.
    files: Files,
    roots: Roots,
    identity: Option<Identity>,
}

#[derive(PartialEq, Eq)]
struct Files {
    authorities: Option<Box<[u8]>>,
    /// A certificate and its key.
    identity: Option<[Box<[u8]>; 2]>,
}

/// How one server is spoken to.
pub(crate) struct Secured {
    address: Address,
    name: ServerName,
    papers: Arc<Papers>,
    client: Client,
}

/// What was made for the configuration that is being read.
struct Made {
    papers: Vec<Arc<Papers>>,
    secured: Vec<Arc<Secured>>,
}

static MADE: Mutex<Made> = Mutex::new(Made {
    papers: Vec::new(),
    secured: Vec::new(),
});

/// The configuration was read.
pub(crate) fn forget() {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.papers.clear();
    made.secured.clear();
}

fn bad(file: PaperFile, why: &MaterialError) -> BadPapers {
    let why = why.to_string();
    BadPapers { file, why }
}

/// Whether a text can be the name of a server.
pub(crate) fn is_name(text: &str) -> bool {
    ServerName::new(text).is_some()
}

impl Papers {
    /// Of files in PEM form; the authorities are those of the system where there is none.
    ///
    /// # Errors
    /// One of them is of no use.
    pub(crate) fn of(
        authorities: Option<&[u8]>,
        identity: Option<(&[u8], &[u8])>,
    ) -> Result<Arc<Self>, BadPapers> {
        let files = Files {
            authorities: authorities.map(Into::into),
            identity: identity.map(|(certificate, key)| [certificate.into(), key.into()]),
        };
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.papers.iter().find(|known| known.files == files) {
            return Ok(Arc::clone(known));
        }
        let roots = authorities.map_or_else(Roots::of_system, Roots::from_pem);
        let identity = identity
            .map(|(certificate, key)| Identity::from_pem(certificate, key))
            .transpose();
        let papers = Arc::new(Self {
            files,
            roots: roots.map_err(|error| bad(PaperFile::Authorities, &error))?,
            identity: identity.map_err(|wrong| match wrong {
                Wrong::Certificate(error) => bad(PaperFile::Certificate, &error),
                Wrong::Key(error) => bad(PaperFile::Key, &error),
            })?,
        });
        made.papers.push(Arc::clone(&papers));
        Ok(papers)
    }
}

impl Secured {
    /// How a server is spoken to that has to show a certificate for this name.
    ///
    /// # Errors
    /// The name is none; or there is no TLS for a reason that has nothing to do with the
    /// configuration.
    pub(crate) fn new(
        address: &Address,
        name: &str,
        papers: &Arc<Papers>,
    ) -> Result<Arc<Self>, String> {
        let name = ServerName::new(name).ok_or("this is no name of a server")?;
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Arc<Self>| {
            known.name == name && known.address == *address && Arc::ptr_eq(&known.papers, papers)
        };
        if let Some(known) = made.secured.iter().find(is_it) {
            return Ok(Arc::clone(known));
        }
        let client = Client::new(name.clone(), &papers.roots, papers.identity.as_ref())?;
        let secured = Arc::new(Self {
            address: address.clone(),
            name,
            papers: Arc::clone(papers),
            client,
        });
        made.secured.push(Arc::clone(&secured));
        Ok(secured)
    }

    /// TLS on a new connection.
    ///
    /// # Errors
    /// It cannot even begin.
    pub(super) fn begin(&self) -> Result<Session, Fault> {
        Session::new(&self.client)
    }
}
