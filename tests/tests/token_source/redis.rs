//! The state of a login in a real Redis server, shared by hosts.

use std::fs;
use std::net::TcpListener;

use conformance::test_org::TestOrg;
use orgtoken_assertion::Diagnostic;
use orgtoken_client::cache::{Lease, RedisCache, RedisUrlError, SealingKey, State, TokenCache};
use orgtoken_client::{LoginSource, Roots, TokenSource, Transport};
use orgtoken_oauth::AllowedHosts;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use redis::{FromRedisValue, cmd};
use tokio::net::TcpSocket;

use crate::support::{MINUTE, USER, builder, granted, login_id, org, sealing_key, transport};
use conformance::redis_server::RedisServer;

#[tokio::test]
async fn hosts_share_one_login() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let (one, other) = (host(&org, &server), host(&org, &server));
    let first = one.token(MINUTE).await.unwrap();
    let second = other.token(MINUTE).await.unwrap();
    assert_eq!(first.token().access_token().secret(), second.token().access_token().secret());
    assert_eq!(org.logins(), 1);

    other.invalidate(&second);
    other.token(MINUTE).await.unwrap();
    one.invalidate(&first);
    one.token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 2, "one host's new token is the other's");
}

#[tokio::test]
async fn cold_hosts_log_in_once() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let hold = org.hold("/services/oauth2/token");
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let source = host(&org, &server);
            tokio::spawn(async move { source.token(MINUTE).await.map(drop) })
        })
        .collect();
    hold.arrived(1).await;
    hold.release();
    for task in asking {
        task.await.unwrap().unwrap();
    }
    assert_eq!(org.logins(), 1);
}

#[tokio::test]
async fn refusal_is_cached_on_all_hosts() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    org.play("not-approved");
    host(&org, &server).token(MINUTE).await.unwrap_err();
    let error = host(&org, &server).token(MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("cached failure, "), "{error}");
    assert_eq!(org.login_history().len(), 1);
}

#[tokio::test]
async fn keys_and_values_reveal_nothing() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let token = host(&org, &server).token(MINUTE).await.unwrap();
    let keys: Vec<String> = ask(&server, &["KEYS", "*"]).await;
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let sealed: Vec<u8> = ask(&server, &["GET", key]).await;
    let text = String::from_utf8_lossy(&sealed);
    for known in [USER, "robot", "127.0.0.1", token.token().access_token().secret()] {
        assert!(!key.contains(known) && !text.contains(known), "{known}");
    }
    let left: i64 = ask(&server, &["PTTL", key]).await;
    assert!(left > 0, "unused entries expire");
}

#[tokio::test]
async fn host_paused_past_its_lease_does_not_replace_a_newer_entry() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let (paused, other) = (store(&org, &server.url()), store(&org, &server.url()));
    let late = paused.lease(MINUTE).await;
    assert!(late.is_held());
    end_of_lease(&server).await;

    let lease = other.lease(MINUTE).await;
    assert!(lease.is_held());
    let newer = granted(&org).await;
    other.save(&newer, &lease).await;
    other.release(lease).await;

    paused.save(&granted(&org).await, &late).await;
    let saved = paused.load().await.token.unwrap();
    assert_eq!(secret(&saved), secret(&newer.token.unwrap()));
}

#[tokio::test]
async fn lease_lasts_as_long_as_a_login_and_only_its_holder_releases_it() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let (one, other) = (store(&org, &server.url()), store(&org, &server.url()));
    let lease = one.lease(MINUTE).await;
    let keys: Vec<String> = ask(&server, &["KEYS", "*lease"]).await;
    let left: u64 = ask(&server, &["PTTL", &keys[0]]).await;
    assert!((55_000..=60_000).contains(&left), "{left} ms");

    // It expires, another holder gets one, and the first holder releases its own.
    end_of_lease(&server).await;
    let another = other.lease(MINUTE).await;
    one.release(lease).await;
    assert_eq!(ask::<i64>(&server, &["EXISTS", &keys[0]]).await, 1);
    other.release(another).await;
    assert_eq!(ask::<i64>(&server, &["EXISTS", &keys[0]]).await, 0);
}

#[tokio::test]
async fn lease_of_a_dead_holder_expires() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    let (gone, heir) = (store(&org, &server.url()), store(&org, &server.url()));
    let short = std::time::Duration::from_millis(300);
    std::mem::forget(gone.lease(short).await);
    assert!(heir.lease(MINUTE).await.is_held());
}

#[tokio::test]
async fn entries_are_listed_and_only_own_ones_are_removed() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    host(&org, &server).token(MINUTE).await.unwrap();
    let of_another_key = std::sync::Arc::new(SealingKey::derive(b"another key"));
    let other = RedisCache::new(
        &server.url(),
        &transport(),
        login_id(&org),
        of_another_key,
        org.allowed_hosts(),
    );
    other.unwrap().save(&State::default(), &Lease::NONE).await;

    let cache =
        orgtoken_client::cache::RedisServer::new(&server.url(), &transport(), &org.allowed_hosts())
            .unwrap();
    let listing = cache.states(&sealing_key(), &org.allowed_hosts()).await.unwrap();
    assert_eq!((listing.opened.len(), listing.count), (1, 2));
    assert_eq!(listing.opened[0].0, login_id(&org));
    assert_eq!(cache.clear(&sealing_key()).await.unwrap(), 1);
    let listing = cache.states(&sealing_key(), &org.allowed_hosts()).await.unwrap();
    assert_eq!((listing.opened.len(), listing.count), (0, 1));
    host(&org, &server).token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn listing_an_unreachable_server_fails() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("redis://:pa55@{closed}");
    let cache = orgtoken_client::cache::RedisServer::new(&url, &transport(), &AllowedHosts::none())
        .unwrap();
    let error = cache.clear(&sealing_key()).await.unwrap_err();
    assert_eq!(error.code(), "cache.redis");
    assert!(error.to_string().contains(&closed.to_string()), "{error}");
    assert!(!format!("{error} {error:?}").contains("pa55"), "{error}");
}

#[tokio::test]
async fn damaged_entry_is_a_miss_and_is_replaced() {
    let (org, Some(server)) = (org(), RedisServer::start(&[])) else { return };
    host(&org, &server).token(MINUTE).await.unwrap();
    let keys: Vec<String> = ask(&server, &["KEYS", "*login"]).await;
    let _: String = ask(&server, &["SET", &keys[0], "nonsense"]).await;
    host(&org, &server).token(MINUTE).await.unwrap();
    host(&org, &server).token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn unreachable_server_costs_a_login_only() {
    let org = org();
    // Bound and not listening: the port is taken, and no connection is accepted.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let source = at(&org, &format!("redis://{}", socket.local_addr().unwrap()));
    source.token(MINUTE).await.unwrap();
    source.token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn silent_server_is_asked_once() {
    let org = org();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = store(&org, &format!("redis://{}", silent.local_addr().unwrap()));
    let begun = tokio::time::Instant::now();
    assert!(store.load().await.token.is_none());
    assert!(!store.lease(MINUTE).await.is_held());
    store.save(&State::default(), &Lease::NONE).await;
    assert!(begun.elapsed().as_secs() <= 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn password_is_sent_and_a_wrong_one_costs_a_login_only() {
    let (org, Some(server)) = (org(), RedisServer::start(&["--requirepass", "pa55"])) else {
        return;
    };
    let url = |password| format!("redis://:{password}@127.0.0.1:{}/3", server.port());
    at(&org, &url("pa55")).token(MINUTE).await.unwrap();
    at(&org, &url("pa55")).token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 1);
    at(&org, &url("wrong")).token(MINUTE).await.unwrap();
    assert_eq!(org.logins(), 2);
}

#[tokio::test]
async fn tls_uses_the_roots_of_the_transport() {
    let (ca, certificate, key) = certificate();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (certificate, key) = (file("cert.pem", &certificate), file("key.pem", &key));
    let arguments = [
        "--port 0 --tls-port PORT --tls-auth-clients no",
        &format!("--tls-cert-file {certificate} --tls-ca-cert-file {certificate}"),
        &format!("--tls-key-file {key}"),
    ];
    let arguments = arguments.join(" ");
    let arguments: Vec<_> = arguments.split(' ').collect();
    let Some(server) = RedisServer::start(&arguments) else { return };
    let url = format!("rediss://localhost:{}", server.port());
    let org = org();
    let trusting = Transport::builder().roots(Roots::Pem(ca.into_bytes())).build();
    for (name, transport, logins) in
        [("the first", &trusting, 1), ("the second", &trusting, 1), ("no trust", &transport(), 2)]
    {
        let store =
            RedisCache::new(&url, transport, login_id(&org), sealing_key(), org.allowed_hosts())
                .unwrap();
        let source = builder(&org).cache(Box::new(store)).build();
        source.token(MINUTE).await.unwrap();
        assert_eq!(org.logins(), logins, "{name}");
    }
}

#[test]
fn url_error_does_not_show_the_url() {
    let org = org();
    let store = |url| {
        RedisCache::new(url, &transport(), login_id(&org), sealing_key(), org.allowed_hosts())
            .unwrap_err()
    };
    assert_eq!(store("rediss://:pa55@cache.acme.com/#insecure"), RedisUrlError::Insecure);
    for url in ["redis://:pa55@", "redis://:pa55@:x"] {
        let error = store(url);
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("pa55"));
        assert_eq!(error.code(), "settings.cache");
    }
}

fn store(org: &TestOrg, url: &str) -> RedisCache {
    RedisCache::new(url, &transport(), login_id(org), sealing_key(), org.allowed_hosts()).unwrap()
}

fn at(org: &TestOrg, url: &str) -> LoginSource {
    builder(org).cache(Box::new(store(org, url))).build()
}

fn host(org: &TestOrg, server: &RedisServer) -> LoginSource {
    at(org, &server.url())
}

fn secret(cached: &orgtoken_client::CachedToken) -> &str {
    cached.token().access_token().secret()
}

/// Lets the lease expire.
async fn end_of_lease(server: &RedisServer) {
    let keys: Vec<String> = ask(server, &["KEYS", "*lease"]).await;
    let ended: i64 = ask(server, &["DEL", &keys[0]]).await;
    assert_eq!(ended, 1);
}

async fn ask<T: FromRedisValue>(server: &RedisServer, words: &[&str]) -> T {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.unwrap()
}

/// The PEM of a CA, of a certificate for localhost, and of its key.
fn certificate() -> (String, String, String) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    (ca.pem(), leaf.pem(), key.serialize_pem())
}
