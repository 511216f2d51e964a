//! Private keys are read only where nobody else could have read or replaced them, by the rule of
//! OpenSSH.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::StatVfsMountFlags;
use zeroize::Zeroizing;

use super::{InputError, Kind};
use crate::failure::fails_with;

/// Reads a private key's file. It is opened once, and who may read it is asked of what was opened.
///
/// Standard input and pipes have no mode that means anything.
pub(crate) fn read_key(
    path: &Path,
) -> Result<(Zeroizing<Vec<u8>>, Option<KeyFileWarning>), KeyFileError> {
    if super::is_stdin(path) {
        return Ok((super::read(path, Kind::Key)?, None));
    }
    let file = super::open(path, Kind::Key)?;
    let metadata = file.metadata().map_err(|error| InputError::os(Kind::Key, path, error))?;
    let warning = if metadata.is_file() { check(path, &file, &metadata)? } else { None };
    Ok((super::read_open(file, path, Kind::Key)?, warning))
}

/// Group or others have rights to this file.
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && is_lax(metadata.mode()))
}

fn is_lax(mode: u32) -> bool {
    mode & 0o077 != 0
}

fn check(
    path: &Path,
    file: &File,
    metadata: &Metadata,
) -> Result<Option<KeyFileWarning>, KeyFileError> {
    let Some(fault) = fault(path, metadata, rustix::process::geteuid().as_raw()) else {
        return Ok(None);
    };
    if is_mounted_by_a_platform(path, file) || (metadata.uid() == ROOT && !is_root()) {
        Ok(Some(KeyFileWarning { path: path.into(), fault }))
    } else {
        Err(KeyFileError::Permissions { path: path.into(), fault })
    }
}

/// What is wrong with the file for user `me`.
fn fault(path: &Path, metadata: &Metadata, me: u32) -> Option<KeyFileFault> {
    let mode = metadata.mode() & 0o7777;
    if metadata.uid() != me && metadata.uid() != ROOT {
        Some(KeyFileFault::Foreign)
    } else if is_lax(mode) {
        Some(KeyFileFault::Readable { mode })
    } else if is_replaceable(path) {
        Some(KeyFileFault::Replaceable)
    } else {
        None
    }
}

/// Everyone may put another file in its place. In a sticky folder such as `/tmp` they may not.
fn is_replaceable(path: &Path) -> bool {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return false,
    };
    folder.metadata().is_ok_and(|folder| folder.mode() & 0o1002 == 0o002)
}

/// Kubernetes, Docker and systemd hand secrets in with modes of their own choice.
fn is_mounted_by_a_platform(path: &Path, file: &File) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.into());
    let of_kubernetes = |part: Component<'_>| {
        let part: &OsStr = part.as_os_str();
        part.len() > 2 && part.as_encoded_bytes().starts_with(b"..")
    };
    real.starts_with("/run/secrets")
        || real.components().any(of_kubernetes)
        || rustix::fs::fstatvfs(file)
            .is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Why a private key's file is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Others could have read or replaced it.
    #[error("private key `{}` {fault}", path.display())]
    Permissions { path: PathBuf, fault: KeyFileFault },
}

impl KeyFileError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Input(error) => error.code(),
            Self::Permissions { .. } => "key.permissions",
        }
    }

    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Input(error) => error.hint(),
            Self::Permissions { path, fault } => Some(fault.remedy(path).into()),
        }
    }
}

fails_with!(KeyFileError);

/// A private key's file that others can read, where that is how the machine is run.
#[derive(Debug, thiserror::Error)]
#[error("private key `{}` {fault}", path.display())]
pub(crate) struct KeyFileWarning {
    path: PathBuf,
    fault: KeyFileFault,
}

/// What is wrong with the place of a private key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileFault {
    /// Another user wrote it.
    #[error("belongs to another user")]
    Foreign,
    /// Group or others have rights to it.
    #[error("is open to other users (mode {mode:04o})")]
    Readable { mode: u32 },
    /// Anyone may put another file there.
    #[error("lies in a folder in which everyone may write")]
    Replaceable,
}

impl KeyFileFault {
    fn remedy(&self, path: &Path) -> String {
        let path = quoted(path);
        match self {
            Self::Foreign => format!("copy it to a file of your own: install -m 600 {path} ~/"),
            Self::Readable { .. } => format!("run: chmod 600 {path}"),
            Self::Replaceable => "move it to a folder in which only you may write".into(),
        }
    }
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    crate::text::sh_quoted(&path.to_string_lossy())
}

const ROOT: u32 = 0;

#[cfg(test)]
mod tests;
