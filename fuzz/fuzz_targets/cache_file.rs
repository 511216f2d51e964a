//! A file of the cache with arbitrary content is always a miss.

#![no_main]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use orgtoken_client::cache::{CacheFolder, SealingKey};
use orgtoken_oauth::AllowedHosts;

static PLACE: LazyLock<(CacheFolder, PathBuf)> = LazyLock::new(place);
static KEYS: LazyLock<[(SealingKey, AllowedHosts); 1]> =
    LazyLock::new(|| [(SealingKey::derive(b"secret"), AllowedHosts::none())]);

fuzz_target!(|input: &[u8]| {
    let (cache, path) = &*PLACE;
    fs::write(path, input).expect("the folder is ours");
    let listing = cache.states(&*KEYS).expect("the folder is safe");
    assert_eq!((listing.count, listing.opened.len()), (1, 0));
});

fn place() -> (CacheFolder, PathBuf) {
    let folder = tempfile::tempdir().expect("temporary files can be written").keep();
    let path = folder.join("a.state");
    fs::write(&path, b"").expect("the folder is ours");
    for (path, mode) in [(&folder, 0o700), (&path, 0o600)] {
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("it is ours");
    }
    (CacheFolder::open(&folder).expect("it is safe"), path)
}
