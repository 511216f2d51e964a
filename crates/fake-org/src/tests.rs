//! An org without sockets, and a client that signs with the `rsa` crate.

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http::{Method, Request};
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};

use crate::app_key::AppKey;
use crate::builder::FakeOrgBuilder;
use crate::call::Call;
use crate::org::Org;
use crate::reply::Reply;
use crate::route;
use crate::user::User;

pub(crate) static KEY: LazyLock<AppKey> = LazyLock::new(AppKey::generate);
static SIGNER: LazyLock<SigningKey<Sha256>> = LazyLock::new(|| signer(&KEY));

/// Returns the builder of an org for `robot@acme.com`, with a fixed clock.
pub(crate) fn builder() -> FakeOrgBuilder {
    FakeOrgBuilder::new()
        .certificate(KEY.certificate_pem())
        .client_id("3MVG9")
        .user(User::new("robot@acme.com"))
        .clock(|| UNIX_EPOCH + Duration::from_secs(NOW))
}

pub(crate) fn open(builder: FakeOrgBuilder) -> Org {
    builder.build(URL.to_owned()).unwrap()
}

/// Returns an org with one more user, who has this scenario.
pub(crate) fn org_with(scenario: &str) -> Org {
    let user = User::new("scenario@acme.com").scenario(scenario.parse().unwrap());
    open(builder().user(user))
}

/// Returns claims that are accepted.
pub(crate) fn claims(username: &str) -> Value {
    json!({ "iss": "3MVG9", "sub": username, "aud": URL, "exp": NOW + 150 })
}

pub(crate) fn signer(key: &AppKey) -> SigningKey<Sha256> {
    SigningKey::new(PrivateKey::from_pkcs8_pem(key.secret()).unwrap())
}

pub(crate) fn sign(claims: &Value) -> String {
    sign_by(&SIGNER, claims)
}

pub(crate) fn sign_by(signer: &SigningKey<Sha256>, claims: &Value) -> String {
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let input = format!("{}.{}", part(&json!({ "alg": "RS256" })), part(claims));
    let signature = signer.sign(input.as_bytes()).to_vec();
    format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature))
}

pub(crate) fn form(assertion: &str) -> String {
    format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    )
}

/// Requests a token at the org's own address.
pub(crate) fn login(org: &Org, claims: &Value) -> Reply {
    post_form(org, URL, "/services/oauth2/token", form(&sign(claims)))
}

pub(crate) fn token(org: &Org, username: &str) -> String {
    body(&login(org, &claims(username)))["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn post_form(org: &Org, origin: &str, path: &str, form: impl Into<Bytes>) -> Reply {
    let (scheme, host) = origin.split_once("://").unwrap();
    let request = Request::post(path)
        .header("host", host)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .unwrap();
    route::answer(org, &Call::new(request, if scheme == "https" { "https" } else { "http" }))
}

/// Sends JSON, or an empty body, with a token.
pub(crate) fn send(org: &Org, token: &str, method: Method, path: &str, json: &str) -> Reply {
    send_as(org, token, method, path, "application/json", json)
}

pub(crate) fn send_as(
    org: &Org,
    token: &str,
    method: Method,
    path: &str,
    content_type: &str,
    body: &str,
) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", content_type)
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    route::answer(org, &Call::new(request, "https"))
}

pub(crate) fn get(org: &Org, token: &str, path: &str) -> Reply {
    send(org, token, Method::GET, path, "")
}

pub(crate) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(reply.body()).unwrap_or_default()
}

/// Returns `error: description` of a refusal, or the status of any other response.
pub(crate) fn said(reply: &Reply) -> String {
    let body = body(reply);
    match (body["error"].as_str(), body["error_description"].as_str()) {
        (Some(error), Some(description)) if reply.status() == 400 => {
            format!("{error}: {description}")
        }
        _ => reply.status().as_u16().to_string(),
    }
}

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const URL: &str = "https://127.0.0.1:1";
