use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use orgtoken_assertion::Diagnostic;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{DownloadError, WrittenPage};
use crate::Org;
use crate::files::{OpenError, folder, is_same, open_locked, shown, sync_folder};

/// The results of a query job in a file, which is whole or does not exist.
///
/// The pages are written to `FILE.part`, which is renamed to the name of the file after the last one.
/// `FILE.part.json` is written before the first page and after each one. It has the job, the locator
/// of the next page and the length. A download that was stopped or killed continues from there: no
/// record is lost or written twice.
///
/// ```no_run
/// # async fn export(org: orgtoken_rest::Org, job: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use orgtoken_rest::bulk::ResultFile;
///
/// let mut file = ResultFile::create("accounts.csv".as_ref(), b"")?;
/// while file.next(&org, job).await?.is_some() {
///     println!("{} records so far", file.records());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
    /// The text before the records.
    start: Vec<u8>,
    /// An earlier download, whose part remains until this one begins.
    earlier: Option<EarlierDownload>,
    state: State,
    page_size: Option<u32>,
    /// Whether the part remains if the download ends here.
    is_kept: bool,
}

/// A download to the same file that ended early and was not resumed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EarlierDownload {
    /// The job whose results it downloaded.
    pub job: String,
    /// The number of records on disk.
    pub records: u64,
}

/// The progress of a download.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct State {
    orgtoken_download: u32,
    job: String,
    /// The locator of the next page.
    locator: Option<String>,
    is_complete: bool,
    records: u64,
    bytes: u64,
}

impl ResultFile {
    /// Begins a download to this file. An older file with this name is replaced when the new one is
    /// complete. `start` precedes the records, such as a byte order mark.
    ///
    /// The first page replaces the part of an [earlier](Self::earlier) download.
    ///
    /// # Errors
    /// The file cannot be written, is not a regular file, or is that of another download in
    /// progress. Its part is the file of another program.
    pub fn create(path: &Path, start: &[u8]) -> Result<Self, ResultFileError> {
        let (path, part) = paths(path)?;
        let (file, length) = open(&part, true)?;
        let found = State::read(&part);
        if found.is_none() && (length > 0 || state_path(&part).exists()) {
            return Err(ResultFileError::NotADownload(part));
        }
        let earlier = found.filter(|state| state.records > 0 && state.bytes <= length);
        let earlier = earlier.map(|State { job, records, .. }| EarlierDownload { job, records });
        let state = State { orgtoken_download: 1, ..State::default() };
        let start = start.to_vec();
        Ok(Self { path, part, file, start, earlier, state, page_size: None, is_kept: false })
    }

    /// Continues a download of the results of this job that ended early.
    ///
    /// # Errors
    /// There is no such download, or it is that of another job, or still in progress.
    pub fn resume(path: &Path, job: &str) -> Result<Self, ResultFileError> {
        let (path, part) = paths(path)?;
        let missing = || ResultFileError::Missing(path.clone());
        let (file, length) = match open(&part, false) {
            Err(ResultFileError::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(missing());
            }
            opened => opened?,
        };
        let state = State::read(&part).ok_or_else(missing)?;
        if length < state.bytes {
            return Err(missing());
        }
        // Both have 15 characters that identify the job, and may have 3 more.
        if state.job.get(..15) != job.get(..15) {
            return Err(ResultFileError::Different(path, state.job));
        }
        let (start, earlier) = (Vec::new(), None);
        Ok(Self { path, part, file, start, earlier, state, page_size: None, is_kept: true })
    }

    /// Sets the largest number of records of a page; default: 100,000. It bounds what is downloaded
    /// again after an interruption.
    #[must_use]
    pub fn page_size(mut self, records: u32) -> Self {
        self.page_size = Some(records);
        self
    }

    /// The earlier download to the same file that the first page replaces.
    pub fn earlier(&self) -> Option<&EarlierDownload> {
        self.earlier.as_ref()
    }

    /// The number of records on disk.
    pub fn records(&self) -> u64 {
        self.state.records
    }

    /// Whether a later [`resume`](Self::resume) can continue from here.
    pub fn is_resumable(&self) -> bool {
        self.is_kept
    }

    /// Downloads the next page of the results of a job that is complete, and writes it to disk.
    /// `None` after the last page: then the file has its name.
    ///
    /// The future can be dropped at any time. After an error, `next` can be called again.
    pub async fn next(
        &mut self,
        org: &Org,
        job: &str,
    ) -> Result<Option<WrittenPage>, DownloadError> {
        if self.state.is_complete {
            return self.put_in_place().map(|()| None).map_err(DownloadError::Write);
        }
        if self.state.job.is_empty() {
            self.begin(job).map_err(DownloadError::Write)?;
        }
        // A part of a page may follow.
        let cut = self.file.set_len(self.state.bytes);
        let cut = cut.and_then(|()| self.file.seek(SeekFrom::Start(self.state.bytes)));
        cut.map_err(DownloadError::Write)?;
        let mut pages = org.query_pages(job, self.state.locator.as_deref());
        if let Some(records) = self.page_size {
            pages = pages.page_size(records);
        }
        let Some(page) = pages.next(&mut self.file).await? else { return Ok(None) };
        let state = State {
            locator: pages.locator().map(str::to_owned),
            is_complete: pages.is_done(),
            records: self.state.records + page.records,
            bytes: self.state.bytes + page.bytes,
            ..self.state.clone()
        };
        let synced = self.file.sync_data().and_then(|()| state.write(&state_path(&self.part)));
        synced.map_err(DownloadError::Write)?;
        (self.state, self.is_kept) = (state, true);
        Ok(Some(page))
    }

    /// Empties the part, and writes the state and the start. The state is first, so that a process
    /// that is killed in the first page can be resumed, too.
    fn begin(&mut self, job: &str) -> io::Result<()> {
        let bytes = self.start.len() as u64;
        let state = State { job: job.to_owned(), bytes, ..self.state.clone() };
        self.file.set_len(0)?;
        self.earlier = None;
        state.write(&state_path(&self.part))?;
        self.file.rewind()?;
        self.file.write_all(&self.start)?;
        self.state = state;
        Ok(())
    }

    fn put_in_place(&self) -> io::Result<()> {
        let own = self.file.metadata()?;
        if !is_same(self.part.symlink_metadata(), &own) {
            // An earlier call may have ended after the rename.
            let is_done = is_same(self.path.symlink_metadata(), &own);
            return if is_done { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) };
        }
        if let Ok(old) = self.path.metadata() {
            self.file.set_permissions(old.permissions())?;
        }
        self.file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        sync_folder(&self.path)?;
        remove(&state_path(&self.part))
    }
}

impl Drop for ResultFile {
    fn drop(&mut self) {
        if !self.is_kept && self.earlier.is_none() {
            let _ = fs::remove_file(state_path(&self.part));
            let _ = fs::remove_file(&self.part);
        }
    }
}

impl State {
    /// Reads the state of the download to a part.
    fn read(part: &Path) -> Option<Self> {
        let state: Self = serde_json::from_slice(&fs::read(state_path(part)).ok()?).ok()?;
        Some(state).filter(|state| state.orgtoken_download == 1)
    }

    /// Replaces the file. A process that is killed leaves the old state or the new one.
    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(folder(path))?;
        file.write_all(&serde_json::to_vec(self).expect("it is JSON"))?;
        file.as_file().sync_data()?;
        file.persist(path)?;
        sync_folder(path)
    }
}

/// Returns the path of the file, following a link, and that of its part.
fn paths(path: &Path) -> Result<(PathBuf, PathBuf), ResultFileError> {
    let is_other = path.metadata().is_ok_and(|found| !found.is_file());
    if is_other || is_descriptor(path) {
        return Err(ResultFileError::NotAFile(path.into()));
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.into());
    let mut part = path.clone().into_os_string();
    part.push(".part");
    Ok((path, part.into()))
}

/// Whether the path names an open file, such as `/dev/stdout`. A new file in its place would hide
/// what was written there before.
fn is_descriptor(path: &Path) -> bool {
    let in_proc = |path: PathBuf| path.starts_with("/proc");
    folder(path).canonicalize().is_ok_and(in_proc) || fs::read_link(path).is_ok_and(in_proc)
}

fn state_path(part: &Path) -> PathBuf {
    let mut path = part.to_owned().into_os_string();
    path.push(".json");
    path.into()
}

/// Opens the part, which no other download may use, and returns its length.
fn open(part: &Path, create: bool) -> Result<(File, u64), ResultFileError> {
    if part.is_symlink() {
        return Err(ResultFileError::NotADownload(part.into()));
    }
    let opened = open_locked(part, create)
        .and_then(|file| file.metadata().map(|own| (file, own.len())).map_err(OpenError::Io));
    opened.map_err(|error| match error {
        OpenError::Busy => ResultFileError::Busy(part.into()),
        OpenError::Io(source) => ResultFileError::Io(part.into(), source),
        OpenError::NotRegular => ResultFileError::NotADownload(part.into()),
    })
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The error of a file of results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultFileError {
    /// Another process uses the part.
    #[error("another download uses `{}`", shown(.0))]
    Busy(PathBuf),
    /// The download that ended early is that of another job.
    #[error("the download to `{path}` is that of job {1}", path = shown(.0))]
    Different(PathBuf, String),
    /// The part cannot be opened or written.
    #[error("cannot write `{}`", shown(.0))]
    Io(PathBuf, #[source] io::Error),
    /// There is no download to continue.
    #[error("there is no download to `{}` that ended early", shown(.0))]
    Missing(PathBuf),
    /// Another program has written the part.
    #[error("`{}` is not the part of a download", shown(.0))]
    NotADownload(PathBuf),
    /// A folder, a pipe or a device.
    #[error("`{}` is not a regular file", shown(.0))]
    NotAFile(PathBuf),
}

impl Diagnostic for ResultFileError {
    fn code(&self) -> &str {
        match self {
            Self::Busy(_) | Self::Io(..) | Self::NotADownload(_) | Self::NotAFile(_) => "io.write",
            Self::Different(..) | Self::Missing(_) => "usage.resume",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::Busy(_) => "wait until that download has ended, or use another file",
            Self::Different(..) => "continue with that job, or begin a new download",
            Self::Io(_, source) => match source.kind() {
                io::ErrorKind::NotFound
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem => {
                    "check that the folder exists and that you may write there"
                }
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free space there, or write to another disk"
                }
                _ => return None,
            },
            Self::Missing(_) => "begin a new download",
            Self::NotADownload(_) => "move it to another place, or use another file",
            Self::NotAFile(_) => "use a file, or write to standard output",
        };
        Some(hint.into())
    }
}
