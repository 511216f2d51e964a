//! The file of a Unix socket.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::ListenError;

/// A socket's file, which goes when this is dropped, and the lock beside it, which says whose it
/// is and is never removed.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Of the file that is ours: another one there later is not.
    inode: u64,
    _lock: File,
}

impl SocketFile {
    pub(super) fn bind(path: &Path, is_shared: bool) -> Result<(UnixListener, Self), ListenError> {
        let length = path.as_os_str().as_bytes().len();
        if length > LONGEST_PATH {
            return Err(ListenError::PathTooLong { length });
        }
        folder(path, is_shared)?;
        let lock = lock(path)?;
        remove_if_dead(path)?;
        let refused = |source| ListenError::Bind { at: path.display().to_string(), source };
        let listener = bind(path, is_shared).map_err(refused)?;
        let inode = fs::symlink_metadata(path).map_err(refused)?.ino();
        Ok((listener, Self { path: path.to_owned(), inode, _lock: lock }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if is_ours {
            // If it cannot be removed it is a dead socket, which the next broker replaces.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the folder if there is none, and sees to it that nobody else can write to it.
fn folder(path: &Path, is_shared: bool) -> Result<(), ListenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let refused = |source| ListenError::Folder { folder: folder.to_owned(), source };
    let mode = if is_shared { 0o750 } else { 0o700 };
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(mode).create(folder).map_err(refused)?;
    }
    let found = fs::metadata(folder).map_err(refused)?;
    let is_trusted = found.uid() == geteuid().as_raw() || found.uid() == 0;
    if !is_trusted || found.mode() & 0o022 != 0 {
        return Err(ListenError::Unsafe { folder: folder.to_owned() });
    }
    Ok(())
}

/// Of two brokers that are started at once, one has the lock.
fn lock(path: &Path) -> Result<File, ListenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let refused = |source| ListenError::Bind { at: name.display().to_string(), source };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(&name)
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ListenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// Only a socket where nobody answers is removed.
fn remove_if_dead(path: &Path) -> Result<(), ListenError> {
    let refused = |source| ListenError::Bind { at: path.display().to_string(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::NotSocket { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(refused)
        }
        _ => Err(ListenError::InUse { path: path.to_owned() }),
    }
}

/// In between the two steps the file has the mode that the process's umask leaves it; the folder is
/// nobody else's to write to, and who connects is looked at in any case.
fn bind(path: &Path, is_shared: bool) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    let mode = if is_shared { 0o660 } else { 0o600 };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

/// `sun_path` has 108 bytes, and ends with a zero.
pub(super) const LONGEST_PATH: usize = 107;
