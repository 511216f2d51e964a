//! Certificates and handshakes.

use orgtoken_assertion::Diagnostic;
use orgtoken_client::transport::CertificateFault;
use orgtoken_client::{Roots, Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::certs::{Authority, authority, expired, named, not_yet_valid, self_signed};
use super::login::{login_at, obtain_over};
use super::server::{Server, json, post, tick};

#[tokio::test(start_paused = true)]
async fn certificate_of_a_given_authority_is_trusted() {
    let ca = Authority::new();
    for name in ["127.0.0.1", "localhost"] {
        let server = Server::tls(ca.server(&named(&[name])), [json("{}")]).await;
        let url = server.url().replace("127.0.0.1", name);
        let answer = trusting(ca.pem()).exchange(post(&url)).await.unwrap();
        assert_eq!(&answer.body()[..], b"{}");
    }
}

#[tokio::test(start_paused = true)]
async fn given_root_is_trusted_as_server_certificate_like_by_curl() {
    for params in [named(&["127.0.0.1"]), authority(named(&["127.0.0.1"]))] {
        let (config, pem) = self_signed(&params);
        let server = Server::tls(config, [json("{}")]).await;
        server.ask(&trusting(pem)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_certificate_is_refused_with_the_reason() {
    let ca = Authority::new();
    let here = || named(&["127.0.0.1"]);
    let other = || named(&["other.example", "*.other.example"]);
    let of_ca = |params| (ca.server(&params), ca.pem());
    let of_itself = |params| (self_signed(&params).0, ca.pem());
    let as_root = |params| self_signed(&params);
    for (row, (config, roots), reason) in [
        ("expired", of_ca(expired(here())), "it has expired"),
        ("not yet valid", of_ca(not_yet_valid(here())), "it is not valid yet"),
        (
            "wrong name",
            of_ca(other()),
            "it is for another host: `other.example`, `*.other.example`",
        ),
        (
            "unknown CA",
            (Authority::new().server(&here()), ca.pem()),
            "its issuer `test-only authority` is not trusted",
        ),
        ("no name", of_ca(named(&[])), "it has no subject alternative name"),
        ("self-signed", of_itself(here()), "it is self-signed"),
        ("self-signed authority", of_itself(authority(here())), "it is self-signed"),
        (
            "authority of an authority",
            of_ca(authority(here())),
            "it is malformed or issued for another purpose",
        ),
        ("root, expired", as_root(expired(here())), "it has expired"),
        ("root and authority, expired", as_root(expired(authority(here()))), "it has expired"),
        (
            "root and authority, too early",
            as_root(not_yet_valid(authority(here()))),
            "it is not valid yet",
        ),
        (
            "root, wrong name",
            as_root(named(&["other.example"])),
            "it is for another host: `other.example`",
        ),
        (
            "root and authority, wrong name",
            as_root(authority(named(&["other.example"]))),
            "it is for another host: `other.example`",
        ),
    ] {
        let server = Server::tls(config, [json("{}")]).await;
        let error = server.ask(&trusting(roots)).await.unwrap_err();
        let words = format!("cannot trust the certificate of `127.0.0.1`: {reason}");
        assert_eq!((error.code(), error.to_string()), ("tls.cert", words), "{row}");
        assert!(error.hint().is_some() && !error.is_transient(), "{row}");
        assert!(server.requests().is_empty(), "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn hint_for_a_proxy_that_inspects_tls() {
    let server = Server::tls(Authority::new().server(&named(&["127.0.0.1"])), []).await;
    let error = server.ask(&trusting(Authority::new().pem())).await.unwrap_err();
    let TransportError::Certificate { fault, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(fault, CertificateFault::UnknownIssuer { issuer: Some(_) }), "{fault}");
    assert!(error.hint().unwrap().contains("trust that CA's certificate"));
}

/// The response of a listener instead of a ServerHello.
#[tokio::test(start_paused = true)]
async fn failed_handshakes_have_their_code() {
    let tls_1_1 = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x00\x00\x2f\x00";
    for (row, reply, words, transient) in [
        ("reset", Some(&b""[..]), "the connection ended in the handshake", true),
        ("garbage", Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "the response is not TLS", true),
        (
            "alert: protocol version",
            Some(b"\x15\x03\x01\x00\x02\x02\x46"),
            "the host supports neither TLS 1.2 nor TLS 1.3",
            false,
        ),
        ("TLS 1.1", Some(tls_1_1), "the host supports neither TLS 1.2 nor TLS 1.3", false),
        (
            "alert: handshake failure",
            Some(b"\x15\x03\x03\x00\x02\x02\x28"),
            "the host refused the handshake",
            false,
        ),
        ("stall", None, " within 5 s", true),
    ] {
        let url = listener(reply).await;
        let transport = trusting(Authority::new().pem());
        let begun = Instant::now();
        let error = transport.exchange(post(&url)).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), ("net.tls", transient), "{row}: {error}");
        assert!(error.to_string().ends_with(words), "{row}: {error}");
        assert!(begun.elapsed().as_secs() <= 5, "{row}: {:?}", begun.elapsed());

        let error = obtain_over(&transport, &login_at(&url, None)).await.unwrap_err();
        assert_eq!(error.attempts().len(), if transient { 3 } else { 1 }, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_roots_are_reported() {
    let broken = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
    for text in ["", "canary", broken] {
        let server = Server::tls(Authority::new().server(&named(&["127.0.0.1"])), []).await;
        let error = server.ask(&trusting(text.into())).await.unwrap_err();
        assert_eq!(error.code(), "tls.roots", "{text}");
    }
    let file = Some("/nonexistent/roots.pem".into());
    let transport =
        Transport::builder().roots(Roots::System { file, directories: Vec::new() }).build();
    let server = Server::tls(Authority::new().server(&named(&["127.0.0.1"])), []).await;
    let error = server.ask(&transport).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "cannot read `/nonexistent/roots.pem` (SSL_CERT_FILE)");
}

fn trusting(pem: Vec<u8>) -> Transport {
    Transport::builder().roots(Roots::Pem(pem)).build()
}

/// Responds to each ClientHello with `reply` and closes the connection, or sends nothing.
async fn listener(reply: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(tick());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            match reply {
                Some(reply) => stream.write_all(reply).await.unwrap(),
                None => drop(stream.read(&mut [0]).await),
            }
        }
    });
    format!("https://{address}/")
}
