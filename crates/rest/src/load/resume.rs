use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use orgtoken_assertion::{Diagnostic, UnixTime};
use serde::{Deserialize, Serialize};
use serde_with::{As, FromInto, Same};
use sha2::{Digest, Sha256};

use super::check::CheckedFile;
use super::output::fresh;
use super::report::{Counts, PendingJob};
use super::send::LoadError;
use super::time_stamp;
use crate::files::{OpenError, open_locked, shown, sync_folder};

/// A file with the progress of a load, from which the load can be resumed.
///
/// Its first line identifies the load: the SHA-256 of the file, the operation, the org. Two slots
/// follow, which are written in turn, each with a checksum: an interrupted write leaves the other
/// slot intact. Both are allocated in advance, so that a full disk does not prevent a later write.
#[derive(Debug)]
pub struct Journal {
    /// `None` for a load whose progress is not recorded.
    file: Option<File>,
    path: PathBuf,
    subject: Option<Subject>,
    slots: u64,
    pub(super) state: State,
}

/// The identity of a load. It must be the same when the load is resumed.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Subject {
    orgtoken_journal: u32,
    file_sha256: String,
    rows: u64,
    operation: String,
    object: String,
    external_id: Option<String>,
    form: String,
    delimiter: char,
    encoding: String,
    org: String,
    /// The operation of its jobs, if it uses the Bulk API.
    bulk: Option<String>,
}

/// The progress of a load.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct State {
    number: u64,
    /// The last row whose outcome is known or was listed as unknown.
    pub(super) settled: u64,
    /// The last row of the call in flight.
    pub(super) sending: Option<u64>,
    /// The rows that were listed as unknown: the first and the last of each call.
    pub(super) unknown: Vec<(u64, u64)>,
    pub(super) counts: Counts,
    /// The file of rows that were not sent. It is outdated once the load is resumed.
    #[serde(with = "As::<Option<FromInto<StoredPath>>>")]
    pub(super) not_sent_file: Option<PathBuf>,
    /// Its length. If a user has edited it, it is not removed.
    #[serde(default)]
    pub(super) not_sent_length: Option<u64>,
    /// The file of rows of unknown outcome, which a resumed load continues.
    #[serde(with = "As::<Option<FromInto<StoredPath>>>")]
    pub(super) unknown_file: Option<PathBuf>,
    /// The job in progress.
    pub(super) job: Option<JobRecord>,
    /// The lengths of the files of outcomes. Rows that follow were written after this state.
    #[serde(with = "As::<Vec<(FromInto<StoredPath>, Same)>>")]
    pub(super) files: Vec<(PathBuf, u64)>,
}

/// A path in JSON: text, or bytes if it is not UTF-8.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum StoredPath {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<PathBuf> for StoredPath {
    fn from(path: PathBuf) -> Self {
        match path.into_os_string().into_string() {
            Ok(text) => Self::Text(text),
            Err(path) => Self::Bytes(path.into_vec()),
        }
    }
}

impl From<StoredPath> for PathBuf {
    fn from(path: StoredPath) -> Self {
        match path {
            StoredPath::Text(text) => text.into(),
            StoredPath::Bytes(bytes) => OsString::from_vec(bytes).into(),
        }
    }
}

/// A job and its rows.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct JobRecord {
    #[serde(flatten)]
    pub(super) job: PendingJob,
    /// Whether its data is complete, so that it may have been closed. An open job is never
    /// processed.
    pub(super) is_complete: bool,
}

/// A load that ended early and was not resumed.
#[derive(Debug)]
#[non_exhaustive]
pub struct EarlierLoad {
    /// The last row that it settled.
    pub settled: u64,
    /// Its journal.
    pub journal: PathBuf,
}

impl Journal {
    /// The path of a journal next to the record file: `accounts.csv.journal`.
    pub fn beside(input: &Path) -> PathBuf {
        let mut path = input.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    }

    /// Begins the journal of a new load. A journal that an earlier load left is renamed to
    /// `accounts.csv.20261128-224500.journal`, and returned.
    ///
    /// # Errors
    ///
    /// [`ResumeError::Unfinished`] if that load created records from the same content: a new load
    /// would create them again.
    pub fn begin(
        path: &Path,
        checked: &CheckedFile,
        now: UnixTime,
    ) -> Result<(Self, Option<EarlierLoad>), ResumeError> {
        Self::begin_as(path, &Subject::of(checked, None), now)
    }

    fn begin_as(
        path: &Path,
        subject: &Subject,
        now: UnixTime,
    ) -> Result<(Self, Option<EarlierLoad>), ResumeError> {
        if let Some(new) = Self::create(path)? {
            return Ok((new, None));
        }
        let old = Self::open(path)?;
        let job = old.state.job.as_ref().filter(|it| it.is_complete).map(|it| &it.job);
        let last = job.map(|job| job.last);
        let settled = old.state.sending.or(last).unwrap_or(old.state.settled);
        if settled == 0 {
            old.remove()?;
            return Ok((Self::replace(path)?, None));
        }
        if old.subject.as_ref().is_some_and(|old| old.creates_the_same(subject)) {
            let job = job.map(|job| job.id.clone());
            return Err(ResumeError::Unfinished { journal: path.into(), settled, job });
        }
        // A file with this name may be the journal of a load that ended in the same second.
        let journal = path.with_extension(format!("{}.journal", time_stamp(now)));
        let created = fresh(&journal, File::options().write(true).mode(0o600));
        let (journal, _) = created.map_err(|source| ResumeError::of(&journal, source))?;
        fs::rename(path, &journal).map_err(|source| ResumeError::of(path, source))?;
        Ok((Self::replace(path)?, Some(EarlierLoad { settled, journal })))
    }

    /// Creates the journal of a new load; `None` if there is one already. A process that was killed
    /// before its first write leaves an empty file, which is used.
    fn create(path: &Path) -> Result<Option<Self>, ResumeError> {
        let file = open_locked(path, true).map_err(|error| ResumeError::of_open(path, error))?;
        let length = file.metadata().map_err(|source| ResumeError::of(path, source))?.len();
        Ok((length == 0).then(|| Self { file: Some(file), path: path.into(), ..Self::none() }))
    }

    /// Creates a journal where the earlier one was removed. Another process may have been faster.
    fn replace(path: &Path) -> Result<Self, ResumeError> {
        Self::create(path)?.ok_or_else(|| ResumeError::Busy(path.into()))
    }

    /// Opens the journal of a load that ended early, without changing it.
    pub fn open(path: &Path) -> Result<Self, ResumeError> {
        let opened = open_locked(path, false);
        let mut file = opened.map_err(|error| match error {
            OpenError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                ResumeError::Missing(path.into())
            }
            error => ResumeError::of_open(path, error),
        })?;
        let mut text = Vec::new();
        let read = (&mut file).take(MAX_JOURNAL).read_to_end(&mut text);
        read.map_err(|source| ResumeError::of(path, source))?;
        let invalid = || match text.starts_with(BEGIN) || BEGIN.starts_with(&text) {
            true => ResumeError::Incomplete(path.into()),
            false => ResumeError::NotAJournal(path.into()),
        };
        let end = text.iter().position(|byte| *byte == b'\n').ok_or_else(invalid)?;
        let subject: Subject = serde_json::from_slice(&text[..end]).map_err(|_| invalid())?;
        let state = State::newest(&text[end + 1..]).ok_or_else(invalid)?;
        let (slots, subject) = (end as u64 + 1, Some(subject));
        Ok(Self { file: Some(file), path: path.into(), subject, slots, state })
    }

    /// The journal of a load whose progress is not recorded.
    pub(super) fn none() -> Self {
        let (path, state) = (PathBuf::new(), State::default());
        Self { file: None, path, subject: None, slots: 0, state }
    }

    pub(super) fn is_new(&self) -> bool {
        self.subject.is_none()
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.file.is_some().then_some(&self.path)
    }

    pub(super) fn remove(self) -> Result<(), ResumeError> {
        if self.file.is_none() {
            return Ok(());
        }
        fs::remove_file(&self.path).map_err(|source| ResumeError::of(&self.path, source))
    }

    /// Writes the identity of a new load, or checks that of a resumed one. `bulk` is the operation
    /// of its jobs.
    pub(super) fn bind(
        &mut self,
        checked: &CheckedFile,
        bulk: Option<&str>,
    ) -> Result<(), ResumeError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let subject = Subject::of(checked, bulk);
        if let Some(own) = &self.subject {
            return match own.difference(&subject) {
                Some(what) => Err(ResumeError::Different(self.path.clone(), what)),
                None => Ok(()),
            };
        }
        let mut text = serde_json::to_vec(&subject).expect("it is JSON");
        text.push(b'\n');
        self.slots = text.len() as u64;
        text.resize(text.len() + 2 * SLOT, b' ');
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        let synced = written.and_then(|()| sync_folder(&self.path));
        synced.map_err(|source| ResumeError::of(&self.path, source))?;
        self.subject = Some(subject);
        Ok(())
    }

    /// Cuts off the rows that were written to the files of outcomes after the last state. Those of a
    /// job are written again. Others are listed as unknown, and are cut off only if the last one is
    /// incomplete. A file that was edited since is an error.
    pub(super) fn cut_files(&self) -> Result<(), LoadError> {
        if let (Some(path), Some(length)) = (&self.state.not_sent_file, self.state.not_sent_length)
            && path.metadata().is_ok_and(|found| found.len() != length)
        {
            return Err(ResumeError::Edited(path.clone()).into());
        }
        for (path, length) in &self.state.files {
            let is_bulk = self.subject.as_ref().is_some_and(|it| it.bulk.is_some());
            let cut = cut(path, *length, self.state.settled, is_bulk);
            if !cut.map_err(|source| LoadError::Output { path: path.clone(), source })? {
                return Err(ResumeError::Edited(path.clone()).into());
            }
        }
        Ok(())
    }

    /// Writes the state and syncs it to disk. After an error, the earlier state is still there.
    pub(super) fn write(&mut self) -> Result<(), LoadError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let state = State { number: self.state.number + 1, ..self.state.clone() };
        let place = self.slots + state.number % 2 * SLOT as u64;
        let written = state.to_slot().and_then(|slot| {
            file.seek(SeekFrom::Start(place))?;
            file.write_all(&slot)?;
            file.sync_data()
        });
        written.map_err(|source| LoadError::Output { path: self.path.clone(), source })?;
        self.state.number = state.number;
        Ok(())
    }
}

impl Subject {
    fn of(checked: &CheckedFile, bulk: Option<&str>) -> Self {
        let file = &checked.file;
        let external_id = checked.plan.operation.external_id().map(str::to_ascii_lowercase);
        Self {
            orgtoken_journal: 1,
            file_sha256: hex(&checked.hash),
            rows: checked.rows,
            operation: checked.plan.operation.name().to_owned(),
            object: checked.object().to_owned(),
            external_id,
            form: file.layout.form.name().to_owned(),
            delimiter: char::from(file.layout.delimiter),
            encoding: file.layout.encoding.name().to_owned(),
            org: checked.org.clone(),
            bulk: bulk.map(str::to_owned),
        }
    }

    /// Whether both loads create the same records.
    fn creates_the_same(&self, other: &Self) -> bool {
        let identity = |it: &Self| (it.file_sha256.clone(), it.org.clone(), it.object.clone());
        [self, other].iter().all(|it| it.operation == "create") && identity(self) == identity(other)
    }

    /// Returns the reason why a load cannot be resumed as `other`.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let reading = |it: &Self| (it.form.clone(), it.delimiter, it.encoding.clone());
        let action = |it: &Self| (it.operation.clone(), it.external_id.clone());
        let differences = [
            (self.file_sha256 != other.file_sha256, "the file has changed"),
            (self.org != other.org, "the org is different"),
            (self.object != other.object, "the object is different"),
            (action(self) != action(other), "the operation is different"),
            (
                self.bulk.is_some() != other.bulk.is_some(),
                "only one of the two loads uses the Bulk API",
            ),
            (self.bulk != other.bulk, "the operation is different"),
            (reading(self) != reading(other), "the form, delimiter or encoding is different"),
            (self != other, "it was written by another version of orgtoken"),
        ];
        differences.into_iter().find_map(|(differs, what)| differs.then_some(what))
    }
}

impl State {
    fn to_slot(&self) -> io::Result<Vec<u8>> {
        let json = serde_json::to_string(self).expect("it is JSON");
        let mut slot = format!("{json} {}", hex(&Sha256::digest(&json))).into_bytes();
        if slot.len() >= SLOT {
            // This takes some two hundred interruptions with a call in flight.
            return Err(io::Error::other("the journal is full"));
        }
        slot.resize(SLOT - 1, b' ');
        slot.push(b'\n');
        Ok(slot)
    }

    /// Returns the newer of the two slots. `None` if a slot was lost, rather than interrupted while
    /// it was written: rows that it lists as done would be sent again.
    fn newest(slots: &[u8]) -> Option<Self> {
        let (first, second) = slots.split_at_checked(SLOT).filter(|(_, it)| it.len() == SLOT)?;
        let is_blank = |slot: &[u8]| slot.iter().all(|byte| *byte == b' ');
        match (Self::read(first), Self::read(second)) {
            (Some(one), Some(other)) => Some(if one.number > other.number { one } else { other }),
            // The second slot is written before the first.
            (Some(one), None) => Some(one).filter(|_| !is_blank(second)),
            (None, Some(other)) => Some(other).filter(|it| it.number == 1 || !is_blank(first)),
            // Nothing has been sent.
            (None, None) => is_blank(first).then(Self::default),
        }
    }

    fn read(slot: &[u8]) -> Option<Self> {
        let (json, sum) = str::from_utf8(slot).ok()?.trim_end().rsplit_once(' ')?;
        (hex(&Sha256::digest(json)) == sum).then(|| serde_json::from_str(json).ok())?
    }
}

/// Cuts off the rows after this length: always, or if the last one is incomplete. `false` if the
/// file was edited, so that the rows cannot be cut off.
fn cut(path: &Path, length: u64, settled: u64, always: bool) -> io::Result<bool> {
    let file = match File::options().read(true).write(true).open(path) {
        // The user may have moved the file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() <= length {
        return Ok(true);
    }
    let (mut text, mut last) = ([0; 32], [0]);
    let read = file.read_at(&mut text, length)?;
    file.read_exact_at(&mut last, metadata.len() - 1)?;
    let is_row = is_row_after(settled, &text[..read]);
    let is_left = !always && (!is_row || last == *b"\n");
    if is_left || !is_row {
        return Ok(is_left);
    }
    file.set_len(length)?;
    file.sync_data()?;
    Ok(true)
}

/// Whether a text begins with the number of a row after `settled`, in CSV or JSON. A killed process
/// may have written a part of it only.
fn is_row_after(settled: u64, text: &[u8]) -> bool {
    let number = text.strip_prefix(JSON_ROW).unwrap_or(text);
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = number.split_at(digits);
    let digits = str::from_utf8(digits).unwrap_or_default();
    JSON_ROW.starts_with(text)
        || rest.is_empty()
        || digits.parse().is_ok_and(|it: u64| it > settled)
}

const JSON_ROW: &[u8] = b"{\"_row\":";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The error of a journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// Another process uses the journal.
    #[error("another load uses the journal `{}`", shown(.0))]
    Busy(PathBuf),
    /// The journal is that of another load.
    #[error("the journal `{path}` does not match: {1}", path = shown(.0))]
    Different(PathBuf, &'static str),
    /// A file of outcomes was changed after the load ended. To continue it would overwrite the
    /// changes.
    #[error("`{}` was changed after the load ended", shown(.0))]
    Edited(PathBuf),
    /// The journal was cut or damaged: it no longer shows which rows were sent.
    #[error("the journal `{}` is incomplete", shown(.0))]
    Incomplete(PathBuf),
    /// The file cannot be opened or written.
    #[error("cannot use the journal `{}`", shown(.0))]
    Io(PathBuf, #[source] io::Error),
    /// There is no load to resume.
    #[error("there is no journal `{}`", shown(.0))]
    Missing(PathBuf),
    /// The file is something else.
    #[error("`{}` is not a journal", shown(.0))]
    NotAJournal(PathBuf),
    /// An earlier load created records from the same file. It was not finished, or its report was not
    /// shown.
    #[error("an earlier load of this file has left its journal: {}", unfinished(*.settled, .job.as_deref()))]
    Unfinished {
        /// Its journal.
        journal: PathBuf,
        /// The last row that it sent.
        settled: u64,
        /// Its job, which may still be running.
        job: Option<String>,
    },
}

fn unfinished(settled: u64, job: Option<&str>) -> String {
    match job {
        Some(job) => format!("its rows up to {settled} were sent, the last of them in job {job}"),
        None => format!("its rows up to {settled} were sent"),
    }
}

impl Diagnostic for ResumeError {
    fn code(&self) -> &str {
        match self {
            Self::Io(..) => "io.write",
            _ => "usage.resume",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Busy(..) => "wait until that load has ended".into(),
            Self::Different(..) => {
                "resume with the same file, options and org, or start a new load".into()
            }
            Self::Edited(..) => "move the file to another place, then resume again".into(),
            Self::NotAJournal(..) => "name another file".into(),
            Self::Incomplete(..) => {
                "compare the org with the file, since the journal no longer shows which rows were \
                 sent; then remove the journal and load the rest"
                    .into()
            }
            Self::Unfinished { journal, .. } => format!(
                "resume that load to send the rows that are left, if any; to load the file again, \
                 remove or move `{}`, or name another file",
                shown(journal)
            )
            .into(),
            Self::Io(..) => "check the permissions, or name another file".into(),
            Self::Missing(..) => "start a new load; a finished load leaves no journal".into(),
        })
    }
}

impl ResumeError {
    fn of(path: &Path, source: io::Error) -> Self {
        Self::Io(path.into(), source)
    }

    fn of_open(path: &Path, error: OpenError) -> Self {
        match error {
            OpenError::Busy => Self::Busy(path.into()),
            OpenError::Io(source) => Self::of(path, source),
            OpenError::NotRegular => Self::NotAJournal(path.into()),
        }
    }
}

/// The beginning of every journal.
const BEGIN: &[u8] = b"{\"orgtoken_journal\":";

/// The size of a slot.
const SLOT: usize = 8 << 10;

/// The longest journal: the identity and two slots are shorter.
const MAX_JOURNAL: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            orgtoken_journal: 1,
            file_sha256: "00".into(),
            rows: 3,
            operation: "create".into(),
            object: "Account".into(),
            external_id: None,
            form: "csv".into(),
            delimiter: ',',
            encoding: "utf-8".into(),
            org: "https://acme.my.salesforce.com".into(),
            bulk: None,
        }
    }

    fn journal(folder: &Path) -> Journal {
        let mut journal = Journal::replace(&folder.join("journal")).unwrap();
        let subject = subject();
        let mut text = serde_json::to_vec(&subject).unwrap();
        text.push(b'\n');
        journal.slots = text.len() as u64;
        text.resize(text.len() + 2 * SLOT, b' ');
        journal.file.as_ref().unwrap().write_all(&text).unwrap();
        journal.subject = Some(subject);
        journal
    }

    #[test]
    fn interrupted_write_leaves_the_earlier_state() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = journal(folder.path());
        let path = journal.path.clone();
        for settled in [200, 400] {
            journal.state.settled = settled;
            journal.write().unwrap();
        }
        let (slots, last) = (journal.slots, journal.state.number % 2 * SLOT as u64);
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().state.settled, 400);
        let mut content = fs::read(&path).unwrap();
        let byte = usize::try_from(slots + last).unwrap() + 30;
        content[byte..byte + 8].fill(b'9');
        fs::write(&path, content).unwrap();
        assert_eq!(Journal::open(&path).unwrap().state.settled, 200);
    }

    #[test]
    fn cut_journal_or_lost_slot_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = journal(folder.path());
        let (path, head) = (journal.path.clone(), usize::try_from(journal.slots).unwrap());
        let blank = fs::read(&path).unwrap();
        for settled in [200, 400, 600] {
            journal.state.settled = settled;
            journal.write().unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        let opened = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            Journal::open(&path).map(|journal| journal.state.settled).ok()
        };
        assert_eq!(opened(&whole), Some(600));
        assert_eq!(opened(&blank), Some(0));
        for end in [head, head + 1, head + SLOT, head + 2 * SLOT - 1] {
            assert_eq!(opened(&whole[..end]), None, "cut after {end} bytes");
        }
        for slot in 0..2 {
            let place = head + slot * SLOT..head + (slot + 1) * SLOT;
            let mut lost = whole.clone();
            lost[place.clone()].copy_from_slice(&blank[place]);
            assert_eq!(opened(&lost), None, "lost slot {slot}");
        }
    }

    #[test]
    fn journal_in_use_is_not_opened_twice() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(folder.path());
        let error = Journal::open(&journal.path).unwrap_err();
        assert!(matches!(error, ResumeError::Busy(..)), "{error}");
        let error = Journal::create(&journal.path).unwrap_err();
        assert!(matches!(error, ResumeError::Busy(..)), "{error}");
        drop(journal);
        assert!(Journal::create(&folder.path().join("journal")).unwrap().is_none());
    }

    #[test]
    fn empty_file_is_taken_and_a_device_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::replace(&path).unwrap());
        drop(Journal::replace(&path).unwrap());
        for result in [Journal::replace("/dev/null".as_ref()), Journal::open("/dev/null".as_ref())]
        {
            let error = result.unwrap_err();
            assert!(matches!(error, ResumeError::NotAJournal(..)), "{error}");
        }
    }

    #[test]
    fn journal_of_an_earlier_load_is_kept_if_a_row_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = Journal::beside(&folder.path().join("rows.csv"));
        let now = UnixTime::from_secs(1_795_905_900);
        for (settled, kept) in [
            (0, None),
            (200, Some("rows.csv.20261128-224500.journal")),
            (400, Some("rows.csv.20261128-224500-2.journal")),
        ] {
            let mut journal = journal(folder.path());
            journal.state.settled = settled;
            journal.write().unwrap();
            fs::rename(&journal.path, &path).unwrap();
            drop(journal);
            let other = Subject { file_sha256: "11".into(), ..subject() };
            let (new, earlier) = Journal::begin_as(&path, &other, now).unwrap();
            assert_eq!(new.state, State::default());
            let earlier = earlier.map(|earlier| (earlier.settled, earlier.journal));
            assert_eq!(earlier, kept.map(|name| (settled, folder.path().join(name))));
            drop(new);
            fs::remove_file(&path).unwrap();
        }
        let kept = fs::read(folder.path().join("rows.csv.20261128-224500.journal")).unwrap();
        assert!(String::from_utf8(kept).unwrap().contains("\"settled\":200,"));
    }

    #[test]
    fn unfinished_create_of_the_same_content_is_not_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let now = UnixTime::from_secs(1_795_905_900);
        let mut old = journal(folder.path());
        (old.state.settled, old.state.sending) = (200, Some(400));
        old.write().unwrap();
        let path = old.path.clone();
        drop(old);
        let before = fs::read(&path).unwrap();
        let again = |change: fn(&mut Subject)| {
            let mut subject = subject();
            change(&mut subject);
            Journal::begin_as(&path, &subject, now)
        };
        for same in [
            |_: &mut Subject| {},
            |it: &mut Subject| it.bulk = Some("insert".into()),
            |it: &mut Subject| {
                it.delimiter = ';';
            },
        ] {
            let error = again(same).unwrap_err();
            assert!(matches!(error, ResumeError::Unfinished { settled: 400, .. }), "{error}");
            assert_eq!(fs::read(&path).unwrap(), before);
        }
        for other in [
            |it: &mut Subject| it.file_sha256 = "11".into(),
            |it: &mut Subject| it.operation = "upsert".into(),
            |it: &mut Subject| it.object = "Contact".into(),
            |it: &mut Subject| it.org = "https://other.my.salesforce.com".into(),
        ] {
            let (new, earlier) = again(other).unwrap();
            assert_eq!(earlier.unwrap().settled, 400);
            new.remove().unwrap();
            fs::write(&path, &before).unwrap();
        }
    }

    #[test]
    fn rows_after_the_last_state_are_cut_off_and_other_text_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, path) = (journal(folder.path()), folder.path().join("failed.csv"));
        journal.state.settled = 20;
        for (head, tail, is_cut, is_cut_without_job) in [
            ("_row,_error,Name\r\n20,x,A\r\n", "21,x,B\r\n", true, false),
            ("_row,_error,Name\r\n20,x,A\r\n", "21,x,\"B\r\n22", true, true),
            ("_row,_error,Name\r\n", "2", true, true),
            ("", "{\"_row\":21,\"_error\":\"x\"}\n", true, false),
            ("", "{\"_ro", true, true),
            ("_row,_error,Name\r\n", "20,x,A\r\n", false, false),
            ("_row,_error,Name\r\n20,x", ",A\r\n", false, false),
            ("_row,_error,Name\r\n20,x", ",A", false, false),
            ("", "{\"_row\":2,\"_error\":\"x\"}\n", false, false),
        ] {
            for (bulk, is_cut) in [(Some("insert"), is_cut), (None, is_cut_without_job)] {
                fs::write(&path, format!("{head}{tail}")).unwrap();
                journal.state.files = vec![(path.clone(), head.len() as u64)];
                journal.subject = Some(Subject { bulk: bulk.map(str::to_owned), ..subject() });
                let is_ok = journal.cut_files().is_ok();
                let left = if is_cut { head.to_owned() } else { format!("{head}{tail}") };
                assert_eq!(fs::read_to_string(&path).unwrap(), left, "{bulk:?} {tail}");
                assert_eq!(is_ok, is_cut || bulk.is_none(), "{bulk:?} {tail}");
            }
        }
        fs::remove_file(&path).unwrap();
        journal.cut_files().unwrap();
    }

    #[test]
    fn other_files_are_not_journals() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for (content, is_cut) in [
            ("Id,Name\n", false),
            ("{}", false),
            ("", true),
            ("{\"orgtoken_j", true),
            ("{\"orgtoken_journal\":1}\n", true),
        ] {
            fs::write(&path, content).unwrap();
            let error = Journal::open(&path).unwrap_err();
            let found = matches!(error, ResumeError::Incomplete(..));
            assert_eq!(found, is_cut, "{content}: {error}");
            assert!(found || matches!(error, ResumeError::NotAJournal(..)), "{content}: {error}");
        }
    }
}
