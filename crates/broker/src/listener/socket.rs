//! The file of a Unix socket.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::process::geteuid;

use super::ListenError;

/// The file of a socket, which is removed when this is dropped, and the lock file next to it, which
/// shows that the socket is served and is never removed.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// The inode of the socket. A newer file at the path is not removed.
    inode: u64,
    _lock: File,
}

impl SocketFile {
    pub(super) fn bind(path: &Path, is_shared: bool) -> Result<(UnixListener, Self), ListenError> {
        let length = path.as_os_str().as_bytes().len();
        if length > LONGEST_PATH {
            return Err(ListenError::PathTooLong { length });
        }
        let folder = parent(path);
        create_folder(folder, is_shared)?;
        check_folder(folder)?;
        let lock = lock(path)?;
        remove_stale(path)?;
        let refused = |source| ListenError::Bind { at: path.display().to_string(), source };
        let listener = bind(path, is_shared).map_err(refused)?;
        let inode = fs::symlink_metadata(path).map_err(refused)?.ino();
        Ok((listener, Self { path: path.to_owned(), inode, _lock: lock }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn closed_folder(&self) -> Option<PathBuf> {
        let folder = parent(&self.path).canonicalize().ok()?;
        let is_closed =
            |folder: &&Path| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 == 0);
        folder.ancestors().find(is_closed).map(Path::to_owned)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if is_ours {
            // On failure it stays as a stale socket, which the next broker replaces.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn parent(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// Creates the folder if it does not exist.
fn create_folder(folder: &Path, is_shared: bool) -> Result<(), ListenError> {
    let refused = |source| ListenError::Folder { folder: folder.to_owned(), source };
    if folder.exists() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused)?;
    if is_shared {
        // Explicitly, since the umask would take the rights of others away.
        fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(refused)?;
    }
    Ok(())
}

/// Checks that no other user can replace the socket: a user with write access to a folder of the
/// path can rename its entries, and the owner of a folder can change its mode.
fn check_folder(folder: &Path) -> Result<(), ListenError> {
    let refused = |source| ListenError::Folder { folder: folder.to_owned(), source };
    let absolute = std::path::absolute(folder).map_err(refused)?;
    let real = folder.canonicalize().map_err(refused)?;
    // The folders of symbolic links on the path count as well as those that they lead to.
    for (above, checked) in real.ancestors().chain(absolute.ancestors()).enumerate() {
        let found = fs::metadata(checked).map_err(refused)?;
        let is_trusted = found.uid() == geteuid().as_raw() || found.uid() == 0;
        // In a sticky folder other users cannot rename the entries of this user. For the folder of
        // the socket itself this is not enough: they could create its name first.
        let is_sticky = above > 0 && checked != real && found.mode() & 0o1000 != 0;
        if !is_trusted || (found.mode() & 0o022 != 0 && !is_sticky) {
            return Err(ListenError::Unsafe { folder: checked.to_owned() });
        }
    }
    Ok(())
}

/// Takes the lock, which one of several brokers gets.
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
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(&name)
        .map_err(refused)?;
    if !file.metadata().map_err(refused)?.is_file() {
        return Err(ListenError::Occupied { path: name, expected: "a regular file" });
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ListenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// Removes the socket of a dead process.
fn remove_stale(path: &Path) -> Result<(), ListenError> {
    let refused = |source| ListenError::Bind { at: path.display().to_string(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(ListenError::Occupied { path: path.to_owned(), expected: "a socket" });
        }
        Ok(_) => {}
    }
    match connect_at_once(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(refused)
        }
        _ => Err(ListenError::InUse { path: path.to_owned() }),
    }
}

/// Connects to a socket. If its backlog is full, this is an error: the standard library would wait
/// for a client to be accepted.
pub(crate) fn connect_at_once(path: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::from(socket(AddressFamily::UNIX, SocketType::STREAM, None)?);
    fcntl_setfd(&stream, FdFlags::CLOEXEC)?;
    stream.set_nonblocking(true)?;
    connect(&stream, &SocketAddrUnix::new(path)?)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Between the two steps the file has the mode of the umask. No other user can write to the folder,
/// and the peer of a connection is checked in any case.
fn bind(path: &Path, is_shared: bool) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    let mode = if is_shared { 0o666 } else { 0o600 };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

/// `sun_path` has 108 bytes, the last of which is zero.
pub(super) const LONGEST_PATH: usize = 107;
