//! A minimal client, the reference for the time of `orgtoken token`.
//!
//! It signs with ring, sends one request over rustls on a blocking socket, and prints the token:
//! `bare KEY.pem CA.pem HOST:PORT CLIENT_ID USER`.
#![forbid(unsafe_code)]

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded as Base64Url, Encoding as _};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, ca, host, client_id, user] = arguments.as_slice() else {
        anyhow::bail!("usage: bare KEY.pem CA.pem HOST:PORT CLIENT_ID USER");
    };
    let assertion = assertion(key, client_id, user, host)?;
    let answer = post(ca, host, &assertion)?;
    let token = answer.split("\"access_token\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(writeln!(io::stdout(), "{}", token.context("no token in the answer")?)?)
}

fn assertion(key: &str, issuer: &str, subject: &str, host: &str) -> Result<String> {
    let der = PrivatePkcs8KeyDer::from_pem_file(key)?;
    let pair = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok().context("key refused")?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let expires = (now + Duration::from_secs(150)).as_secs();
    let claims =
        format!(r#"{{"iss":"{issuer}","sub":"{subject}","aud":"https://{host}","exp":{expires}}}"#);
    let header = Base64Url::encode_string(br#"{"alg":"RS256"}"#);
    let input = format!("{header}.{}", Base64Url::encode_string(claims.as_bytes()));
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
        .ok()
        .context("not signed")?;
    Ok(format!("{input}.{}", Base64Url::encode_string(&signature)))
}

fn post(ca: &str, host: &str, assertion: &str) -> Result<String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
    let tls = ClientConnection::new(Arc::new(config), ServerName::try_from(name)?)?;
    let socket = TcpStream::connect(host)?;
    socket.set_nodelay(true)?;
    let mut stream = StreamOwned::new(tls, socket);

    let body = format!("grant_type={GRANT_TYPE}&assertion={assertion}");
    let request = format!(
        "POST /services/oauth2/token HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    // A server may close the connection without a TLS alert.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "refused");
    Ok(answer)
}

const GRANT_TYPE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
