//! Paths and folders of files that are written.

use std::fs::File;
use std::io;
use std::path::Path;

use orgtoken_oauth::redact;

/// Returns a path for an error message, redacted if it looks like a key or a passphrase.
pub(crate) fn shown(path: &Path) -> String {
    redact::path(&path.to_string_lossy()).to_owned()
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
