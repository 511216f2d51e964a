//! Reading of files and standard input, with a limit of size and time.

mod permissions;

use permissions::FileFault;
pub(crate) use permissions::{
    KeyFileError, KeyFileWarning, UnsafeFile, read_bearer, read_config, read_config_or_empty,
    read_hub_token, read_key, read_passphrase, read_record,
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
use orgtoken_oauth::redact;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::io::text::{shown, without_number};

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
        Err(error) => {
            Err(InputError::NotText { kind, path: path.into(), offset: error.valid_up_to() })
        }
    }
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reserves standard input, which can be read only once.
fn claim_stdin(kind: Kind) -> Result<(), InputError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::Relaxed) { Err(InputError::Taken { kind }) } else { Ok(()) }
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
        Err(Errno::NXIO) => Err(InputError::NotAFile { kind, path: path.into(), is: "a socket" }),
        Err(error) => Err(InputError::os(kind, path, error.into())),
    }
}

fn read_open(file: File, path: &Path, kind: Kind) -> Result<Zeroizing<Vec<u8>>, InputError> {
    let file_type = file.metadata().map_err(|error| InputError::os(kind, path, error))?.file_type();
    let refused = |is| Err(InputError::NotAFile { kind, path: path.into(), is });
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
    match from.take(limit + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 > limit => {
            Err(InputError::TooLarge { kind, path: path.into(), limit })
        }
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(InputError::TimedOut { kind, path: path.into() })
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
    fn limit(self) -> u64 {
        match self {
            Self::Assertion | Self::Key => 32 << 10,
            Self::Refusal | Self::Settings => 256 << 10,
            Self::Roots => 4 << 20,
            Self::Body => 64 << 20,
        }
    }

    fn code(self, fault: Fault) -> &'static str {
        match (self, fault) {
            (Self::Assertion, Fault::Encoding) => "assertion.encoding",
            (Self::Assertion, Fault::Read) => "assertion.read",
            (Self::Assertion, Fault::TooLarge) => "assertion.too_large",
            (Self::Key, Fault::Encoding) => "key.encoding",
            (Self::Key, Fault::Read) => "key.read",
            (Self::Key, Fault::TooLarge) => "key.too_large",
            (Self::Roots, _) => "tls.roots",
            (Self::Settings, Fault::Encoding) => "settings.encoding",
            (Self::Settings, Fault::Read) => "settings.read",
            (Self::Settings, Fault::TooLarge) => "settings.too_large",
            (Self::Body | Self::Refusal, _) => "usage.file",
        }
    }
}

#[derive(Clone, Copy)]
enum Fault {
    Encoding,
    Read,
    TooLarge,
}

/// A file cannot be read. The error holds nothing of the content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// Not a regular file.
    #[error("cannot read `{}`: it is {is}, not a file", shown(path))]
    NotAFile { kind: Kind, path: PathBuf, is: &'static str },
    /// A secret in place of the name of a file.
    #[error("contains {found}, expected a file name")]
    NotAName { kind: Kind, path: PathBuf, found: &'static str },
    /// Not UTF-8.
    #[error("`{}` is not text: byte {offset} is not UTF-8", shown(path))]
    NotText { kind: Kind, path: PathBuf, offset: usize },
    /// The system refused.
    #[error("cannot read `{}`: {reason}", shown(path))]
    Os { kind: Kind, path: PathBuf, reason: String, missing: bool },
    /// Standard input was read before.
    #[error("`-` can be used only once: standard input was already read")]
    Taken { kind: Kind },
    /// The writer of a pipe did not finish in time.
    #[error("cannot read `{}`: no end after {} seconds", shown(path), PIPE_TIMEOUT.as_secs())]
    TimedOut { kind: Kind, path: PathBuf },
    /// Other users may have written the file.
    #[error("`{}` {fault}", shown(path))]
    Unsafe { path: PathBuf, fault: FileFault },
    /// The file is too large.
    #[error("cannot read `{}`: it is larger than {} KiB", shown(path), limit >> 10)]
    TooLarge { kind: Kind, path: PathBuf, limit: u64 },
}

impl Diagnostic for InputError {
    fn code(&self) -> &str {
        match self {
            Self::NotAFile { kind, .. }
            | Self::NotAName { kind, .. }
            | Self::Os { kind, .. }
            | Self::Taken { kind }
            | Self::TimedOut { kind, .. } => kind.code(Fault::Read),
            Self::NotText { kind, .. } => kind.code(Fault::Encoding),
            Self::Unsafe { .. } => "settings.permissions",
            Self::TooLarge { kind, .. } => kind.code(Fault::TooLarge),
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Os { kind: Kind::Roots, missing: true, .. } => {
                "check the path; a relative path starts at the current folder, and in config.toml \
                 at the folder of that file"
                    .into()
            }
            Self::Os { missing: true, .. } => {
                "check the path; a relative path starts at the current folder".into()
            }
            Self::Os { .. } => "check who may read the file, and which user runs orgtoken".into(),
            Self::NotAFile { .. } => "pass the path of a file".into(),
            Self::NotAName { .. } => {
                "put the text into a file that only you can read, and pass the \
                path of that file"
                    .into()
            }
            Self::NotText { .. } => "save the file as UTF-8".into(),
            Self::Taken { .. } => "put one of the two inputs into a file".into(),
            Self::Unsafe { fault: FileFault::Foreign, .. } => {
                "use a file and folder that belong to you; XDG_CONFIG_HOME names another folder"
                    .into()
            }
            Self::Unsafe { path, fault } => fault.remedy(&permissions::quoted(path)).into(),
            Self::TimedOut { .. } => {
                "check the command that writes into the pipe, or use a file".into()
            }
            Self::TooLarge { .. } => "check that this is the right file".into(),
        })
    }
}

impl InputError {
    /// Withholds the name of the file, which may be a passphrase.
    pub(crate) fn without_path(mut self) -> Self {
        if let Self::NotAFile { path, .. }
        | Self::NotText { path, .. }
        | Self::Os { path, .. }
        | Self::TimedOut { path, .. }
        | Self::TooLarge { path, .. } = &mut self
        {
            *path = redact::WITHHELD.into();
        }
        self
    }

    pub(crate) fn os(kind: Kind, path: &Path, error: io::Error) -> Self {
        if let Some(found) = redact::secret_as_path(&path.to_string_lossy()) {
            return Self::NotAName { kind, path: path.into(), found };
        }
        let missing = error.kind() == io::ErrorKind::NotFound;
        let reason = without_number(&error.to_string());
        Self::Os { kind, path: path.into(), reason, missing }
    }
}

/// The time limit of a pipe.
const PIPE_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
