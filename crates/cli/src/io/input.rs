//! Reading of files and standard input, with a limit of size and time.

mod permissions;

use permissions::FileFault;
pub(crate) use permissions::{
    KEY_IN_RECORD, UnsafeFile, read_bearer, read_config, read_hub_token, read_passphrase,
    read_with_permissions,
};

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use orgtoken_assertion::Diagnostic;
use orgtoken_client::error_chain;
use orgtoken_oauth::redact;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::io::text::{opened, shown};

/// The kind of an input. It decides the size limit and the error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An assertion to inspect.
    Assertion,
    /// A key, its passphrase or its certificate.
    Key,
    /// The body of a call, or a list of values.
    Body,
    /// The output of another tool.
    Refusal,
    /// Certificates of trusted authorities.
    Roots,
    /// A record, `config.toml`, a bearer file or the Hub's token.
    Settings,
}

/// Reads a file, or standard input if the path is `-`.
pub(crate) fn read(path: &Path, kind: Kind) -> Result<Zeroizing<Vec<u8>>, InputError> {
    if is_stdin(path) { read_stdin(kind) } else { read_open(open(path, kind)?, path, kind) }
}

/// Reads a file that holds text.
pub(crate) fn read_text(path: &Path, kind: Kind) -> Result<Zeroizing<String>, InputError> {
    match str::from_utf8(&read(path, kind)?) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => Err(InputError::new(kind, path, Fault::NotText(error.valid_up_to()))),
    }
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reserves standard input, which can be read only once.
fn claim_stdin(kind: Kind) -> Result<(), InputError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    match TAKEN.swap(true, Ordering::Relaxed) {
        true => Err(InputError::new(kind, Path::new("-"), Fault::Taken)),
        false => Ok(()),
    }
}

/// Returns standard input as a file, for a command that reads more than [`read`] does.
pub(crate) fn take_stdin(kind: Kind) -> Result<File, InputError> {
    claim_stdin(kind)?;
    let owned = io::stdin().as_fd().try_clone_to_owned();
    owned.map(File::from).map_err(|error| InputError::os(kind, Path::new("-"), error))
}

fn read_stdin(kind: Kind) -> Result<Zeroizing<Vec<u8>>, InputError> {
    claim_stdin(kind)?;
    // There is no time limit, as with other filters.
    capped(io::stdin().lock(), Path::new("standard input"), kind)
}

/// Opens a file without waiting for the writer of a pipe.
fn open(path: &Path, kind: Kind) -> Result<File, InputError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(opened) => Ok(File::from(opened)),
        Err(Errno::NXIO) => Err(InputError::new(kind, path, Fault::NotAFile("a socket"))),
        Err(error) => Err(InputError::os(kind, path, error.into())),
    }
}

fn read_open(file: File, path: &Path, kind: Kind) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let file_type = file.metadata().map_err(|error| InputError::os(kind, path, error))?.file_type();
    let refused = |is| Err(InputError::new(kind, path, Fault::NotAFile(is)));
    if file_type.is_file() {
        capped(file, path, kind)
    } else if file_type.is_dir() {
        refused("a folder")
    } else if file_type.is_block_device() {
        refused("a device")
    } else {
        // A pipe (`<(…)`), or a character device.
        capped(DeadlineReader { file, deadline: Instant::now() + PIPE_TIMEOUT }, path, kind)
    }
}

/// Reads up to one byte more than the limit, to detect a larger file.
fn capped(from: impl Read, path: &Path, kind: Kind) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let limit = kind.limit();
    // Enough for a key or a record.
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 << 10));
    match from.take(limit as u64 + 1).read_to_end(&mut bytes) {
        Ok(read) if read > limit => Err(InputError::new(kind, path, Fault::TooLarge(limit))),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(InputError::new(kind, path, Fault::TimedOut))
        }
        Err(error) => Err(InputError::os(kind, path, error)),
    }
}

/// A pipe with a deadline.
struct DeadlineReader {
    file: File,
    deadline: Instant,
}

impl Read for DeadlineReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
            let mut waiting = [PollFd::from_borrowed_fd(self.file.as_fd(), PollFlags::IN)];
            match poll(&mut waiting, Some(&left)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }
}

impl Kind {
    /// In bytes.
    fn limit(self) -> usize {
        match self {
            Self::Assertion | Self::Key => 32 << 10,
            Self::Refusal | Self::Settings => 256 << 10,
            Self::Roots => 4 << 20,
            Self::Body => 64 << 20,
        }
    }
}

/// A file cannot be read. The error holds nothing of the content.
#[derive(Debug, thiserror::Error)]
#[error("{}", fault.message(path))]
pub(crate) struct InputError {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    pub(crate) fault: Fault,
}

/// The fault of an input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Not a regular file.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// A secret in place of the name of a file.
    #[error("contains {0}, expected a file name")]
    NotAName(&'static str),
    /// Not UTF-8 at this offset.
    #[error("byte {0} is not UTF-8")]
    NotText(usize),
    /// The system refused.
    #[error("{reason}")]
    Os { reason: String, missing: bool },
    /// Standard input was read before.
    #[error("`-` can be used only once: standard input was already read")]
    Taken,
    /// The writer of a pipe did not finish in time.
    #[error("no end after {} seconds", PIPE_TIMEOUT.as_secs())]
    TimedOut,
    /// The file is larger than this limit.
    #[error("it is larger than {} KiB", .0 >> 10)]
    TooLarge(usize),
    /// Other users may have read or written it.
    #[error("{fault}")]
    Unsafe { what: &'static str, fault: FileFault },
}

impl Fault {
    fn message(&self, path: &Path) -> String {
        let path = match self {
            Self::NotText(_) => opened(path),
            _ => shown(path),
        };
        match self {
            Self::NotAName(_) | Self::Taken => self.to_string(),
            Self::NotText(_) => format!("`{path}` is not text: {self}"),
            Self::Unsafe { what, .. } => format!("{what} `{path}` {self}"),
            _ => format!("cannot read `{path}`: {self}"),
        }
    }
}

impl Diagnostic for InputError {
    fn code(&self) -> &str {
        match (self.kind, &self.fault) {
            (Kind::Body | Kind::Refusal, _) => "usage.file",
            (Kind::Roots, _) => "tls.roots",
            (Kind::Assertion, Fault::NotText(_)) => "assertion.encoding",
            (Kind::Assertion, Fault::TooLarge(_)) => "assertion.too_large",
            (Kind::Assertion, _) => "assertion.read",
            (Kind::Key, Fault::NotText(_)) => "key.encoding",
            (Kind::Key, Fault::TooLarge(_)) => "key.too_large",
            (Kind::Key, Fault::Unsafe { .. }) => "key.permissions",
            (Kind::Key, _) => "key.read",
            (Kind::Settings, Fault::NotText(_)) => "settings.encoding",
            (Kind::Settings, Fault::TooLarge(_)) => "settings.too_large",
            (Kind::Settings, Fault::Unsafe { .. }) => "settings.permissions",
            (Kind::Settings, _) => "settings.read",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match &self.fault {
            Fault::Os { missing: true, .. } if self.kind == Kind::Roots => {
                "check the path; a relative path starts at the current folder, and in config.toml \
                 at the folder of that file"
            }
            Fault::Os { missing: true, .. } => {
                "check the path; a relative path starts at the current folder"
            }
            Fault::Os { .. } => "check who may read the file, and which user runs orgtoken",
            Fault::NotAFile(_) => "pass the path of a file",
            Fault::NotAName(_) => {
                "put the text into a file that only you can read, and pass the path of that file"
            }
            Fault::NotText(_) => "save the file as UTF-8",
            Fault::Taken => "put one of the two inputs into a file",
            Fault::TimedOut => "check the command that writes into the pipe, or use a file",
            Fault::TooLarge(_) => "check that this is the right file",
            Fault::Unsafe { what, fault } => return Some(fault.remedy(what, &self.path).into()),
        };
        Some(hint.into())
    }
}

impl InputError {
    pub(crate) fn new(kind: Kind, path: &Path, fault: Fault) -> Self {
        Self { kind, path: path.into(), fault }
    }

    pub(crate) fn os(kind: Kind, path: &Path, error: io::Error) -> Self {
        let fault = match redact::secret_as_path(&path.to_string_lossy()) {
            Some(found) => Fault::NotAName(found),
            None => {
                let missing = error.kind() == io::ErrorKind::NotFound;
                Fault::Os { reason: error_chain(&error), missing }
            }
        };
        Self::new(kind, path, fault)
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.fault, Fault::Os { missing: true, .. })
    }
}

/// The time limit of a pipe.
const PIPE_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
