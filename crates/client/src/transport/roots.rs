mod form;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use orgtoken_oauth::redact;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_native_certs::{CertificateResult, load_certs_from_paths};

/// The trusted certificate authorities.
#[derive(Clone)]
#[non_exhaustive]
pub enum Roots {
    /// The list of Mozilla, as of the build of this crate.
    Bundled,
    /// Only the certificates of a PEM file.
    File {
        /// The name in errors: the path, and the setting that names it.
        name: String,
        /// The content.
        pem: Vec<u8>,
    },
    /// Only the certificates of this PEM text, like `curl --cacert`.
    Pem(Vec<u8>),
    /// The list of the system, or [`Roots::Bundled`] if the system has none.
    System {
        /// The value of `SSL_CERT_FILE`. With this or `directories`, the list of the system is not
        /// read.
        file: Option<PathBuf>,
        /// The entries of `SSL_CERT_DIR`.
        directories: Vec<PathBuf>,
    },
}

impl Roots {
    /// The list of the system, where openssl-probe finds it.
    pub const SYSTEM: Self = Self::System { file: None, directories: Vec::new() };

    /// Whether loading them reads files, which needs its own thread.
    pub(super) fn are_on_disk(&self) -> bool {
        matches!(self, Self::System { .. })
    }

    pub(super) fn load(&self) -> Result<Anchors, RootsFault> {
        match self {
            Self::Bundled => Ok(Anchors::bundled()),
            Self::File { name, pem } => given(name, pem),
            Self::Pem(pem) => given("the CA certificates", pem),
            Self::System { file: None, directories } if directories.is_empty() => {
                Ok(Anchors::of(system().certs).unwrap_or_else(Anchors::bundled))
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
            Self::File { name, pem } => write!(f, "File({name}, {} bytes)", pem.len()),
            Self::Pem(pem) => write!(f, "Pem({} bytes)", pem.len()),
            Self::System { file, directories } => {
                write!(f, "System({file:?}, {directories:?})")
            }
        }
    }
}

/// Loaded roots.
pub(super) struct Anchors {
    pub(super) store: Arc<RootCertStore>,
    /// The certificates that the user named, which a server may present itself.
    pub(super) given: Vec<CertificateDer<'static>>,
}

impl Anchors {
    fn bundled() -> Self {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { store: Arc::new(store), given: Vec::new() }
    }

    /// A list may contain certificates that webpki cannot parse. At least one has to be valid.
    fn of(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(certificates);
        (!store.is_empty()).then(|| Self { store: Arc::new(store), given: Vec::new() })
    }

    fn given(certificates: Vec<CertificateDer<'static>>) -> Option<Self> {
        Some(Self { given: certificates.clone(), ..Self::of(certificates)? })
    }
}

fn given(name: &str, pem: &[u8]) -> Result<Anchors, RootsFault> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let anchors = certificates.ok().and_then(Anchors::given);
    anchors.ok_or_else(|| RootsFault::form(name.to_owned(), form::describe(pem)))
}

fn system() -> CertificateResult {
    // Other systems have a store instead of files.
    if cfg!(any(target_os = "macos", windows)) {
        return rustls_native_certs::load_native_certs();
    }
    let found = openssl_probe::probe();
    bundle_or_folders(found.cert_file.as_deref(), &found.cert_dir)
}

/// Reads the bundle if there is one, else the folders. If both exist, the folder has the same
/// certificates in 280 files.
fn bundle_or_folders(bundle: Option<&Path>, folders: &[PathBuf]) -> CertificateResult {
    let bundle = bundle.map(|file| load_certs_from_paths(Some(file), None));
    bundle.filter(|bundle| !bundle.certs.is_empty()).unwrap_or_else(|| {
        let mut all = CertificateResult::default();
        for folder in folders {
            all.certs.extend(load_certs_from_paths(None, Some(folder)).certs);
        }
        all
    })
}

/// Reads the files and folders that the user named. Unlike those of the system, each has to be
/// readable.
fn named(file: Option<&Path>, folders: &[PathBuf]) -> Result<Anchors, RootsFault> {
    let mut certificates = Vec::new();
    if let Some(file) = file {
        let name = shown(file, "SSL_CERT_FILE");
        let pem = match read(file) {
            Ok(pem) => pem,
            Err(error) => return Err(RootsFault::Unreadable { name, source: Arc::new(error) }),
        };
        certificates.extend(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
        if certificates.is_empty() {
            return Err(RootsFault::form(name, form::describe(&pem)));
        }
    }
    for folder in folders {
        std::fs::read_dir(folder).map_err(|error| RootsFault::Unreadable {
            name: shown(folder, "SSL_CERT_DIR"),
            source: Arc::new(error),
        })?;
        certificates.extend(load_certs_from_paths(None, Some(folder)).certs);
    }
    let names: Vec<_> = folders.iter().map(|folder| shown(folder, "SSL_CERT_DIR")).collect();
    Anchors::given(certificates)
        .ok_or_else(|| RootsFault::form(names.join(", "), form::NO_CERTIFICATE))
}

/// Reads a file of roots. A device or a pipe is refused, since it might never end.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(file)?;
    if !found.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if found.len() > MAX_LEN {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read(file)
}

fn shown(path: &Path, setting: &str) -> String {
    format!("`{}` ({setting})", redact::path(&path.to_string_lossy()))
}

/// Roots that cannot be loaded.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsFault {
    /// It is not a PEM file of certificates.
    #[error("{name} {found}")]
    Form {
        /// The file and the setting that names it.
        name: String,
        /// The form of the file, as the end of a sentence.
        found: &'static str,
        /// The next step.
        hint: &'static str,
    },
    /// It cannot be read.
    #[error("cannot read {name}")]
    Unreadable {
        /// The file or folder, and the setting that names it.
        name: String,
        /// The system's error.
        source: Arc<io::Error>,
    },
}

impl RootsFault {
    fn form(name: String, (found, hint): (&'static str, &'static str)) -> Self {
        Self::Form { name, found, hint }
    }

    /// The next step.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Form { hint, .. } => hint,
            Self::Unreadable { .. } => "check the path, and the permissions of the file",
        }
    }
}

/// The largest file; the list of a system has 200 KiB.
const MAX_LEN: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn bundle_is_preferred_to_the_folder() {
        let root = rcgen::generate_simple_self_signed(["root.example".to_owned()]).unwrap();
        let pem = root.cert.pem();
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_owned()];
        fs::write(folder.path().join("a.pem"), &pem).unwrap();
        let (bundle, empty) = (folder.path().join("b.pem"), folder.path().join("c.pem"));
        fs::write(&empty, "").unwrap();
        assert_eq!(bundle_or_folders(None, &folders).certs.len(), 1);
        assert_eq!(bundle_or_folders(Some(&empty), &folders).certs.len(), 1);
        fs::write(&bundle, &pem).unwrap();
        assert_eq!(bundle_or_folders(Some(&bundle), &["/nonexistent".into()]).certs.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn endless_ssl_cert_file_is_refused() {
        use std::error::Error as _;

        let Err(fault) = named(Some(Path::new("/dev/zero")), &[]) else { panic!() };
        assert_eq!(fault.to_string(), "cannot read `/dev/zero` (SSL_CERT_FILE)");
        assert_eq!(fault.source().unwrap().to_string(), "not a regular file");
        let folder = tempfile::tempdir().unwrap();
        let large = folder.path().join("large.pem");
        fs::File::create(&large).unwrap().set_len(MAX_LEN + 1).unwrap();
        assert!(named(Some(&large), &[]).is_err());
    }

    #[test]
    fn error_names_file_setting_and_form() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roots");
        for (content, words) in [
            (&b""[..], "is empty"),
            (b"\x30\x82\x01\x00\x30\x81\xaa", "is DER, not PEM"),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", "is a Java key store (JKS), not PEM"),
        ] {
            fs::write(&file, content).unwrap();
            let Err(fault) = named(Some(&file), &[]) else { panic!("{words}") };
            let expected = format!("`{}` (SSL_CERT_FILE) {words}", file.display());
            assert_eq!(fault.to_string(), expected);
        }
        let Err(fault) = named(None, &[file.join("x")]) else { panic!() };
        assert_eq!(
            fault.to_string(),
            format!("cannot read `{}` (SSL_CERT_DIR)", file.join("x").display())
        );
    }
}
