use std::fmt;
use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::AllowedHosts;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{info, warn};

use super::folder::Folder;
use super::lock::Lock;
use super::{Lease, SealingKey, State, Store, Unsafe, Who};
use crate::{Moment, Work, random};

/// A folder of sealed states, shared by all processes of this user on this machine.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Folder,
}

impl Cache {
    /// Opens the folder, and makes it if it is not there.
    pub fn open(folder: &Path) -> Result<Self, Unsafe> {
        Ok(Self { folder: Folder::open(folder)? })
    }

    /// The state of one login in it.
    pub fn store(&self, who: Who, key: Arc<SealingKey>, allowed_hosts: AllowedHosts) -> FileStore {
        let name = key.name(&[&who.endpoint, &who.client_id, &who.username]);
        let (folder, complained) = (self.folder.clone(), AtomicBool::new(false));
        FileStore { folder, name, who, key, allowed_hosts, complained }
    }

    /// How many states it keeps, and those of them that `key` opens.
    pub fn states(
        &self,
        key: &SealingKey,
        allowed_hosts: &AllowedHosts,
    ) -> Result<Listing, Unsafe> {
        let names = self.folder.names(STATE)?;
        let opened = names.iter().filter_map(|name| {
            let place = name.strip_suffix(STATE)?;
            let sealed = self.folder.read(name).ok().flatten()?;
            let plain = key.open(place, &sealed)?;
            State::from_bytes(&plain, allowed_hosts, Moment::now())
        });
        Ok(Listing { opened: opened.collect(), count: names.len() })
    }

    /// Forgets every state, whoever sealed it; returns how many there were. Locks stay: a lock on a
    /// removed file would exclude nobody.
    ///
    /// # Errors
    ///
    /// The first obstacle, once everything else has been removed.
    pub fn clear(&self) -> Result<usize, Unsafe> {
        let names = self.folder.names(STATE)?;
        let removed = names.iter().map(|name| self.folder.overwrite_and_remove(name).map(drop));
        // Each is tried before the first error counts.
        let removed: Vec<_> =
            removed.chain([self.folder.remove_leftovers(Duration::ZERO)]).collect();
        removed.into_iter().collect::<Result<(), _>>()?;
        Ok(names.len())
    }
}

/// What lies in a [`Cache`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The states that could be opened.
    pub opened: Vec<(Who, State)>,
    /// How many there are, with those that another key sealed.
    pub count: usize,
}

/// Keeps the state of one login in a sealed file, and lets one process at a time log in.
///
/// Any defect of the file is a miss. The lock is the kernel's (`flock`) and dies with its holder.
#[derive(Debug)]
pub struct FileStore {
    folder: Folder,
    name: String,
    who: Who,
    key: Arc<SealingKey>,
    allowed_hosts: AllowedHosts,
    complained: AtomicBool,
}

impl FileStore {
    /// What is kept now, or nothing. It takes no runtime, and waits for nobody.
    pub fn peek(&self) -> State {
        let sealed = match self.folder.read(&self.file(STATE)) {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return State::default(),
            Err(error) => {
                self.complain(&format_args!("the token cache is not used: {error}"));
                return State::default();
            }
        };
        let plain = self.key.open(&self.name, &sealed);
        let state = plain
            .and_then(|plain| State::from_bytes(&plain, &self.allowed_hosts, Moment::now()))
            .filter(|(who, _)| *who == self.who);
        let Some((_, state)) = state else {
            self.complain(&"an entry of the token cache is damaged or of another version");
            return State::default();
        };
        state
    }

    /// Forgets what is kept; `false` if nothing was.
    pub fn forget(&self) -> Result<bool, Unsafe> {
        self.folder.overwrite_and_remove(&self.file(STATE))
    }

    /// Once: what is read again in the same login is no better.
    fn complain(&self, complaint: &dyn fmt::Display) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            warn!("{complaint}");
        }
    }

    fn file(&self, ending: &str) -> String {
        format!("{}{ending}", self.name)
    }

    /// The first lock, or after a long wait the second: then whoever holds the first is stopped or
    /// stuck, and one of all that wait goes on without it.
    async fn locked(&self) -> Lease {
        for ending in LOCKS {
            match self.lock(&self.file(ending)).await {
                Ok(Some((lock, begun))) => return Lease::held_by(Arc::new(lock)).after(begun),
                Ok(None) => warn!("another process has been logging in for {PATIENCE:?}"),
                Err(error) => {
                    warn!("the token cache cannot be locked: {error}");
                    return Lease::NONE;
                }
            }
        }
        Lease::NONE
    }

    /// `None` when the wait is over.
    async fn lock(&self, name: &str) -> Result<Option<(Lock, Vec<UnixTime>)>, Unsafe> {
        let file = self.folder.lock_file(name)?;
        let until = Instant::now() + PATIENCE;
        let mut pause = SHORTEST_PAUSE;
        loop {
            if Lock::attempt(&file)? {
                return Ok(Some(Lock::taken(file, self.folder.stamp(&self.file(STATE)))));
            }
            if pause == SHORTEST_PAUSE {
                match Lock::holder(&file) {
                    Some(process) => info!("process {process} is logging in: waiting for it"),
                    None => info!("another process is at it: waiting for it"),
                }
            }
            if timeout_at(until, sleep(pause / 2 + random::part_of(pause))).await.is_err() {
                return Ok(None);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Store for FileStore {
    /// Reads on the spot: it is one small file.
    fn load(&self) -> Work<'_, State> {
        Box::pin(ready(self.peek()))
    }

    fn lease(&self) -> Work<'_, Lease> {
        Box::pin(self.locked())
    }

    fn begin(&self, lease: &Lease, at: UnixTime) {
        if let Some(lock) = lease.grip::<Arc<Lock>>() {
            lock.begin(at);
        }
    }

    /// Writes on a thread of its own, since a disk may take its time. That thread has a share in the
    /// lock: it may go on after whoever waits for it has given up. Who was stopped past the wait of the
    /// others replaces nothing newer.
    fn save<'a>(&'a self, state: &'a State, lease: &'a Lease) -> Work<'a, ()> {
        let plain = state.to_bytes(&self.who);
        let sealed = self.key.seal(&self.name, &plain);
        let (folder, name) = (self.folder.clone(), self.file(STATE));
        let lock = lease.grip::<Arc<Lock>>().cloned();
        Box::pin(async move {
            let Some(sealed) = sealed else { return warn!("the token could not be sealed") };
            let replace = move || {
                if lock.as_ref().is_some_and(|lock| lock.is_overtaken(folder.stamp(&name))) {
                    info!("another process has logged in since: what it kept stays");
                    return Ok(());
                }
                folder.replace(&name, &sealed)?;
                if let Some(lock) = lock {
                    lock.settle();
                }
                Ok::<_, Unsafe>(())
            };
            let saved = spawn_blocking(replace).await;
            match saved {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!("the token is not kept: {error}"),
                Err(_) => warn!("the token is not kept: the write was given up"),
            }
        })
    }
}

const STATE: &str = ".state";

/// The locks in the order in which they are competed for.
const LOCKS: [&str; 2] = [".lock", ".second-lock"];

/// Longer than a login can take.
const PATIENCE: Duration = Duration::from_secs(25);

const SHORTEST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(64);
