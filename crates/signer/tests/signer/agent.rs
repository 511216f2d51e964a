//! Tests with agents that follow or violate the protocol.

use std::error::Error;
use std::time::Duration;

use orgtoken_assertion::{Diagnostic, Signer};
use orgtoken_signer::{AgentError, AgentSigner};

use crate::fake_agent::{FakeAgent, Manner};
use crate::{assert_signs_like_the_key, key, message_of, pem};

const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(30);

fn find(agent: &FakeAgent, which: &str) -> Result<AgentSigner, AgentError> {
    AgentSigner::find_with_timeout(&agent.socket(), which, LATE)
}

#[test]
fn agent_signs_like_the_key() {
    for manner in [Manner::Signs, Manner::LeavesOutZeros, Manner::PutsAZeroBefore] {
        let agent = FakeAgent::start(vec![(key(), "acme")], manner);
        let signer = find(&agent, "acme").unwrap();
        assert_eq!(signer.public_key(), key().public_key());
        assert_signs_like_the_key(&signer);
    }
}

#[test]
fn longest_timeout_is_no_timeout() {
    let agent = FakeAgent::start(vec![(key(), "acme")], Manner::Signs);
    let signer = AgentSigner::find_with_timeout(&agent.socket(), "acme", Duration::MAX).unwrap();
    assert_signs_like_the_key(&signer);
}

#[test]
fn signature_is_as_long_as_the_modulus() {
    let key = key();
    // One message in 256 has a signature with a leading zero.
    let message = (0_u32..)
        .map(u32::to_be_bytes)
        .find(|message| key.sign(message).unwrap().as_bytes()[0] == 0)
        .unwrap();
    let expected = key.sign(&message).unwrap();
    let agent = FakeAgent::start(vec![(key, "acme")], Manner::LeavesOutZeros);
    let signature = find(&agent, "acme").unwrap().sign(&message).unwrap();
    assert_eq!(signature.as_bytes(), expected.as_bytes());
}

#[test]
fn ambiguous_or_unsuitable_keys_are_refused() {
    let other = || orgtoken_assertion::SigningKey::from_bytes(pem().as_bytes()).unwrap();
    let twice = FakeAgent::start(vec![(key(), "acme"), (other(), "acme")], Manner::Signs);
    let none = FakeAgent::start(vec![], Manner::Signs);
    for (name, agent, which, code) in [
        ("two of a name", &twice, "acme", "sign.agent_key"),
        ("unknown comment", &twice, "acm", "sign.agent_key"),
        ("unknown fingerprint", &twice, "SHA256:abc", "sign.agent_key"),
        ("nothing", &twice, "", "sign.agent_key"),
        ("empty or locked agent", &none, "acme", "sign.agent_key"),
    ] {
        let error = find(agent, which).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(error.hint().unwrap().contains("ssh-add"), "{name}");
    }
    assert!(matches!(find(&twice, "acme"), Err(AgentError::Ambiguous)));
    assert!(matches!(find(&none, "acme"), Err(AgentError::Empty)));
}

#[test]
fn failed_agents_are_described() {
    for (manner, timeout, said) in [
        (Manner::HangsUp, LATE, "cannot talk to the SSH agent: unexpected end of file"),
        (Manner::Refuses, LATE, "the SSH agent refused to sign"),
        (Manner::Silent, SOON, "the SSH agent did not answer within 0.2 s"),
        (Manner::SignsWithSha1, LATE, "malformed response from the SSH agent"),
        (Manner::Truncates, LATE, "cannot talk to the SSH agent: unexpected end of file"),
    ] {
        let agent = FakeAgent::start(vec![(key(), "acme")], manner);
        // On a busy machine an agent may respond too late for the shorter timeout.
        let find = |_| AgentSigner::find_with_timeout(&agent.socket(), "acme", timeout).ok();
        let signer = (0..100).find_map(find).unwrap();
        assert_eq!(message_of(signer.sign(b"message").unwrap_err()), said, "{manner:?}");
    }
}

#[test]
fn signature_of_another_message_is_refused() {
    let agent = FakeAgent::start(vec![(key(), "acme")], Manner::SignsSomethingElse);
    let signer = find(&agent, "acme").unwrap();
    let now = orgtoken_assertion::UnixTime::from_secs(1);
    let claims = orgtoken_assertion::Claims::builder(now)
        .issuer("3MVG9")
        .subject("robot@acme.com")
        .audience("aud");
    let error = claims.build().unwrap().sign(&signer).unwrap_err();
    assert_eq!(error.code(), "sign.mismatch");
}

#[test]
fn malformed_responses_are_refused() {
    for (name, bytes) in [
        ("empty message", b"\0\0\0\0".as_slice()),
        ("another message", b"\0\0\0\x01\x06"),
        ("too long", b"\xff\xff\xff\xff"),
        ("count without keys", b"\0\0\0\x05\x0c\0\0\0\x01"),
        ("a key that is too long", b"\0\0\0\x09\x0c\0\0\0\x01\xff\xff\xff\xff"),
        ("a million keys", b"\0\0\0\x05\x0c\0\x0f\xff\xff"),
        ("something after the keys", b"\0\0\0\x06\x0c\0\0\0\0\0"),
    ] {
        let agent = FakeAgent::start(vec![], Manner::Says(bytes));
        assert!(matches!(find(&agent, "acme"), Err(AgentError::Malformed)), "{name}");
    }
    let refuses = FakeAgent::start(vec![], Manner::Says(b"\0\0\0\x01\x05"));
    assert!(matches!(find(&refuses, "acme"), Err(AgentError::Refused)));
}

#[test]
fn missing_agent_gives_hint() {
    let folder = tempfile::tempdir().unwrap();
    let error = AgentSigner::find(&folder.path().join("none"), "acme").unwrap_err();
    assert_eq!(error.to_string(), "cannot talk to the SSH agent");
    assert!(error.source().unwrap().to_string().starts_with("No such file"));
    assert!(error.hint().unwrap().contains("SSH_AUTH_SOCK"));
}
