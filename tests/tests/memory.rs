//! Secrets in the memory of a process with the program's allocator: they are wiped after their last
//! use.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::System;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64ct::{Base64, Encoding};
use bytes::Bytes;
use conformance::keys::{self, Manifest};
use conformance::memory::{Found, Search};
use conformance::test_org::{CLIENT_ID, USER};
use http::Response;
use orgtoken_assertion::{Claims, Passphrase, RingSigner, Signer, SigningKey};
use orgtoken_client::cache::{CacheFolder, Lease, LoginId, SealingKey, State, TokenCache};
use orgtoken_client::{CachedToken, Timestamp};
use orgtoken_oauth::{AllowedHosts, LoginUrl, Token, TokenRequest, session};
use orgtoken_settings::{KeySource, Layer, Loader};
use serde_json::json;
use zeroize::Zeroizing;
use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

#[test]
fn text_of_a_key_is_wiped_after_parsing() {
    let _alone = alone();
    let search = search();
    let from_base64 = |pem: &str| {
        let text = Zeroizing::new(Base64::encode_string(pem.as_bytes()));
        SigningKey::from_bytes(text.as_bytes()).unwrap()
    };
    for (name, read) in [
        ("PEM", (|pem| SigningKey::from_bytes(pem.as_bytes()).unwrap()) as fn(&str) -> SigningKey),
        ("literal line breaks", |pem| {
            let text = Zeroizing::new(pem.replace('\n', "\\n"));
            SigningKey::from_bytes(text.as_bytes()).unwrap()
        }),
        ("base64 of PEM", from_base64),
        ("a settings record", from_record),
    ] {
        let key = read(&pem("PKCS#8, PEM, 2048 bits"));
        let found = search.here().unwrap();
        assert!(found.contains_key("p") && found.contains_key("q"), "{name}: {found:?}");
        assert!(!found.contains_key("PEM"), "{name}: {found:?}");
        drop(key);
        assert_eq!(search.here().unwrap(), Found::new(), "{name}");
    }
}

#[test]
fn refused_key_is_wiped() {
    let _alone = alone();
    let search = search();
    for (name, spoil) in [
        ("two keys", (|pem| [pem, pem].concat()) as fn(&str) -> String),
        ("cut", |pem| pem[..pem.len() / 2].to_owned()),
        ("damaged", |pem| pem.replacen("\n", "\nA", 2)),
    ] {
        let spoilt = Zeroizing::new(spoil(&pem("PKCS#8, PEM, 2048 bits")));
        let error = SigningKey::from_bytes(spoilt.as_bytes()).unwrap_err();
        drop(spoilt);
        assert_eq!(search.here().unwrap(), Found::new(), "{name}: {error}");
    }
}

#[test]
fn numbers_of_a_dropped_key_are_wiped() {
    let _alone = alone();
    let search = search();
    let key = || SigningKey::from_bytes(pem("PKCS#8, PEM, 2048 bits").as_bytes()).unwrap();

    let by_rsa = key();
    by_rsa.sign(b"message").unwrap();
    assert_eq!(by_rsa.derive("purpose").secret().len(), 32);
    drop(by_rsa);
    assert_eq!(search.here().unwrap(), Found::new(), "signed by rsa");

    let by_ring = RingSigner::new(key());
    by_ring.sign(b"message").unwrap();
    drop(by_ring);
    assert_eq!(search.here().unwrap(), Found::new(), "signed by ring");
}

#[test]
fn encrypted_key_is_wiped() {
    let _alone = alone();
    let search = search();
    let manifest = Manifest::read(&keys::folder().unwrap()).unwrap();
    let passphrase = Passphrase::new(manifest.passphrase);
    let locked = pem("PBES2 with PBKDF2");
    let key = SigningKey::from_encrypted(locked.as_bytes(), &passphrase).unwrap();
    assert!(search.here().unwrap().contains_key("p"));
    drop(key);
    assert_eq!(search.here().unwrap(), Found::new());
}

#[test]
fn dropped_token_is_wiped() {
    let _alone = alone();
    let mut search = Search::new();
    search.add("token", TOKEN.as_bytes()).unwrap();

    let token = granted();
    assert!(search.here().unwrap().contains_key("token"));
    let requests = [
        session::revoke(token.instance_url(), token.access_token()),
        session::user_info(token.instance_url(), token.access_token()),
    ];
    drop((token, requests));
    assert_eq!(search.here().unwrap(), Found::new());
}

#[test]
fn cached_token_is_wiped_from_memory() {
    let _alone = alone();
    let mut search = Search::new();
    search.add("token", TOKEN.as_bytes()).unwrap();
    let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir();
    let folder = folder.unwrap();
    let store = CacheFolder::open(folder.path()).unwrap().entry(
        LoginId { client_id: CLIENT_ID.into(), endpoint: "canary".into(), username: USER.into() },
        Arc::new(SealingKey::derive(b"the numbers of a key")),
        AllowedHosts::none(),
    );

    let state =
        State { token: Some(Arc::new(CachedToken::new(granted(), now()))), ..State::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { store.save(&state, &Lease::NONE).await });
    drop((state, runtime));
    assert_eq!(search.here().unwrap(), Found::new(), "written");

    let read = store.peek();
    assert_eq!(read.token.as_ref().unwrap().token().access_token().secret().len(), TOKEN.len());
    assert!(search.here().unwrap().contains_key("token"));
    drop(read);
    assert_eq!(search.here().unwrap(), Found::new(), "read");
}

#[test]
fn sent_assertion_is_wiped() {
    let _alone = alone();
    let key = SigningKey::from_bytes(pem("PKCS#8, PEM, 2048 bits").as_bytes()).unwrap();
    let login = LoginUrl::parse("https://login.salesforce.com", &AllowedHosts::none()).unwrap();
    let claims = Claims::builder(now().wall)
        .issuer(CLIENT_ID)
        .subject(USER)
        .audience(login.as_str())
        .build()
        .unwrap();
    let assertion = claims.sign(&key).unwrap();
    let mut search = Search::new();
    search.add("assertion", assertion.secret().as_bytes()).unwrap();

    let request = TokenRequest::new(&login.token_endpoint(), assertion).to_http();
    assert!(search.here().unwrap().contains_key("assertion"));
    drop((request, claims));
    assert_eq!(search.here().unwrap(), Found::new());
}

/// Runs one test at a time, because all look for the same secrets.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a search for the key of 2048 bits, which is not in memory yet.
fn search() -> Search {
    let mut search = Search::new();
    search.add_key(&pem("PKCS#8, PEM, 2048 bits")).unwrap();
    assert_eq!(search.here().unwrap(), Found::new(), "this test itself leaves something");
    search
}

fn pem(name: &str) -> Zeroizing<String> {
    let keys = keys::folder().unwrap();
    let manifest = Manifest::read(&keys).unwrap();
    Zeroizing::new(fs::read_to_string(keys.join(&manifest.find(name).unwrap().file)).unwrap())
}

fn from_record(pem: &str) -> SigningKey {
    let record = json!({
        "key": "salesforce",
        "value": {
            "Username": USER,
            "ClientId": CLIENT_ID,
            "PrivateKey": pem,
            "InstanceUrl": "https://acme.my.salesforce.com",
            "InstanceAPIVersion": "v60.0",
        },
    });
    let record = Zeroizing::new(record.to_string());
    let layer = Layer::from_record(record.as_bytes(), "salesforce.json", None);
    let KeySource::Local(key) = Loader::new([layer]).check().unwrap().into_key() else {
        panic!("the record has a key")
    };
    *key
}

fn granted() -> Token {
    let body = json!({
        "access_token": TOKEN,
        "instance_url": "https://acme.my.salesforce.com",
        "token_type": "Bearer",
    });
    let response = Response::builder().header("content-type", "application/json");
    let response = response.body(Bytes::from(body.to_string())).unwrap();
    Token::from_http(&response, now().wall, &AllowedHosts::none()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// A constant is in read-only memory, which is not searched.
const TOKEN: &str = "00Dxx0000001gPz!AQcanary.of_the_token.0123456789.abcdefghijklmnopqrstuvwxyz";
