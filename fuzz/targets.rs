//! One function for each parser of untrusted input. It panics if an invariant is broken, and returns
//! everything that the parser prints about the input.
//!
//! The targets of cargo-fuzz and the test `fuzz` of package `conformance` include this file.

use std::io::Write;

use bytes::Bytes;
use http::Response;
use orgtoken_assertion::{Diagnostic, PublicKey, Signer, SigningKey, UnixTime, Unverified};
use orgtoken_keygen::Certificate;
use orgtoken_oauth::{
    AccessToken, AllowedHosts, Audience, InstanceUrl, LoginUrl, Refusal, Token, session,
};
use orgtoken_rest::load::{ReadOptions, RecordFile};
use orgtoken_settings::{ConfigFile, Layer, Loader, ReadError};

type Target = fn(&[u8]) -> String;

/// The targets by the names of their corpora.
pub(crate) const TARGETS: [(&str, Target); 8] = [
    ("answer", answer),
    ("assertion", assertion),
    ("key", key),
    ("profile", profile),
    ("record", record),
    ("rows", rows),
    ("tool_output", tool_output),
    ("url", url),
];

/// Runs the target with this name.
pub(crate) fn run(name: &str, input: &[u8]) -> String {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a known target");
    target(input)
}

/// Responses of the token endpoint and of the endpoints about tokens.
fn answer(body: &[u8]) -> String {
    let (now, none) = (UnixTime::from_secs(1_700_000_000), AllowedHosts::none());
    let mut said = String::new();
    for status in [200, 302, 400, 401, 429, 500, 503] {
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Bytes::copy_from_slice(body))
            .expect("the status is valid");
        match Token::from_http(&response, now, &none) {
            Ok(token) => assert_is_of_salesforce(token.instance_url().host()),
            Err(error) => said += &format!("{error} {error:?} {:?}", error.hint()),
        }
        if let Err(error) = session::revoked(&response, now) {
            said += &format!("{error} {error:?} {:?}", error.hint());
        }
    }
    said
}

/// Assertions, and the access tokens of an environment.
fn assertion(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let mut said = String::new();
    match Unverified::parse(text.trim()) {
        Ok(unverified) => said += &format!("{unverified:?}"),
        Err(error) => said += &format!("{error} {error:?}"),
    }
    if let Err(error) = AccessToken::parse(&text) {
        said += &format!("{error} {error:?}");
    }
    said
}

/// Private keys, public keys, certificates.
fn key(input: &[u8]) -> String {
    let mut said = String::new();
    match SigningKey::from_bytes(input) {
        Ok(key) => assert!((2048..=4096).contains(&key.public_key().bits())),
        Err(error) => said += &format!("{error} {error:?} {:?}", error.hint()),
    }
    if let Err(error) = PublicKey::from_bytes(input) {
        said += &format!("{error} {error:?} {:?}", error.hint());
    }
    if let Err(error) = Certificate::parse(input) {
        said += &format!("{error} {error:?} {:?}", error.hint());
    }
    said
}

/// Profiles of `config.toml`.
fn profile(input: &[u8]) -> String {
    let config = ConfigFile::parse(input, "config.toml");
    let names = config.names();
    let named = names.first().map(String::as_str);
    judged(config.profile(None)) + &judged(config.profile(named))
}

/// Settings records.
fn record(input: &[u8]) -> String {
    judged(Layer::from_record(input, "record.json", None))
}

/// Files of records.
fn rows(input: &[u8]) -> String {
    let mut file = tempfile::tempfile().expect("temporary files can be written");
    file.write_all(input).expect("temporary files can be written");
    match RecordFile::from_file(file, ReadOptions::default()) {
        Ok(file) => file.form().name().to_owned(),
        Err(error) => format!("{error} {error:?} {:?}", error.hint()),
    }
}

/// Output of other tools, in which `explain` looks for a refusal.
fn tool_output(input: &[u8]) -> String {
    let refusal = Refusal::from_text(&String::from_utf8_lossy(input));
    refusal
        .map(|refusal| format!("{} {refusal:?}", refusal.advice().entry.id()))
        .unwrap_or_default()
}

/// Login URLs, instance URLs, audiences, allowed hosts.
fn url(input: &[u8]) -> String {
    let (text, none) = (String::from_utf8_lossy(input), AllowedHosts::none());
    let hosts = [
        LoginUrl::parse(&text, &none).map(|url| url.host().to_owned()),
        InstanceUrl::parse(&text, &none).map(|url| url.host().to_owned()),
        Audience::parse(&text, &none).map(|url| url.host().to_owned()),
    ];
    let mut said = String::new();
    for host in hosts {
        match host {
            Ok(host) => assert_is_of_salesforce(&host),
            Err(error) => said += &format!("{error} {error:?} {:?}", error.hint()),
        }
    }
    if let Err(error) = AllowedHosts::parse(text.split(',')) {
        said += &format!("{error} {error:?} {:?}", error.hint());
    }
    said
}

/// Refuses every input that the settings ask for, and checks the rest.
fn judged(layer: Layer) -> String {
    let mut loader = Loader::new([layer]);
    for _ in 0..64 {
        let Some(input) = loader.next_input() else { break };
        loader.fail(&input, ReadError::Deferred);
    }
    assert_eq!(loader.next_input(), None, "an input was repeated");
    match loader.check() {
        Ok(settings) => format!("{settings:?}"),
        Err(problems) => format!("{problems} {problems:?} {:?}", problems.hint()),
    }
}

fn assert_is_of_salesforce(host: &str) {
    let ends =
        [".salesforce.com", ".salesforce.mil", ".crmforce.mil", ".sfcrmproducts.cn", ".force.com"];
    let is_site =
        [".my.site.com", ".my.salesforce-sites.com"].iter().any(|end| host.ends_with(end));
    assert!(is_site || ends.iter().any(|end| host.ends_with(end)), "{host}");
}
