//! `Debug`, `Display` and hints show no secret.

use std::fmt::{Debug, Display};
use std::fs;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use conformance::keys::{self, Manifest};
use conformance::secret::{debug, pem_body, shows};
use conformance::test_org::{CLIENT_ID, KEY, MY_DOMAIN, USER};
use http::Response;
use orgtoken_assertion::{
    Assertion, Claims, DerivedSecret, Diagnostic, Passphrase, PrivateKeyPem, RingSigner, Signer,
    SigningInput, SigningKey, UnixTime, Unverified,
};
use orgtoken_client::cache::SealingKey;
use orgtoken_client::{Login, Proxy, Transport};
use orgtoken_keygen::KeyPair;
use orgtoken_oauth::{AccessToken, AllowedHosts, InstanceUrl, Resolution, Token, TokenRequest};
use orgtoken_settings::{EncryptedKey, Form, Layer, Loader, SecretText};
use serde::Serialize;
use serde_json::{Value, json};
use static_assertions::{assert_impl_all, assert_not_impl_any};

#[test]
fn debug_of_keys_and_assertions_shows_no_secret() {
    let key = signing_key();
    let assertion = claims().sign(&key).unwrap();
    let signature = key.sign(b"message").unwrap();
    let secret = assertion.secret().to_owned();
    let signed = secret.rsplit('.').next().unwrap();

    let unverified = Unverified::parse(&secret).unwrap();
    let shown = [debug(&key), debug(&assertion), debug(&signature), debug(&unverified)];
    let verified = unverified.verify(key.public_key()).unwrap();
    for text in shown.iter().chain([&debug(&verified), &debug(&RingSigner::new(key))]) {
        assert!(!shows(text, &pem_body(KEY.secret())), "{text}");
        assert!(!shows(text, signed), "{text}");
    }
}

#[test]
fn debug_of_requests_and_tokens_shows_no_secret() {
    let resolution = resolution();
    let assertion = claims().sign(&signing_key()).unwrap();
    let secret = assertion.secret().to_owned();
    let request = TokenRequest::new(resolution.endpoint(), assertion);
    assert!(!shows(&debug(&request), &secret), "{request:?}");

    let token = token(TOKEN).unwrap();
    for text in [debug(&token), debug(token.access_token())] {
        assert!(!shows(&text, TOKEN), "{text}");
    }
}

#[test]
fn errors_show_no_token() {
    for (name, odd) in [
        ("blank", format!("{TOKEN} x")),
        ("control", format!("{TOKEN}\\u0000")),
        ("too long", TOKEN.repeat(400)),
    ] {
        let error = token(&odd).unwrap_err();
        let shown = format!("{} {error} {:?}", debug(&error), error.hint());
        assert!(!shows(&shown, TOKEN), "{name}: {shown}");
    }
}

#[test]
fn debug_of_transports_and_logins_shows_no_secret() {
    let proxy =
        Proxy::new("http://robot:s3cr3t-canary-of-the-proxy@proxy.example:3128", "").unwrap();
    let builder = Transport::builder().proxy(proxy);
    let login = Login::new(CLIENT_ID, USER, Arc::new(signing_key()), resolution());
    let shown = [debug(&builder), debug(&builder.build()), debug(&login)];
    for text in shown {
        assert!(!shows(&text, "s3cr3t-canary-of-the-proxy"), "{text}");
        assert!(!shows(&text, &pem_body(KEY.secret())), "{text}");
    }
}

#[test]
fn debug_and_errors_of_settings_show_no_key() {
    let key = pem_body(KEY.secret());
    let locked = Manifest::read(&keys::folder().unwrap()).unwrap();
    let locked = keys::folder().unwrap().join(&locked.find("PBES2 with PBKDF2").unwrap().file);
    let locked = fs::read_to_string(locked).unwrap();
    for (name, fields, secret) in [
        ("a key", json!({}), key.as_str()),
        ("a key and a passphrase", json!({ "PrivateKey": locked }), &pem_body(&locked)),
        ("a key for a user", json!({ "Username": KEY.secret() }), &key),
        ("a key for a URL", json!({ "InstanceUrl": KEY.secret() }), &key),
        ("a key in a list", json!({ "ClientId": [KEY.secret()] }), &key),
        ("a key beside the fields", json!({ (KEY.secret()): KEY.secret() }), &key),
    ] {
        let record = record(fields).to_string();
        let layer = || Layer::from_record(record.as_bytes(), "-", None);
        let shown = match Loader::new([layer()]).check() {
            Ok(settings) => debug(&(settings.values(), &settings)),
            Err(problems) => format!("{problems} {:?} {}", problems.hint(), debug(&problems)),
        };
        assert!(!shows(&shown, secret), "{name}: {shown}");
        if let Ok(converted) = Loader::new([layer()]).convert(Form::Record) {
            assert!(!shows(&debug(&converted), secret), "{name}");
        }
    }
}

/// Copies of a secret would not be wiped. `Display`, `Serialize` and `Deref` would show it without
/// `secret()`. Comparisons would not take constant time.
#[test]
fn secret_types_have_no_traits_that_copy_or_show_them() {
    macro_rules! is_bare {
        ($($secret:ty),* $(,)?) => {$(
            assert_not_impl_any!(
                $secret: Clone, Default, Deref, Display, Hash, PartialEq, PartialOrd, Serialize
            );
            assert_impl_all!($secret: Debug);
        )*};
    }
    is_bare!(
        AccessToken,
        Assertion,
        DerivedSecret,
        KeyPair,
        EncryptedKey,
        Passphrase,
        PrivateKeyPem,
        RingSigner,
        SealingKey,
        SecretText,
        SigningInput,
        SigningKey,
        Token,
        TokenRequest,
    );
}

fn record(fields: Value) -> Value {
    let mut value = json!({
        "Username": USER,
        "ClientId": CLIENT_ID,
        "PrivateKey": KEY.secret(),
        "InstanceUrl": MY_DOMAIN,
        "InstanceAPIVersion": "v60.0",
    });
    if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
        value.extend(fields);
    }
    json!({ "key": "salesforce", "value": value })
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(KEY.secret().as_bytes()).unwrap()
}

fn claims() -> Claims {
    let now = UnixTime::from_secs(1_800_000_000);
    Claims::builder(now)
        .issuer(CLIENT_ID)
        .subject(USER)
        .audience("https://login.salesforce.com")
        .build()
        .unwrap()
}

fn resolution() -> Resolution {
    let instance = InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none());
    Resolution::resolve(None, Some(&instance.unwrap()), None).unwrap()
}

fn token(access_token: &str) -> Result<Token, orgtoken_oauth::TokenResponseError> {
    let body = format!(
        r#"{{"access_token":"{access_token}","instance_url":"https://acme.my.salesforce.com","token_type":"Bearer"}}"#
    );
    let response = Response::builder().header("content-type", "application/json").body(body);
    Token::from_http(&response.unwrap(), UnixTime::from_secs(1_800_000_000), &AllowedHosts::none())
}

const TOKEN: &str = "00Dxx0000006JFr!AR8AQcanary.canary_of_this_token";
