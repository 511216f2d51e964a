use std::fmt;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use orgtoken_oauth::redact;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Whom to believe that a host is who it says it is.
#[derive(Clone)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, as it was when this crate was built.
    Bundled,
    /// The certificates of this PEM text and no others, as `curl --cacert` has it.
    Pem(Vec<u8>),
    /// What the system trusts, or [`Roots::Bundled`] where it has no list.
    System {
        /// The value of `SSL_CERT_FILE`. With this or `directories`, the system's own list is not
        /// read.
        file: Option<PathBuf>,
        /// The entries of `SSL_CERT_DIR`.
        directories: Vec<PathBuf>,
    },
}

impl Roots {
    /// What the system trusts where no variable says otherwise.
    pub const SYSTEM: Self = Self::System { file: None, directories: Vec::new() };

    /// Whether loading them reads files, which a thread of its own should do.
    pub(crate) fn are_on_disk(&self) -> bool {
        matches!(self, Self::System { .. })
    }

    pub(crate) fn load(&self) -> Result<Anchors, RootsFault> {
        match self {
            Self::Bundled => Ok(Anchors::bundled()),
            Self::Pem(text) => {
                let certificates: Result<Vec<_>, _> =
                    CertificateDer::pem_slice_iter(text).collect();
                Anchors::of(certificates.map_err(|_| RootsFault::Syntax)?)
            }
            Self::System { file: None, directories } if directories.is_empty() => {
                Ok(system().unwrap_or_else(Anchors::bundled))
            }
            Self::System { file, directories } => named(file.as_deref(), directories),
        }
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::SYSTEM
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => f.write_str("Bundled"),
            Self::Pem(text) => write!(f, "Pem({} bytes)", text.len()),
            Self::System { file, directories } => {
                write!(f, "System({file:?}, {directories:?})")
            }
        }
    }
}

/// Roots in the form that verifies, and their certificates where they came as such.
pub(crate) struct Anchors {
    pub(crate) store: Arc<RootCertStore>,
    pub(crate) certificates: Vec<CertificateDer<'static>>,
}

impl Anchors {
    fn bundled() -> Self {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { store: Arc::new(store), certificates: Vec::new() }
    }

    /// A list may hold a few certificates that nothing here can read; it must hold one that can be.
    fn of(certificates: Vec<CertificateDer<'static>>) -> Result<Self, RootsFault> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates.iter().cloned());
        if store.is_empty() {
            return Err(RootsFault::Empty);
        }
        Ok(Self { store: Arc::new(store), certificates })
    }
}

fn system() -> Option<Anchors> {
    Anchors::of(rustls_native_certs::load_native_certs().certs).ok()
}

/// Unlike the system's own list, one that somebody named has to be there.
fn named(file: Option<&Path>, directories: &[PathBuf]) -> Result<Anchors, RootsFault> {
    let each = directories.iter().map(|directory| (None, Some(directory.as_path())));
    let mut certificates = Vec::new();
    for (file, directory) in iter::once((file, None)).chain(each) {
        let found = rustls_native_certs::load_certs_from_paths(file, directory);
        if let (true, Some(error)) = (found.certs.is_empty(), found.errors.into_iter().next()) {
            return Err(RootsFault::of(error));
        }
        certificates.extend(found.certs);
    }
    Anchors::of(certificates)
}

/// Why there is nobody to believe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsFault {
    /// No certificate is there, or none that can be read.
    #[error("there is no certificate in it")]
    Empty,
    /// The text has the form of a PEM file and breaks it.
    #[error("it is not PEM")]
    Syntax,
    /// A file that `SSL_CERT_FILE` or `SSL_CERT_DIR` leads to.
    #[error("cannot read `{}`", redact::path(&path.to_string_lossy()))]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RootsFault {
    fn of(error: rustls_native_certs::Error) -> Self {
        match error.kind {
            rustls_native_certs::ErrorKind::Io { inner, path } => {
                Self::Unreadable { path, source: inner }
            }
            _ => Self::Syntax,
        }
    }
}
