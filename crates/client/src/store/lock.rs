use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::FileExt;

use orgtoken_assertion::UnixTime;

use super::folder::Stamp;

/// A lock of the kernel's (`flock`), which dies with its holder.
///
/// In its file stands when a login was begun under it, and by which process, until what came of it
/// is kept: so a process that is killed in mid-login does not take along that it has logged in.
/// Nothing waits for the disk, and after a power cut nobody knows of such a login.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// What was kept when it was taken.
    found: Option<Stamp>,
}

impl Lock {
    /// Takes the lock, if nobody else has it.
    pub(super) fn attempt(file: &File) -> Result<bool, std::io::Error> {
        match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The process that is logging in under the lock, if it has begun.
    pub(super) fn holder(file: &File) -> Option<u32> {
        let mut text = [0; MAX_LEN as usize];
        let len = file.read_at(&mut text, 0).ok()?;
        let last = str::from_utf8(&text[..len]).ok()?.lines().last()?;
        last.split_once(' ')?.1.parse().ok()
    }

    /// The lock that was taken, and the logins that were begun under it and came to nothing kept.
    pub(super) fn taken(file: File, found: Option<Stamp>) -> (Self, Vec<UnixTime>) {
        let mut text = String::new();
        let read = (&file).take(MAX_LEN).read_to_string(&mut text);
        let begun = read.map(|_| times(&text)).unwrap_or_default();
        (Self { file, found }, begun)
    }

    /// Notes that a login begins. If that fails, it is one that is not counted.
    pub(super) fn begin(&self, at: UnixTime) {
        let line = format!("{} {}\n", at.as_secs(), std::process::id());
        let _ = (&self.file).write_all(line.as_bytes());
    }

    /// Whether somebody has kept something since it was taken: its holder was stopped for so long that
    /// others went on by the second lock.
    pub(super) fn is_overtaken(&self, now: Option<Stamp>) -> bool {
        now.is_some() && now != self.found
    }

    /// Forgets what was begun: it is kept elsewhere now.
    pub(super) fn settle(&self) {
        let _ = self.file.set_len(0).and_then(|()| (&self.file).rewind());
    }
}

/// What is no time is passed over: a line may be torn.
pub(super) fn times(text: &str) -> Vec<UnixTime> {
    let first = |line: &str| line.split(' ').next().and_then(|seconds| seconds.parse().ok());
    let seconds = text.lines().filter_map(first);
    seconds.map(UnixTime::from_secs).collect()
}

/// In bytes: some hundreds of logins, and a user has 120 an hour unless told otherwise.
const MAX_LEN: u64 = 8 * 1024;
