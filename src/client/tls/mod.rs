//! TLS on connections to servers that want it. Without the feature `tls` there is none:
//! of the same types none can be made then.

#[cfg(feature = "tls")]
mod layer;
#[cfg(not(feature = "tls"))]
mod off;
#[cfg(feature = "tls")]
mod secured;

#[cfg(feature = "tls")]
pub(super) use layer::{Layer, PLAIN_EXTRA};
#[cfg(not(feature = "tls"))]
pub(super) use off::{Layer, PLAIN_EXTRA};

#[cfg(not(feature = "tls"))]
pub(crate) use off::{Papers, Secured, forget, is_name};
#[cfg(feature = "tls")]
pub(crate) use secured::{Papers, Secured, forget, is_name};

/// Why [`Papers`] are of no use.
pub(crate) struct BadPapers {
    pub(crate) file: PaperFile,
    pub(crate) why: String,
}

/// A file that is read for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "none is read"))]
pub(crate) enum PaperFile {
    /// Who is trusted; or the list of the system where there is none.
    Authorities,
    Certificate,
    Key,
}
