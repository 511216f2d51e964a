//! The bytes of an assertion, and the verification of received assertions.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::{
    AUDIENCE_PRODUCTION, AUDIENCE_SANDBOX, Assertion, Claims, ClaimsBuilder, Diagnostic, Lifetime,
    SignError, Signer, UnixTime, Unverified, VerifyError,
};

use crate::keys::{KEY, Numbers};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

pub(crate) fn claims() -> Claims {
    builder().build().expect("sound claims")
}

fn builder() -> ClaimsBuilder {
    Claims::builder(NOW)
        .issuer("3MVG9.client")
        .subject("user@acme.com")
        .audience(AUDIENCE_PRODUCTION)
}

// https://www.rfc-editor.org/rfc/rfc7523#section-3
#[test]
fn header_and_claims_are_exact_bytes() {
    let defaults = r#"{"iss":"3MVG9.client","sub":"user@acme.com","aud":"https://login.salesforce.com","exp":1700000150}"#;
    let longest = defaults.replace("1700000150", "1700000180");
    let longest_claims = builder().lifetime(Lifetime::MAX).build().unwrap();
    for (name, claims, payload) in
        [("defaults", claims(), defaults), ("the longest lifetime", longest_claims, &longest)]
    {
        let assertion = claims.sign(&KEY.signing_key()).unwrap();
        let parts: Vec<_> = assertion.secret().split('.').collect();
        assert_eq!(parts.len(), 3, "{name}");
        assert_eq!(Base64UrlUnpadded::decode_vec(parts[0]).unwrap(), br#"{"alg":"RS256"}"#);
        assert_eq!(Base64UrlUnpadded::decode_vec(parts[1]).unwrap(), payload.as_bytes(), "{name}");
        assert_eq!(claims.signing_input().as_bytes(), [parts[0], parts[1]].join(".").as_bytes());
    }
    assert!(
        claims().sign(&KEY.signing_key()).unwrap().secret().starts_with("eyJhbGciOiJSUzI1NiJ9.")
    );
    assert_eq!(claims().expires_at(), UnixTime::from_secs(1_700_000_150));
}

#[test]
fn lifetime_is_between_one_second_and_three_minutes() {
    let secs = |secs| Lifetime::new(Duration::from_secs(secs));
    assert_eq!((secs(0), secs(181)), (None, None));
    assert_eq!(Lifetime::new(Duration::from_millis(999)), None);
    assert_eq!(Lifetime::new(Duration::from_millis(180_001)), None);
    assert_eq!((secs(150), secs(180)), (Some(Lifetime::DEFAULT), Some(Lifetime::MAX)));
    assert_eq!(secs(1).unwrap().as_duration(), Duration::from_secs(1));
}

#[test]
fn invalid_claims_are_refused() {
    let long = "x".repeat(513);
    let claims = |issuer: &str, subject: &str, audience: &str| {
        Claims::builder(NOW).issuer(issuer).subject(subject).audience(audience).build().map(|_| ())
    };
    for (name, result, code, says) in [
        ("no issuer", claims("", "sub", "aud"), "settings.missing", "`iss` is empty"),
        ("blank subject", claims("iss", " ", "aud"), "settings.missing", "`sub` is empty"),
        ("no audience", claims("iss", "sub", ""), "settings.missing", "`aud` is empty"),
        (
            "NUL in the issuer",
            claims("i\0ss", "sub", "aud"),
            "settings.value",
            "`iss` contains a control",
        ),
        (
            "a line break",
            claims("iss", "s\nub", "aud"),
            "settings.value",
            "`sub` contains a control",
        ),
        ("a long subject", claims("iss", &long, "aud"), "settings.too_large", "513 bytes"),
    ] {
        let error = result.expect_err(name);
        assert_eq!(error.code(), code, "{name}");
        assert!(error.to_string().contains(says), "{name}: {error}");
        assert!(error.hint().is_some(), "{name}");
    }
}

#[test]
fn external_signature_is_verified() {
    let key = KEY.signing_key();
    let other = Numbers::generate(2048, "other").signing_key();
    let made = |by: &dyn Signer| by.sign(claims().signing_input().as_bytes()).unwrap();
    let with_signature =
        |signature: &[u8]| claims().signing_input().with_signature(signature, key.public_key());

    let whole = with_signature(made(&key).as_bytes()).unwrap();
    assert_eq!(whole.secret(), claims().sign(&key).unwrap().secret());
    let right = made(&key).as_bytes().to_vec();
    for (name, signature) in [
        ("by another key", made(&other).as_bytes().to_vec()),
        ("over another message", key.sign(b"message").unwrap().as_bytes().to_vec()),
        ("empty", vec![]),
        ("cut off", right[1..].to_vec()),
        ("one byte more", [&right[..], &[0]].concat()),
        ("a zero before", [&[0], &right[..]].concat()),
    ] {
        let error = with_signature(&signature).expect_err(name);
        assert!(matches!(error, SignError::Mismatch), "{name}: {error}");
    }
}

#[test]
fn own_assertions_verify() {
    let assertion = claims().sign(&KEY.signing_key()).unwrap();
    let unverified = Unverified::parse(assertion.secret()).unwrap();
    assert_eq!(unverified.header_json(), r#"{"alg":"RS256"}"#);

    let verified = unverified.verify(KEY.signing_key().public_key()).unwrap();
    let claims = verified.claims();
    assert_eq!(claims.issuer(), Some("3MVG9.client"));
    assert_eq!(claims.subject(), Some("user@acme.com"));
    assert_eq!(claims.audience(), Some("https://login.salesforce.com"));
    assert_eq!(claims.expires_at(), Some(UnixTime::from_secs(1_700_000_150)));
    assert_eq!((claims.issued_at(), claims.not_before(), claims.token_id()), (None, None, None));
    assert!(claims.json().ends_with(r#""exp":1700000150}"#));

    let other = signed(r#"{"alg":"RS256","kid":"k1"}"#, r#"{"iat":1,"nbf":2,"jti":"a-1"}"#);
    let other = Unverified::parse(&other).unwrap();
    let claims = other.claims();
    assert_eq!(claims.issued_at(), Some(UnixTime::from_secs(1)));
    assert_eq!(claims.not_before(), Some(UnixTime::from_secs(2)));
    assert_eq!(claims.token_id(), Some("a-1"));
}

#[test]
fn claims_in_the_style_of_other_tools_are_read() {
    for (name, payload, expires_at, audience) in [
        ("exp as a string", r#"{"exp":"1333685628"}"#, Some(1_333_685_628), None),
        ("exp in milliseconds", r#"{"exp":1333685628000}"#, Some(1_333_685_628_000), None),
        (
            "aud in a list",
            r#"{"aud":["https://test.salesforce.com"]}"#,
            None,
            Some(AUDIENCE_SANDBOX),
        ),
        ("a stray claim", r#"{"alg":"RS256","scope":{"a":[1]}}"#, None, None),
        ("nothing", "{}", None, None),
    ] {
        let forged = signed(r#"{"alg":"RS256","typ":"JWT"}"#, payload);
        let verified = Unverified::parse(&forged)
            .and_then(|unverified| unverified.verify(KEY.signing_key().public_key()))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let claims = verified.claims();
        assert_eq!(claims.expires_at().map(UnixTime::as_secs), expires_at, "{name}");
        assert_eq!(claims.audience(), audience, "{name}");
        assert_eq!(claims.json(), payload, "{name}");
    }
}

#[test]
fn forged_assertions_are_refused() {
    let genuine = claims().sign(&KEY.signing_key()).unwrap();
    let genuine = genuine.secret();
    let [header, payload, signature] = genuine.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let b64 = |json: &str| Base64UrlUnpadded::encode_string(json.as_bytes());
    let with_header = |json: &str| format!("{}.{payload}.{signature}", b64(json));
    let with_payload = |json: &str| format!("{header}.{}.{signature}", b64(json));
    let rs256 = r#"{"alg":"RS256"}"#;
    let by_other = claims().sign(&Numbers::generate(2048, "other").signing_key()).unwrap();
    let spki = KEY.spki();
    let hs256_input = format!("{}.{payload}", b64(r#"{"alg":"HS256"}"#));
    let mac = Base64UrlUnpadded::encode_string(&hmac_sha_256(&spki, hs256_input.as_bytes()));
    let last = signature.chars().last().unwrap();
    let other_last = if last == 'Q' { 'g' } else { 'Q' };
    // Two bits of the last digit belong to the signature, the other four have to be zero.
    let left_over = char::from(last as u8 + 1);
    let but_last = &genuine[..genuine.len() - 1];

    for (name, forged, refusal) in [
        ("alg none", format!("{}.{payload}.", b64(r#"{"alg":"none"}"#)), VerifyError::Algorithm),
        ("alg none, signed", with_header(r#"{"alg":"none"}"#), VerifyError::Algorithm),
        ("alg None", with_header(r#"{"alg":"None"}"#), VerifyError::Algorithm),
        ("alg missing", with_header("{}"), VerifyError::Algorithm),
        ("alg in lower case", with_header(r#"{"alg":"rs256"}"#), VerifyError::Algorithm),
        ("alg null", with_header(r#"{"alg":null}"#), VerifyError::Claim { name: "alg" }),
        ("alg a list", with_header(r#"{"alg":["RS256"]}"#), VerifyError::Claim { name: "alg" }),
        ("RS512", with_header(r#"{"alg":"RS512"}"#), VerifyError::Algorithm),
        ("PS256", with_header(r#"{"alg":"PS256"}"#), VerifyError::Algorithm),
        ("HS256 with the public key", format!("{hs256_input}.{mac}"), VerifyError::Algorithm),
        ("RS256 over that", format!("{header}.{payload}.{mac}"), VerifyError::Signature),
        (
            "a critical extension",
            signed(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}"),
            VerifyError::Algorithm,
        ),
        ("alg twice", signed(r#"{"alg":"none","alg":"RS256"}"#, "{}"), VerifyError::Json),
        ("sub twice", signed(rs256, r#"{"sub":"a","sub":"b"}"#), VerifyError::Json),
        ("sub twice, escaped", signed(rs256, r#"{"sub":"a","s\u0075b":"b"}"#), VerifyError::Json),
        ("exp twice", signed(rs256, r#"{"exp":1,"exp":2}"#), VerifyError::Json),
        ("exp a float", signed(rs256, r#"{"exp":1.5}"#), VerifyError::Claim { name: "exp" }),
        ("exp negative", signed(rs256, r#"{"exp":-1}"#), VerifyError::Claim { name: "exp" }),
        ("exp in words", signed(rs256, r#"{"exp":"soon"}"#), VerifyError::Claim { name: "exp" }),
        ("exp empty", signed(rs256, r#"{"exp":""}"#), VerifyError::Claim { name: "exp" }),
        ("exp signed", signed(rs256, r#"{"exp":"+5"}"#), VerifyError::Claim { name: "exp" }),
        ("sub a number", signed(rs256, r#"{"sub":5}"#), VerifyError::Claim { name: "sub" }),
        (
            "two audiences",
            signed(rs256, r#"{"aud":["a","b"]}"#),
            VerifyError::Claim { name: "aud" },
        ),
        ("claims no object", signed(rs256, "[]"), VerifyError::Json),
        ("claims no JSON", signed(rs256, "sub=a"), VerifyError::Json),
        ("two objects", signed(rs256, "{}{}"), VerifyError::Json),
        ("nested too deeply", signed(rs256, &"[".repeat(5_000)), VerifyError::Json),
        ("other claims", with_payload(r#"{"sub":"admin@acme.com"}"#), VerifyError::Signature),
        ("other header", with_header(r#"{"alg":"RS256","kid":"x"}"#), VerifyError::Signature),
        ("another key", by_other.secret().to_owned(), VerifyError::Signature),
        ("claims in front", format!("{payload}.{header}.{signature}"), VerifyError::Algorithm),
        ("signature in front", format!("{signature}.{header}.{payload}"), VerifyError::Json),
        ("signature in the middle", format!("{header}.{signature}.{payload}"), VerifyError::Json),
        ("signature empty", format!("{header}.{payload}."), VerifyError::Signature),
        ("signature left out", format!("{header}.{payload}"), VerifyError::Parts),
        ("header alone", header.to_owned(), VerifyError::Parts),
        ("empty", String::new(), VerifyError::Parts),
        ("full stops", "..".to_owned(), VerifyError::Json),
        ("four parts", format!("{genuine}.{signature}"), VerifyError::Parts),
        ("a full stop at the end", format!("{genuine}."), VerifyError::Parts),
        ("cut off", genuine[..genuine.len() - 4].to_owned(), VerifyError::Signature),
        ("padded", format!("{genuine}=="), VerifyError::Base64),
        ("padded header", format!("{header}=.{payload}.{signature}"), VerifyError::Base64),
        ("trailing bytes", format!("{genuine}AAAA"), VerifyError::Signature),
        ("a trailing line break", format!("{genuine}\n"), VerifyError::Base64),
        ("a leading blank", format!(" {genuine}"), VerifyError::Base64),
        (
            "base64 of the other alphabet",
            format!("{header}.{payload}.{}", "+/".repeat(171)),
            VerifyError::Base64,
        ),
        ("left-over bits", format!("{but_last}{left_over}"), VerifyError::Base64),
        ("another last digit", format!("{but_last}{other_last}"), VerifyError::Signature),
        (
            "16 KiB",
            format!("{header}.{}.{signature}", "e".repeat(16_384)),
            VerifyError::TooLong { len: 16_385 + header.len() + 1 + signature.len() },
        ),
    ] {
        let error = Unverified::parse(&forged)
            .and_then(|unverified| unverified.verify(KEY.signing_key().public_key()))
            .expect_err(name);
        let code = error.code();
        assert!(code.starts_with("assertion.") && error.hint().is_some(), "{name}");
        assert_eq!(error, refusal, "{name}");
    }
}

/// Signs any header and claims.
fn signed(header: &str, payload: &str) -> String {
    let b64 = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let input = format!("{}.{}", b64(header.as_bytes()), b64(payload.as_bytes()));
    let signature = KEY.signing_key().sign(input.as_bytes()).expect("a sound key");
    format!("{input}.{}", b64(signature.as_bytes()))
}

// https://www.rfc-editor.org/rfc/rfc2104#section-2
fn hmac_sha_256(key: &[u8], message: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut block = [0; 64];
    block[..32].copy_from_slice(&Sha256::digest(key));
    let pad = |byte: u8| block.map(|key| key ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[test]
fn assertion_is_send_and_signer_is_dyn_compatible() {
    fn is_send<T: Send + Sync>() {}
    is_send::<Assertion>();
    let signers: [Box<dyn Signer>; 1] = [Box::new(KEY.signing_key())];
    assert!(signers.iter().all(|signer| claims().sign(signer.as_ref()).is_ok()));
}
