//! A minimal HTTP client: one request for each connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_fake_org::{AppKey, FakeOrg, FakeOrgBuilder, User};
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding, Signer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

static KEY: LazyLock<AppKey> = LazyLock::new(AppKey::generate);

pub(crate) fn builder() -> FakeOrgBuilder {
    FakeOrg::builder()
        .certificate(KEY.certificate_pem())
        .client_id("3MVG9")
        .user(User::new("robot@acme.com"))
}

/// Returns a token request for the audience that every production org accepts.
pub(crate) fn token_request(username: &str, host: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = format!(
        r#"{{"iss":"3MVG9","sub":"{username}","aud":"https://login.salesforce.com","exp":{}}}"#,
        now + 150
    );
    let part = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let input = format!("{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims));
    let key = SigningKey::<Sha256>::new(PrivateKey::from_pkcs8_pem(KEY.secret()).unwrap());
    let signature = Base64UrlUnpadded::encode_string(&key.sign(input.as_bytes()).to_vec());
    let form = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={input}.{signature}"
    );
    format!(
        "POST /services/oauth2/token HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

pub(crate) fn get_request(path: &str, host: &str, token: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    )
}

/// Sends a request over plain HTTP.
pub(crate) fn plain(org: &FakeOrg, request: &str) -> io::Result<String> {
    exchange(TcpStream::connect(org.address())?, request)
}

/// Sends a request over TLS to the org at its own address.
pub(crate) fn secure(org: &FakeOrg, request: &str) -> io::Result<String> {
    exchange(trusting(org, TcpStream::connect(org.address())?, "127.0.0.1"), request)
}

/// Sends a request over TLS to `host`, with the org as the proxy.
pub(crate) fn through_proxy(org: &FakeOrg, host: &str, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(org.address())?;
    write!(stream, "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    exchange(trusting(org, stream, host), request)
}

/// Returns the token of a response.
pub(crate) fn token_of(answer: &str) -> String {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn trusting(
    org: &FakeOrg,
    stream: TcpStream,
    host: &str,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(org.ca_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}
