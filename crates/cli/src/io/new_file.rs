//! Creating and replacing files.

use std::borrow::Cow;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;
use rustix::fs::OFlags;
use rustix::process::geteuid;
use tempfile::{NamedTempFile, TempPath};

use crate::io::text::shown;

/// A file that this process has created. It is removed when dropped, unless it is kept.
pub(crate) struct NewFile(NamedTempFile);

impl NewFile {
    /// Creates a file with mode 0600. An existing file or link is an error.
    pub(crate) fn create(path: &Path) -> Result<Self, NewFileError> {
        refuse_secret(path)?;
        let mut options = File::options();
        let created = options.write(true).create_new(true).mode(0o600).open(path);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => NewFileError::Exists { path: path.into() },
            _ => NewFileError::Os { path: path.into(), source },
        };
        let file = created.map_err(failed)?;
        let path = TempPath::try_from_path(path).map_err(failed)?;
        Ok(Self(NamedTempFile::from_parts(file, path)))
    }

    /// Writes and syncs the content.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), NewFileError> {
        let file = self.0.as_file_mut();
        let written = file.write_all(content).and_then(|()| file.sync_all());
        written.map_err(|source| NewFileError::Os { path: self.0.path().into(), source })
    }

    pub(crate) fn keep(self) {
        // It cannot fail on Unix.
        let _ = self.0.keep();
    }
}

/// Creates a folder with mode 0700, unless it exists.
pub(crate) fn create_folder(folder: &Path) -> Result<(), NewFileError> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|source| NewFileError::Os { path: folder.into(), source })
}

/// Replaces a file atomically. The mode of the old file and a link to it are preserved.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), NewFileError> {
    if write_to_stream(path, content)? {
        return Ok(());
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    let mode = path.metadata().map(|metadata| metadata.permissions()).ok();
    replace_atomically(&path, content, mode)
}

/// Writes a secret atomically to a file with mode 0600. An old file or link is replaced.
pub(crate) fn replace_secret(path: &Path, content: &[u8]) -> Result<(), NewFileError> {
    refuse_secret(path)?;
    if write_to_stream(path, content)? { Ok(()) } else { replace_atomically(path, content, None) }
}

/// Writes a secret to a new file with mode 0600.
pub(crate) fn create_secret(path: &Path, content: &[u8]) -> Result<(), NewFileError> {
    if write_to_stream(path, content)? {
        return Ok(());
    }
    let mut file = NewFile::create(path)?;
    file.write(content)?;
    file.keep();
    Ok(())
}

/// Writes to a device, a pipe or a stream of this process such as `/dev/stdout`, which a file must
/// not replace. Returns whether the path is one of them.
fn write_to_stream(path: &Path, content: &[u8]) -> Result<bool, NewFileError> {
    let Ok(found) = path.metadata() else { return Ok(false) };
    let is_ours = is_descriptor(path);
    if found.is_dir() || (found.is_file() && !is_ours) {
        return Ok(false);
    }
    let failed = |source| NewFileError::Os { path: path.into(), source };
    let flags = OFlags::NOCTTY.bits().cast_signed();
    let mut file = File::options().append(true).custom_flags(flags).open(path).map_err(failed)?;
    let opened = file.metadata().map_err(failed)?;
    // A pipe of another user would give the secret to that user.
    let is_trusted = [0, geteuid().as_raw()].contains(&opened.uid());
    if opened.is_file() != found.is_file() || !(is_ours || is_trusted) {
        return Err(NewFileError::Foreign { path: path.into() });
    }
    file.write_all(content).map_err(failed)?;
    Ok(true)
}

/// Whether the path is a file descriptor: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`.
fn is_descriptor(path: &Path) -> bool {
    let in_proc = |path: PathBuf| path.starts_with("/proc");
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(in_proc) || fs::read_link(path).is_ok_and(in_proc)
}

fn replace_atomically(
    path: &Path,
    content: &[u8],
    mode: Option<Permissions>,
) -> Result<(), NewFileError> {
    let folder = path.parent().unwrap_or(path);
    let written = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(content)?;
        if let Some(mode) = mode {
            file.as_file().set_permissions(mode)?;
        }
        file.as_file().sync_all()?;
        Ok(file.persist(path)?)
    });
    written.map(drop).map_err(|source| NewFileError::Os { path: path.into(), source })
}

/// Refuses a key or token as the name of a file, which others can see.
pub(crate) fn refuse_secret(path: &Path) -> Result<(), NewFileError> {
    match redact::secret_as_path(&path.to_string_lossy()) {
        Some(found) if found.starts_with("a key") => Err(NewFileError::NotAName { found }),
        _ => Ok(()),
    }
}

/// A file was not created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewFileError {
    /// The file exists.
    #[error("`{}` already exists", shown(path))]
    Exists { path: PathBuf },
    /// The pipe belongs to another user.
    #[error("cannot write `{}`: it belongs to another user", shown(path))]
    Foreign { path: PathBuf },
    /// A key or token in place of the name of a file.
    #[error("contains {found}, expected a file name")]
    NotAName { found: &'static str },
    /// The system refused.
    #[error("cannot write `{}`", shown(path))]
    Os { path: PathBuf, source: io::Error },
}

impl Diagnostic for NewFileError {
    fn code(&self) -> &str {
        match self {
            Self::Exists { .. } => "io.exists",
            Self::Foreign { .. } | Self::NotAName { .. } | Self::Os { .. } => "io.write",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Exists { .. } => {
                "choose another name, or move the file if nothing uses it any more".into()
            }
            Self::Foreign { .. } => "use a file or pipe that belongs to you".into(),
            Self::NotAName { .. } => "pass the name of a file, not its content".into(),
            Self::Os { source, .. } => match source.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem => {
                    "check that the folder exists and that you may write there".into()
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free space there, or write to another disk".into()
                }
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::{FileTypeExt, chown, symlink};
    use std::thread;

    use orgtoken_client::error_chain;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn new_file_has_mode_0600() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let mut file = NewFile::create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        file.write(b"secret").unwrap();
        file.keep();
        assert_eq!(fs::read(&path).unwrap(), b"secret");
    }

    #[test]
    fn create_refuses_an_existing_file_and_a_link() {
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
    fn hint_is_right_for_the_reason() {
        let folder = Some("check that the folder exists and that you may write there");
        let space = Some("free space there, or write to another disk");
        for (kind, hint) in [
            (io::ErrorKind::NotFound, folder),
            (io::ErrorKind::PermissionDenied, folder),
            (io::ErrorKind::ReadOnlyFilesystem, folder),
            (io::ErrorKind::StorageFull, space),
            (io::ErrorKind::QuotaExceeded, space),
            (io::ErrorKind::IsADirectory, None),
        ] {
            let error = NewFileError::Os { path: "file".into(), source: kind.into() };
            assert_eq!(error.hint().as_deref(), hint, "{kind}");
        }
    }

    #[test]
    fn reason_is_that_of_the_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent/file");
        let error = replace(&path, b"x").unwrap_err();
        assert!(
            error_chain(&error).ends_with(": no such file or directory"),
            "{}",
            error_chain(&error)
        );
    }

    #[test]
    fn file_that_is_not_kept_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        drop(NewFile::create(&path).unwrap());
        assert!(!path.exists());
    }

    fn fifo(path: &Path) {
        mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    }

    #[test]
    fn device_is_written_to_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        symlink("/dev/null", &link).unwrap();
        for path in [Path::new("/dev/null"), &link] {
            for write in [replace, replace_secret, create_secret] {
                write(path, b"secret").unwrap();
            }
            let device = fs::metadata("/dev/null").unwrap();
            assert!(device.file_type().is_char_device(), "{}", path.display());
        }
        assert!(link.symlink_metadata().unwrap().is_symlink());
    }

    #[test]
    fn pipe_is_written_to_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        fifo(&path);
        for write in [replace, replace_secret, create_secret] {
            let reader = thread::spawn({
                let path = path.clone();
                move || fs::read(path).unwrap()
            });
            write(&path, b"secret").unwrap();
            assert_eq!(reader.join().unwrap(), b"secret");
            assert!(path.symlink_metadata().unwrap().file_type().is_fifo());
        }
    }

    #[test]
    fn open_descriptor_is_written_to_and_never_replaced() {
        let mut file = tempfile::tempfile().unwrap();
        let path = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
        for write in [replace, replace_secret, create_secret] {
            write(&path, b"secret.").unwrap();
        }
        let mut written = String::new();
        file.read_to_string(&mut written).unwrap();
        assert_eq!(written, "secret.secret.secret.");
    }

    #[test]
    fn pipe_of_another_user_gets_no_secret() {
        if !geteuid().is_root() {
            // Only root can give a file away. Not `eprintln!`, which the test harness captures.
            let test = "pipe_of_another_user_gets_no_secret";
            let _ = writeln!(io::stderr(), "left out: {test} needs root");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        fifo(&path);
        chown(&path, Some(65_534), None).unwrap();
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        let error = replace_secret(&path, b"secret").unwrap_err();
        assert!(matches!(error, NewFileError::Foreign { .. }), "{error}");
        assert_eq!(reader.join().unwrap(), b"");
    }

    #[test]
    fn link_is_replaced_by_a_secret_and_followed_by_a_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(link.symlink_metadata().unwrap().is_symlink());
        replace_secret(&link, b"secret").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(link.symlink_metadata().unwrap().mode() & 0o7777, 0o600);
    }
}
