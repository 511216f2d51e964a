use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use orgtoken_client::TokenSource;
use orgtoken_client::cache::{CacheFolder, FolderError, Lease, State, TokenCache};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::support::{MINUTE, SECOND, USER, granted, org, store, with_file_cache};

#[tokio::test]
async fn two_processes_share_one_login() {
    let (org, folder) = (org(), folder());
    let cache = folder.path().join("orgtoken");
    let first = with_file_cache(&org, &cache).token(MINUTE).await.unwrap();
    let second = with_file_cache(&org, &cache).token(MINUTE).await.unwrap();
    assert_eq!(first.token().access_token().secret(), second.token().access_token().secret());
    assert_eq!(org.logins(), 1);
}

#[tokio::test]
async fn files_are_private_and_reveal_nothing() {
    let (org, folder) = (org(), folder());
    let cache = folder.path().join("orgtoken");
    let token = with_file_cache(&org, &cache).token(MINUTE).await.unwrap();
    assert_eq!(mode(&cache), 0o700);
    for entry in fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let (name, bytes) = (path.to_string_lossy(), fs::read(&path).unwrap());
        let text = String::from_utf8_lossy(&bytes);
        for known in [USER, "robot", "127.0.0.1", token.token().access_token().secret()] {
            assert!(!name.rsplit('/').next().unwrap().contains(known), "{name}: {known}");
            assert!(!text.contains(known), "{known}");
        }
    }
}

#[tokio::test]
async fn refusal_is_cached_across_processes() {
    let (org, folder) = (org(), folder());
    org.play("not-approved");
    with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap_err();
    let error = with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("cached failure, "), "{error}");
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn damaged_entry_is_a_miss_and_is_replaced() {
    for (name, damage) in [
        ("empty", (|_| Vec::new()) as fn(Vec<u8>) -> Vec<u8>),
        ("truncated", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("bit-flipped", |mut bytes| {
            bytes[40] ^= 1;
            bytes
        }),
        ("foreign version", |bytes| [b"orgtoken\x07", &bytes[9..]].concat()),
        ("10 MiB", |_| vec![b'x'; 10 << 20]),
        // The results of a power cut during a write.
        ("a length and no data", |bytes| vec![0; bytes.len()]),
        ("the first block alone", |mut bytes| {
            bytes[512..].fill(0);
            bytes
        }),
        ("the last block alone", |mut bytes| {
            bytes[..512].fill(0);
            bytes
        }),
    ] {
        let (org, folder) = (org(), folder());
        with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
        let path = state_file(folder.path().to_owned());
        fs::write(&path, damage(fs::read(&path).unwrap())).unwrap();
        with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
        assert_eq!(org.logins(), 2, "{name}");
        with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
        assert_eq!(org.logins(), 2, "{name} was not replaced");
    }
}

#[tokio::test]
async fn entry_of_other_users_is_neither_used_nor_deleted() {
    for (name, spoil) in [
        ("mode 0644", (|path| set_mode(path, 0o644)) as fn(&PathBuf)),
        ("symlink", |path| {
            let aside = path.with_extension("aside");
            fs::rename(path, &aside).unwrap();
            symlink(aside, path).unwrap();
        }),
        ("hard link", |path| fs::hard_link(path, path.with_extension("aside")).unwrap()),
        ("FIFO", |path| {
            fs::remove_file(path).unwrap();
            make_fifo(path);
        }),
        ("directory", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        // Only root can change the owner; other users test an invalid mode instead.
        ("another owner", |path| {
            if chown(path, Some(4711), None).is_err() {
                set_mode(path, 0o640);
            }
        }),
    ] {
        let (org, folder) = (org(), folder());
        with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
        let path = state_file(folder.path().to_owned());
        spoil(&path);
        let store = store(&org, folder.path());
        assert!(store.peek().token.is_none(), "{name}");
        assert!(path.symlink_metadata().is_ok(), "{name}");
        with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
        assert_eq!(org.logins(), 2, "{name}");
    }
}

#[test]
fn folder_open_to_other_users_is_not_used() {
    let folder = folder();
    for mode in [0o755, 0o770, 0o777] {
        set_mode(&folder.path().to_owned(), mode);
        assert_eq!(CacheFolder::open(folder.path()).unwrap_err(), FolderError::Mode, "{mode:o}");
    }
    assert!(folder.path().exists());
}

#[tokio::test]
async fn token_is_returned_without_a_usable_cache() {
    let (org, folder) = (org(), folder());
    let source = with_file_cache(&org, folder.path());
    fs::remove_dir_all(folder.path()).unwrap();
    source.token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 1);
}

#[tokio::test]
async fn stopped_holder_loses_the_lock_to_one_waiter() {
    let (org, folder) = (org(), folder());
    let stopped = store(&org, folder.path());
    let late = stopped.lease(SECOND).await;
    let newer = granted(&org).await;
    tokio::time::pause();
    let (begun, inside) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let (store, newer) = (store(&org, folder.path()), newer.clone());
            let inside = Arc::clone(&inside);
            tokio::spawn(async move {
                let lease = store.lease(SECOND).await;
                assert!(lease.is_held());
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                store.save(&newer, &lease).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                store.release(lease).await;
            })
        })
        .collect();
    for task in waiting {
        task.await.unwrap();
    }
    // All wait for the first holder together, and not as long for another one.
    assert!((SECOND..2 * SECOND).contains(&begun.elapsed()), "{:?}", begun.elapsed());

    // It was stopped for so long that its state is not saved.
    stopped.save(&State::default(), &late).await;
    assert!(stopped.peek().token.is_some());
}

#[tokio::test]
async fn one_process_at_a_time_has_the_lock() {
    let (org, folder) = (org(), folder());
    let inside = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (store, inside) = (store(&org, folder.path()), Arc::clone(&inside));
            tokio::spawn(async move {
                let lease = store.lease(MINUTE).await;
                assert!(lease.is_held());
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                store.release(lease).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn invalid_lock_file_is_replaced() {
    for (name, spoil) in [
        ("FIFO", (|path| make_fifo(path)) as fn(&PathBuf)),
        ("symlink", |path| symlink("/dev/null", path).unwrap()),
        ("mode 0666", |path| {
            fs::write(path, "").unwrap();
            set_mode(path, 0o666);
        }),
        ("hard link", |path| {
            fs::write(path, "").unwrap();
            set_mode(path, 0o600);
            fs::hard_link(path, path.with_extension("aside")).unwrap();
        }),
    ] {
        let (org, folder) = (org(), folder());
        drop(store(&org, folder.path()).lease(SECOND).await);
        let lock = entry(folder.path(), "lock");
        fs::remove_file(&lock).unwrap();
        spoil(&lock);
        let lease = store(&org, folder.path()).lease(SECOND).await;
        assert!(lease.is_held(), "{name}");
        assert!(lock.symlink_metadata().unwrap().is_file(), "{name}");
    }
}

#[tokio::test]
async fn leftovers_of_a_killed_write_are_removed() {
    let (org, folder) = (org(), folder());
    with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
    let (old, young) = (folder.path().join(".new-old"), folder.path().join(".new-young"));
    for leftover in [&old, &young] {
        fs::copy(state_file(folder.path().to_owned()), leftover).unwrap();
    }
    let hour_ago = std::time::SystemTime::now() - 60 * MINUTE;
    fs::File::options().write(true).open(&old).unwrap().set_modified(hour_ago).unwrap();
    let store = store(&org, folder.path());
    store.save(&store.load().await, &Lease::NONE).await;
    assert!(!old.exists(), "its writer has ended");
    assert!(young.exists(), "a process may be writing it");
    assert!(store.peek().token.is_some());
    CacheFolder::open(folder.path()).unwrap().clear().unwrap();
    assert!(!young.exists());
}

#[tokio::test]
async fn removed_entry_is_overwritten() {
    let (org, folder) = (org(), folder());
    with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
    let path = state_file(folder.path().to_owned());
    let mut still_open = fs::File::open(&path).unwrap();
    let cache = CacheFolder::open(folder.path()).unwrap();
    assert_eq!(cache.clear().unwrap(), 1);
    assert_eq!(cache.clear().unwrap(), 0);
    let mut left = Vec::new();
    still_open.read_to_end(&mut left).unwrap();
    assert!(left.len() > 100 && left.iter().all(|byte| *byte == 0), "it was not overwritten");
    assert!(!path.exists());
    assert!(store(&org, folder.path()).peek().token.is_none());
}

#[tokio::test]
async fn clear_removes_what_it_can_and_returns_the_first_error() {
    let (org, folder) = (org(), folder());
    with_file_cache(&org, folder.path()).token(MINUTE).await.unwrap();
    let state = state_file(folder.path().to_owned());
    let obstacles = ["!.state", "~.state", ".new-folder"].map(|name| folder.path().join(name));
    obstacles.iter().for_each(|path| fs::create_dir(path).unwrap());
    let leftover = folder.path().join(".new-leftover");
    fs::copy(&state, &leftover).unwrap();
    let cache = CacheFolder::open(folder.path()).unwrap();
    assert!(matches!(cache.clear(), Err(FolderError::Io(_))));
    assert!(!state.exists() && !leftover.exists());
    obstacles.iter().for_each(|path| fs::remove_dir(path).unwrap());
    assert_eq!(cache.clear(), Ok(0));
}

fn folder() -> TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn state_file(folder: PathBuf) -> PathBuf {
    entry(&folder, "state")
}

fn entry(folder: &Path, ending: &str) -> PathBuf {
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.extension().is_some_and(|found| found == ending)).unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn make_fifo(path: &PathBuf) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}
