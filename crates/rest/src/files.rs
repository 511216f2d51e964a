//! Paths and folders of files that are written.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use orgtoken_oauth::redact;

/// Returns a path for an error message, redacted if it looks like a key or a passphrase.
pub(crate) fn shown(path: &Path) -> String {
    redact::path(&path.to_string_lossy()).to_owned()
}

/// Opens a regular file that no other process uses, and locks it. With `create`, it is created with
/// mode 0600 if it does not exist.
pub(crate) fn open_locked(path: &Path, create: bool) -> Result<File, OpenError> {
    let mut options = File::options();
    options.read(true).write(true).create(create).truncate(false).mode(0o600);
    let file = options.open(path)?;
    let own = file.metadata()?;
    if !own.is_file() {
        return Err(OpenError::NotRegular);
    }
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::Busy,
        TryLockError::Error(source) => OpenError::Io(source),
    })?;
    // Another process may have moved or removed it just before it gave up the lock.
    if is_same(path.metadata(), &own) { Ok(file) } else { Err(OpenError::Busy) }
}

/// The error of [`open_locked`].
pub(crate) enum OpenError {
    /// Another process uses the file.
    Busy,
    Io(io::Error),
    /// A folder, a pipe or a device.
    NotRegular,
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whether the file found at a path is the open one.
pub(crate) fn is_same(found: io::Result<Metadata>, open: &Metadata) -> bool {
    found.is_ok_and(|found| (found.dev(), found.ino()) == (open.dev(), open.ino()))
}

/// Writes the entry of a file in its folder to disk.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// Returns the folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}
