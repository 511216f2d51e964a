use std::fs::{File, TryLockError};
use std::future::ready;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orgtoken_oauth::AllowedHosts;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::entry::Entry;
use super::folder::{Folder, check_file_size_limit};
use super::{FolderError, Holder, Lease, LoginId, SealingKey, State, TokenCache};
use crate::{BoxFuture, Timestamp, random};

/// A folder of sealed entries, shared by all processes of this user on this machine.
#[derive(Clone, Debug)]
pub struct CacheFolder {
    folder: Folder,
}

impl CacheFolder {
    /// Opens the folder, and creates it if it does not exist.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        Ok(Self { folder: Folder::open(folder)? })
    }

    /// Returns the cache of one login in this folder.
    pub fn entry(
        &self,
        login_id: LoginId,
        key: Arc<SealingKey>,
        allowed_hosts: AllowedHosts,
    ) -> FileCache {
        let entry = Entry::new(login_id, key, allowed_hosts);
        FileCache { folder: self.folder.clone(), entry }
    }

    /// Returns the number of entries, and those that one of `keys` opens. The hosts beside a key are
    /// those that its tokens may be sent to.
    pub fn states(&self, keys: &[(SealingKey, AllowedHosts)]) -> Result<Listing, FolderError> {
        let names = self.folder.names(STATE)?;
        let opened = names.iter().filter_map(|name| {
            let place = name.strip_suffix(STATE)?;
            let sealed = self.folder.read(name).ok().flatten()?;
            keys.iter().find_map(|(key, allowed_hosts)| {
                let plain = key.open(place, &sealed)?;
                State::from_bytes(&plain, allowed_hosts, Timestamp::now())
            })
        });
        Ok(Listing { opened: opened.collect(), count: names.len() })
    }

    /// Removes every entry, including those of other keys, and returns how many there were. Lock
    /// files stay: a lock on a removed file would exclude no other process.
    ///
    /// # Errors
    ///
    /// The first error, after every other entry has been removed.
    pub fn clear(&self) -> Result<usize, FolderError> {
        let names = self.folder.names(STATE)?;
        let removed = names.iter().map(|name| self.folder.overwrite_and_remove(name).map(drop));
        // An error does not stop the removal of the others.
        let removed: Vec<_> =
            removed.chain([self.folder.remove_leftovers(Duration::ZERO)]).collect();
        removed.into_iter().collect::<Result<(), _>>()?;
        Ok(names.len())
    }
}

/// The entries of a [`CacheFolder`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The entries that could be opened.
    pub opened: Vec<(LoginId, State)>,
    /// The number of all entries, including those that another key sealed.
    pub count: usize,
}

/// The state of one login in a sealed file. One process at a time logs in.
///
/// A damaged file is a miss. The lock is `flock`, which ends with its holder.
#[derive(Debug)]
pub struct FileCache {
    folder: Folder,
    entry: Entry,
}

impl FileCache {
    /// Returns the cached state, or an empty one. It needs no runtime and does not wait.
    pub fn peek(&self) -> State {
        match self.folder.read(&self.file(STATE)) {
            Ok(Some(sealed)) => self.entry.open(&sealed),
            Ok(None) => State::default(),
            Err(error) => {
                self.entry.warn_once(&format_args!("the token cache is not used: {error}"));
                State::default()
            }
        }
    }

    /// Removes the entry; `false` if there was none.
    pub fn forget(&self) -> Result<bool, FolderError> {
        self.folder.overwrite_and_remove(&self.file(STATE))
    }

    fn file(&self, ending: &str) -> String {
        format!("{}{ending}", self.entry.name())
    }

    async fn locked(&self, lasts: Duration) -> Lease {
        match self.lock(lasts).await {
            Ok(file) => Lease(Holder::File(file)),
            Err(error) => {
                warn!("the token cache cannot be locked: {error}");
                Lease::NONE
            }
        }
    }

    /// Locks the file with `flock`, which ends with its holder.
    ///
    /// A holder that is stopped or stuck for longer than a login takes loses the lock: the file is
    /// removed, and the waiting processes compete for a new one.
    async fn lock(&self, lasts: Duration) -> Result<File, FolderError> {
        let name = self.file(LOCK);
        let (mut until, mut pause) = (Instant::now() + lasts, SHORTEST_PAUSE);
        let mut file = self.folder.lock_file(&name)?;
        loop {
            let locked = try_lock(&file)?;
            if !self.folder.is_current(&name, &file) {
                file = self.folder.lock_file(&name)?;
                until = Instant::now() + lasts;
                continue;
            }
            if locked {
                name_holder(&file);
                return Ok(file);
            }
            if pause == SHORTEST_PAUSE {
                info!("{} holds the login lock; waiting", holder(&file));
            }
            if Instant::now() >= until {
                let (holder, seconds) = (holder(&file), lasts.as_secs_f32());
                warn!(
                    "{holder} has held the login lock for {seconds:.0} s; not waiting any longer"
                );
                self.folder.remove_lock(&name, &file)?;
            }
            sleep(pause / 2 + random::part_of(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn replace(&self, state: &State) -> Result<(), FolderError> {
        let sealed = self.entry.seal(state).ok_or(FolderError::Io(std::io::ErrorKind::Other))?;
        self.folder.replace(&self.file(STATE), &sealed)
    }
}

impl TokenCache for FileCache {
    /// Reads at once: the file is small.
    fn load(&self) -> BoxFuture<'_, State> {
        Box::pin(ready(self.peek()))
    }

    fn lease(&self, lasts: Duration) -> BoxFuture<'_, Lease> {
        Box::pin(self.locked(lasts))
    }

    /// Writes at once, and does not wait for the disk.
    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> BoxFuture<'a, ()> {
        let is_lost = match &lease.0 {
            Holder::File(lock) => !self.folder.is_current(&self.file(LOCK), lock),
            _ => false,
        };
        if is_lost {
            info!("another process has logged in since; its entry stays");
        } else if let Err(error) = self.replace(state) {
            self.entry.warn_once(&format_args!("cannot write the token cache: {error}"));
        }
        Box::pin(ready(()))
    }
}

fn try_lock(file: &File) -> Result<bool, FolderError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Writes the process id into the lock file, for the log of processes that wait.
fn name_holder(file: &File) {
    let line = format!("{}\n", std::process::id());
    if check_file_size_limit(line.len()).is_ok() {
        let _ = file.set_len(0).and_then(|()| file.write_all_at(line.as_bytes(), 0));
    }
}

fn holder(file: &File) -> String {
    let mut text = [0; 16];
    let len = file.read_at(&mut text, 0).unwrap_or_default();
    let number = str::from_utf8(&text[..len]).ok().and_then(|text| text.trim().parse::<u32>().ok());
    number.map_or_else(|| "another process".to_owned(), |number| format!("process {number}"))
}

const STATE: &str = ".state";
const LOCK: &str = ".lock";

const SHORTEST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);
