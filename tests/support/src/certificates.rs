//! An authority of a test's own, and what it certifies.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tempfile::TempDir;

/// A certificate and its key, in PEM form.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// Years in which a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Years {
    /// Now.
    Now,
    /// Not any more.
    Past,
    /// Not yet.
    Future,
}

/// An authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let mut params = params(&[], name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = new_key();
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            issuer: Issuer::new(params, key),
            certificate: certificate.pem(),
        }
    }

    /// Its own certificate, in PEM form.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for host names and IP addresses.
    pub fn certify(&self, names: &[&str], years: Years) -> Certified {
        let mut params = params(names, "certified");
        let (from, to) = match years {
            Years::Now => return self.sign(&params),
            Years::Past => (2001, 2002),
            Years::Future => (2101, 2102),
        };
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Certified {
        let key = new_key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Certified {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A certificate that vouches for itself; whether as an authority.
pub fn self_signed(names: &[&str], as_authority: bool) -> Certified {
    let mut params = params(names, "alone");
    if as_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = new_key();
    let certificate = params.self_signed(&key).expect("a certificate");
    Certified {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("host names and IP addresses");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

/// A folder with files of certificates and keys.
pub struct CertificateFolder(TempDir);

impl CertificateFolder {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it is made on the disk")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // memcached runs as somebody else if we are root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("our own");
        Self(folder)
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that everybody may read.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        self.write_with(name, text, 0o644)
    }

    /// Lets everybody read a file.
    pub fn open(&self, name: &str) {
        let mode = Permissions::from_mode(0o644);
        fs::set_permissions(self.path(name), mode).expect("our own file");
    }

    /// Writes a file.
    pub fn write_with(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
        path
    }
}
