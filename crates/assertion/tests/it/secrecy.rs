//! `Debug` of each public type with a secret inside.

use orgtoken_assertion::{Diagnostic, SignError, Signer, SigningKey, Unverified};

use crate::assertions::claims;
use crate::keys::KEY;

#[test]
fn debug_shows_no_part_of_a_secret() {
    let key = KEY.signing_key();
    let signature = key.sign(claims().signing_input().as_bytes()).unwrap();
    let assertion = claims().sign(&key).unwrap();
    let unverified = Unverified::parse(assertion.secret()).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey([redacted])");
    assert_eq!(format!("{signature:?}"), "Signature([redacted])");
    assert_eq!(format!("{assertion:?}"), "Assertion([redacted])");
    assert_eq!(format!("{unverified:?}"), "Unverified([redacted])");
    assert_eq!(format!("{:?}", claims().signing_input()), "SigningInput([redacted])");
    #[cfg(feature = "encrypted")]
    assert_eq!(
        format!("{:?}", orgtoken_assertion::Passphrase::new("canary")),
        "Passphrase([redacted])"
    );
    #[cfg(feature = "ring")]
    assert_eq!(
        format!("{:?}", orgtoken_assertion::RingSigner::new(KEY.signing_key())),
        "RingSigner([redacted])"
    );
}

#[test]
fn debug_of_public_parts_shows_no_secret_number() {
    let key = KEY.signing_key();
    let shown =
        format!("{:?} {:?} {:?}", key.public_key(), key.form(), claims().sign(&key).unwrap());
    assert!(shown.starts_with("PublicKey(2048 bits, SHA-256 "), "{shown}");
    for secret in [&KEY.d, &KEY.p, &KEY.q, &KEY.dp, &KEY.dq, &KEY.qinv] {
        for text in [secret.to_string(), format!("{secret:x}"), format!("{secret:X}")] {
            assert!(!shown.contains(&text[..16]));
        }
    }
}

#[test]
fn jwk_of_the_wrong_type_is_not_repeated() {
    for jwk in [
        r#"{"kty":"RSA","n":"canary-canary!"}"#,
        r#"{"kty":{"canary":"canary"}}"#,
        r#"{"canary":"canary","kty":"canary"}"#,
        r#"{"kty":"RSA","n":"AQAB","n":"canary"}"#,
    ] {
        let error = SigningKey::from_bytes(jwk.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("canary"), "{error:?}");
    }
}

#[test]
fn source_of_a_sign_error_is_the_error_of_the_external_signer() {
    let error = SignError::External("agent has no such key".into());
    assert_eq!(error.to_string(), "the external signer failed");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "agent has no such key");
}
