//! Files that were not there before, for their owner alone.

use std::borrow::Cow;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::failure::fails_with;

/// A file that this process has just created. Unless it is kept, it is removed again.
pub(crate) struct NewFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile {
    /// Creates it with mode 0600; never takes one that is there already, or a link.
    pub(crate) fn create(path: &Path) -> Result<Self, NewFileError> {
        let mut options = File::options();
        let created = options.write(true).create_new(true).mode(0o600).open(path);
        let file = created.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => NewFileError::Exists { path: path.into() },
            _ => NewFileError::Os { path: path.into(), source },
        })?;
        Ok(Self { path: path.into(), file, kept: false })
    }

    /// Writes all of its content, as far as the disk.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), NewFileError> {
        let written = self.file.write_all(content).and_then(|()| self.file.sync_all());
        written.map_err(|source| NewFileError::Os { path: self.path.clone(), source })
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file anew, as a whole or not at all. One that was there keeps its mode, and a link to it
/// stays one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), NewFileError> {
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    let mode = path.metadata().map(|metadata| metadata.permissions()).ok();
    put(&path, content, mode)
}

/// Writes a secret, as a whole or not at all. The file is its owner's alone, whatever was there.
pub(crate) fn replace_secret(path: &Path, content: &[u8]) -> Result<(), NewFileError> {
    put(path, content, None)
}

fn put(path: &Path, content: &[u8], mode: Option<Permissions>) -> Result<(), NewFileError> {
    let failed = |source| NewFileError::Os { path: path.into(), source };
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(name);
    let mut file = NewFile::create(&beside)?;
    file.write(content)?;
    if let Some(mode) = mode {
        fs::set_permissions(&beside, mode).map_err(failed)?;
    }
    fs::rename(&beside, path).map_err(failed)?;
    file.keep();
    Ok(())
}

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewFileError {
    /// Something of that name is there.
    #[error("`{}` exists, and nothing is overwritten", path.display())]
    Exists { path: PathBuf },
    /// The system says no.
    #[error("cannot write `{}`", path.display())]
    Os { path: PathBuf, source: io::Error },
}

impl NewFileError {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "io.exists",
            Self::Os { .. } => "io.write",
        }
    }

    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Exists { .. } => "choose another name; an app may still use the old key".into(),
            Self::Os { .. } => "check that the folder exists, and that you may write there".into(),
        })
    }
}

fails_with!(NewFileError);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn d13_a_new_file_is_its_owners_alone_from_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let mut file = NewFile::create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        file.write(b"secret").unwrap();
        file.keep();
        assert_eq!(fs::read(&path).unwrap(), b"secret");
    }

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("key"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        symlink(folder.path().join("elsewhere"), &link).unwrap();
        for taken in [&path, &link] {
            assert_eq!(NewFile::create(taken).err().unwrap().code(), "io.exists");
        }
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(!folder.path().join("elsewhere").exists());
    }

    #[test]
    fn what_is_not_kept_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        drop(NewFile::create(&path).unwrap());
        assert!(!path.exists());
    }
}
