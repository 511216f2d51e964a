use std::borrow::Cow;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use orgtoken_assertion::Diagnostic;
use rustix::fs::OFlags;
use rustix::process::{Resource, geteuid, getrlimit};
use zeroize::Zeroizing;

/// A folder of files that only this user can read and write.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, and creates it with mode 0700 if it does not exist. A folder that other
    /// users can read or write is an error.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            }
            found => found.map(drop)?,
        }
        let found = fs::metadata(path)?;
        if !found.is_dir() {
            return Err(FolderError::NotRegular);
        }
        private(&found)?;
        Ok(Self { path: path.to_owned() })
    }

    /// Reads a file that only this user can access; `None` if it does not exist.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, FolderError> {
        let file = match open(&self.path.join(name), OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(FolderError::Io(io::ErrorKind::NotFound)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(TYPICAL_LEN));
        file.take(MAX_LEN + 1).read_to_end(&mut bytes)?;
        // No entry is that long; a truncated one fails to open like a damaged one.
        bytes.truncate(MAX_LEN as usize);
        Ok(Some(bytes))
    }

    /// Replaces a file atomically: a reader finds the old file or the new one, also after a crash
    /// of this process.
    ///
    /// It does not wait for the disk, which would take longer than a login (16 ms instead of 0.2
    /// ms, measured). After a power cut the file may be old, empty or torn. Since it is sealed, a
    /// torn file is a miss and costs one login. A cached refusal is asked for once more, and the
    /// attempts of the last hour are forgotten: twice the cap at most, far below the limit of
    /// Salesforce.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), FolderError> {
        check_file_size_limit(bytes.len())?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.path)?;
        file.write_all(bytes)?;
        file.persist(self.path.join(name)).map_err(|error| error.error)?;
        // The file is complete, even if the leftovers of other processes cannot be removed.
        let _ = self.remove_leftovers(LEFTOVER_AGE);
        Ok(())
    }

    /// Overwrites a file and removes it; `false` if it did not exist.
    pub(crate) fn overwrite_and_remove(&self, name: &str) -> Result<bool, FolderError> {
        let path = self.path.join(name);
        // A file that cannot be opened safely is not written to, but it is removed.
        if let Ok(mut file) = open(&path, OpenOptions::new().write(true)) {
            let len = file.metadata()?.len().min(MAX_LEN);
            // With a full disk or a file size limit the old bytes stay, and the file is removed
            // anyway.
            let _ = file.write_all(&vec![0; len as usize]).and_then(|()| file.sync_all());
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => Ok(removed.map(|()| true)?),
        }
    }

    /// Removes the files of interrupted writes that are older than `age`. Returns the first error,
    /// after every other file has been removed.
    pub(crate) fn remove_leftovers(&self, age: Duration) -> Result<(), FolderError> {
        let mut removed = Ok(());
        for name in self.names("")?.iter().filter(|name| name.starts_with(TEMPORARY)) {
            let written = fs::symlink_metadata(self.path.join(name)).and_then(|at| at.modified());
            let is_old = |at: SystemTime| at.elapsed().is_ok_and(|since| since >= age);
            if written.is_ok_and(is_old) {
                let this = self.overwrite_and_remove(name).map(drop);
                removed = removed.and(this);
            }
        }
        removed
    }

    /// Opens a file to lock it, and creates it if it does not exist.
    ///
    /// A pipe, a link or a file that other users can open excludes no process, and is replaced.
    ///
    /// One process at a time checks and replaces. Otherwise a slow process could remove the file
    /// that another one has just created.
    pub(crate) fn lock_file(&self, name: &str) -> Result<File, FolderError> {
        let path = self.path.join(name);
        let open =
            || open(&path, OpenOptions::new().read(true).write(true).create(true).mode(0o600));
        let is_replaced = |error: &FolderError| {
            matches!(error, FolderError::NotRegular | FolderError::Owner | FolderError::Mode)
        };
        match open() {
            Err(error) if is_replaced(&error) => {
                let folder = File::open(&self.path)?;
                folder.lock()?;
                match open() {
                    Err(error) if is_replaced(&error) => {
                        fs::remove_file(&path)?;
                        open()
                    }
                    opened => opened,
                }
            }
            opened => opened,
        }
    }

    /// Whether an open file still has this name.
    pub(crate) fn is_current(&self, name: &str, file: &File) -> bool {
        let found = fs::symlink_metadata(self.path.join(name));
        let (Ok(found), Ok(opened)) = (found, file.metadata()) else { return false };
        (found.dev(), found.ino()) == (opened.dev(), opened.ino())
    }

    /// Removes a lock file whose holder is stopped or stuck, so that the next lock is on a new
    /// file.
    ///
    /// One process at a time checks and removes. Otherwise a slow process could remove the file
    /// that another one has just locked.
    pub(crate) fn remove_lock(&self, name: &str, stuck: &File) -> Result<(), FolderError> {
        let folder = File::open(&self.path)?;
        if folder.try_lock().is_ok() && self.is_current(name, stuck) {
            fs::remove_file(self.path.join(name))?;
        }
        Ok(())
    }

    /// Returns the names of the files with this ending, sorted.
    pub(crate) fn names(&self, ending: &str) -> Result<Vec<String>, FolderError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().into_string().unwrap_or_default();
            if name.ends_with(ending) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// A file or folder that is not safe to use.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The error of the system.
    #[error("{0}")]
    Io(io::ErrorKind),
    /// It is a link, a pipe, a folder instead of a file, or a file with a second name.
    #[error("it is not a regular file or folder")]
    NotRegular,
    /// It belongs to another user.
    #[error("it belongs to another user")]
    Owner,
    /// Other users can read or write it.
    #[error("other users can read or write it")]
    Mode,
}

impl Diagnostic for FolderError {
    fn code(&self) -> &str {
        "cache.unsafe"
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint =
            "make the folder yours alone (`chmod 700`), or remove it: it contains only tokens";
        Some(hint.into())
    }
}

impl From<io::Error> for FolderError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

/// Opens a file without following a link or waiting for a pipe, and checks it.
fn open(path: &Path, options: &mut OpenOptions) -> Result<File, FolderError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match options.custom_flags(flags.bits() as i32).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(FolderError::NotRegular);
        }
        opened => opened?,
    };
    let found = file.metadata()?;
    if !found.is_file() || found.nlink() > 1 {
        return Err(FolderError::NotRegular);
    }
    private(&found)?;
    Ok(file)
}

/// Checks the limit of `ulimit -f`: a write beyond it would end the process with `SIGXFSZ`.
pub(super) fn check_file_size_limit(len: usize) -> Result<(), FolderError> {
    let limit = getrlimit(Resource::Fsize).current;
    match limit.is_some_and(|limit| limit < len as u64) {
        true => Err(FolderError::Io(io::ErrorKind::FileTooLarge)),
        false => Ok(()),
    }
}

fn private(found: &fs::Metadata) -> Result<(), FolderError> {
    if found.uid() != geteuid().as_raw() {
        return Err(FolderError::Owner);
    }
    if found.mode() & 0o077 != 0 {
        return Err(FolderError::Mode);
    }
    Ok(())
}

/// The largest file that is read, in bytes; an entry has 1 to 2 KiB.
const MAX_LEN: u64 = 64 * 1024;

const TYPICAL_LEN: usize = 4096;

/// The prefix of temporary files.
const TEMPORARY: &str = ".new-";

/// The age after which a temporary file is a leftover.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);
