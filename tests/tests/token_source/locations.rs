//! The cache that the settings of a login choose.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;

use conformance::keys::{self, Manifest};
use conformance::test_org::{CLIENT_ID, TestOrg};
use orgtoken_assertion::{Passphrase, SignError, Signer};
use orgtoken_client::cache::{CacheLocations, Lease, TokenCache};
use orgtoken_settings::{Layer, Loader, Setting, Settings};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::support::{USER, granted, org};

/// The error of `open`, which never fails here.
#[derive(Debug)]
struct OpenError;

impl From<SignError> for OpenError {
    fn from(_: SignError) -> Self {
        Self
    }
}

#[tokio::test]
async fn local_key_seals_the_token_without_being_opened() {
    let (org, home) = (org(), TempDir::new().unwrap());
    let locations = locations(&home);
    let mut settings = settings(&org, key_file, org.private_key().as_bytes());
    let never = |_: &mut Settings| -> Result<Option<Arc<dyn Signer>>, OpenError> { unreachable!() };
    let cache = locations.file_cache(&mut settings, never).unwrap().unwrap();
    cache.save(&granted(&org).await, &Lease::NONE).await;
    let cache = locations.file_cache(&mut settings, never).unwrap().unwrap();
    assert!(cache.peek().token.is_some());
    assert!(!home.path().join("secrets").exists());
}

#[tokio::test]
async fn remote_key_signs_once_until_the_machine_restarts() {
    let (org, home) = (org(), TempDir::new().unwrap());
    let locations = locations(&home);
    let opened = Cell::new(0);
    let open = |_: &mut Settings| -> Result<_, OpenError> {
        opened.set(opened.get() + 1);
        Ok(Some(org.signer()))
    };
    let agent = |flags: &mut Layer| flags.set_agent("--ssh-agent", "robot");
    for _ in 0..2 {
        let mut settings = settings(&org, agent, b"");
        let cache = locations.file_cache(&mut settings, open).unwrap().unwrap();
        cache.save(&granted(&org).await, &Lease::NONE).await;
    }
    assert_eq!(opened.get(), 1);

    let mut other = settings(&org, |flags| flags.set_agent("--ssh-agent", "another"), b"");
    assert!(locations.known_sealing_key(other.key()).is_none());
    locations.file_cache(&mut other, open).unwrap().unwrap();
    assert_eq!(opened.get(), 2, "each key of the agent has a secret of its own");
}

#[tokio::test]
async fn encrypted_key_is_decrypted_once_and_seals_like_the_same_key_decrypted() {
    let (org, home) = (org(), TempDir::new().unwrap());
    let (locations, keys) = (locations(&home), keys::folder().unwrap());
    let manifest = Manifest::read(&keys).unwrap();
    let encrypted = manifest.find("PBES2 with PBKDF2 and AES-256").unwrap();
    let encrypted = fs::read(keys.join(&encrypted.file)).unwrap();
    let passphrase = Passphrase::new(manifest.passphrase.as_bytes());

    let mut locked = settings(&org, key_file, &encrypted);
    let decrypt = |settings: &mut Settings| -> Result<Option<Arc<dyn Signer>>, OpenError> {
        settings.decrypt_key(Some(&passphrase)).unwrap();
        Ok(None)
    };
    let cache = locations.file_cache(&mut locked, decrypt).unwrap().unwrap();
    cache.save(&granted(&org).await, &Lease::NONE).await;

    let never = |_: &mut Settings| -> Result<Option<Arc<dyn Signer>>, OpenError> { unreachable!() };
    let mut again = settings(&org, key_file, &encrypted);
    let cache = locations.file_cache(&mut again, never).unwrap().unwrap();
    assert!(cache.peek().token.is_some());
    // `locked` is decrypted now.
    let cache = locations.file_cache(&mut locked, never).unwrap().unwrap();
    assert!(cache.peek().token.is_some());
}

#[test]
fn without_a_folder_or_with_another_cache_there_is_no_file() {
    let (org, home) = (org(), TempDir::new().unwrap());
    let never = |_: &mut Settings| -> Result<Option<Arc<dyn Signer>>, OpenError> { unreachable!() };
    let mut local = settings(&org, key_file, org.private_key().as_bytes());
    assert!(CacheLocations::default().file_cache(&mut local, never).unwrap().is_none());

    let uncached = |flags: &mut Layer| {
        key_file(flags);
        flags.set(Setting::Cache, "--cache", "none");
    };
    let mut uncached = settings(&org, uncached, org.private_key().as_bytes());
    assert!(locations(&home).file_cache(&mut uncached, never).unwrap().is_none());

    let without_secrets = CacheLocations { secrets: None, ..locations(&home) };
    let mut remote = settings(&org, |flags| flags.set_agent("--ssh-agent", "robot"), b"");
    assert!(without_secrets.file_cache(&mut remote, never).unwrap().is_none());
}

fn locations(home: &TempDir) -> CacheLocations {
    let folder = |name| Some(home.path().join(name));
    CacheLocations { tokens: folder("tokens"), secrets: folder("secrets") }
}

fn key_file(flags: &mut Layer) {
    flags.set_file(Setting::PrivateKey, "--jwt-key-file", "robot.key");
}

/// Returns the settings of a login to `org`, with a key that `set_key` sets and that is `key`.
fn settings(org: &TestOrg, set_key: impl FnOnce(&mut Layer), key: &[u8]) -> Settings {
    let mut flags = Layer::flags();
    flags.set(Setting::Username, "--username", USER);
    flags.set(Setting::ClientId, "--client-id", CLIENT_ID);
    flags.set(Setting::LoginUrl, "--login-url", org.url());
    flags.set_list(Setting::AllowHosts, "--allow-host", vec![org.address().to_owned()]);
    set_key(&mut flags);
    let mut loader = Loader::new([flags]);
    while let Some(input) = loader.next_input() {
        loader.provide(&input, Zeroizing::new(key.to_vec()));
    }
    loader.check().unwrap()
}
