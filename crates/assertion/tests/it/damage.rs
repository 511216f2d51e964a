//! Damaged DER and random input.

use std::time::Duration;

use orgtoken_assertion::{Diagnostic, KeyError, PublicKey, Signer, SigningKey, Unverified};
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::der::{NULL, RSA_ENCRYPTION, element, integer, octets, sequence};
use crate::keys::{KEY, pem, pkcs8};

#[test]
fn der_that_is_not_strict_is_refused() {
    let whole = KEY.pkcs8();
    let algorithm = sequence(&[RSA_ENCRYPTION, NULL]);
    let key = octets(&KEY.pkcs1());
    let v1: &[u8] = &[2, 1, 0];
    let trailing = |inner: &[u8]| [inner, &[0]].concat();
    let rebuilt = |number: &[u8]| {
        let rest = [&KEY.e, &KEY.d, &KEY.p, &KEY.q, &KEY.dp, &KEY.dq, &KEY.qinv];
        sequence(&[v1, number, &rest.map(integer).concat()])
    };
    let value = KEY.n.to_bytes_be();
    let not_minimal = element(0x02, &[&[0, 0], value.as_slice()].concat());
    let long_form = [&[0x02, 0x83, 0, 1, 1, 0], value.as_slice()].concat();
    let indefinite = [&[0x30, 0x80], &whole[4..], &[0, 0]].concat();
    let levels = (0..2_000).fold(vec![], |inner, _| element(0x30, &inner));
    for (name, der) in [
        ("trailing byte outside", trailing(&whole)),
        ("trailing byte in PKCS#8", sequence(&[v1, &algorithm, &key, &[0]])),
        ("trailing byte after PKCS#1", pkcs8(v1, &trailing(&KEY.pkcs1()), &[])),
        ("trailing byte in PKCS#1", sequence(&[&KEY.pkcs1()[4..], &[0]])),
        ("trailing element in PKCS#1", sequence(&[&KEY.pkcs1()[4..], NULL])),
        ("too few numbers", sequence(&[v1, &integer(&KEY.n), &integer(&KEY.e), &integer(&KEY.d)])),
        ("indefinite length", indefinite),
        ("INTEGER not minimal", rebuilt(&not_minimal)),
        ("length not minimal", rebuilt(&long_form)),
        ("empty INTEGER", rebuilt(&[2, 0])),
        ("missing NULL", sequence(&[v1, &sequence(&[RSA_ENCRYPTION]), &key])),
        ("NULL with content", sequence(&[v1, &sequence(&[RSA_ENCRYPTION, &[5, 1, 0]]), &key])),
        ("version 9", pkcs8(&[2, 1, 9], &KEY.pkcs1(), &[])),
        ("version 9 of PKCS#1", sequence(&[&[2, 1, 9], &KEY.pkcs1()[7..]])),
        ("public key in version 1", pkcs8(v1, &KEY.pkcs1(), &element(0x81, &[0, 0x30, 0]))),
        ("2000 levels", levels),
        ("length 2^31", [&[0x30, 0x84, 0x80, 0, 0, 0], &whole[4..]].concat()),
        ("length 2^63", [&[0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0], &whole[4..]].concat()),
    ] {
        for (shape, input) in [("DER", der.clone()), ("PEM", pem("PRIVATE KEY", &der).into_bytes())]
        {
            let error = SigningKey::from_bytes(&input).expect_err(name);
            assert_eq!(error.code(), "key.der", "{name}, {shape}: {error}");
            assert!(matches!(error, KeyError::Der { .. }), "{name}, {shape}");
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_or_changes_nothing() {
    let whole = KEY.signing_key();
    let mut der = KEY.pkcs8();
    let mut passed = 0;
    for bit in 0..der.len() * 8 {
        der[bit / 8] ^= 1 << (bit % 8);
        if let Ok(key) = SigningKey::from_bytes(&der) {
            // RS256 is deterministic: a public key has one signature for a message, and the
            // back-end returns no other. A sample shows that it does return one.
            assert_eq!(key.public_key(), whole.public_key(), "bit {bit}");
            if passed % 256 == 0 {
                let signature = key.sign(b"message").unwrap();
                assert!(whole.public_key().verify(b"message", &signature), "bit {bit}");
            }
            passed += 1;
        }
        der[bit / 8] ^= 1 << (bit % 8);
    }
    // The CRT values, which are recomputed, and little else.
    assert!(passed < 3 * 1024 + 64, "{passed} flipped bits were accepted");
}

#[test]
fn every_prefix_is_refused() {
    let (der, pem) = (KEY.pkcs8(), pem("PRIVATE KEY", &KEY.pkcs8()));
    for len in 0..der.len() {
        let error = SigningKey::from_bytes(&der[..len]).expect_err("a prefix");
        if len > 4 {
            assert_eq!(error, KeyError::Truncated { expected: der.len(), got: len });
        }
    }
    for len in 0..pem.trim_end().len() {
        assert!(SigningKey::from_bytes(&pem.as_bytes()[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn no_text_takes_long_to_parse() {
    let block = "-----BEGIN A KEY-----\n-----END A KEY-----\n";
    for (name, text) in [
        ("blocks", block.repeat(760)),
        ("blocks without an end", "-----BEGIN A-----\n-----\n".repeat(1_300)),
        ("backslashes", "\\".repeat(32_000)),
        ("dashes", "-".repeat(32_000)),
        ("line breaks", "\n".repeat(32_000)),
        ("brackets", format!("{{\"a\":{}", "[".repeat(32_000))),
        ("base64", "MIIA".repeat(8_000)),
    ] {
        let before = processor_time();
        assert!(SigningKey::from_bytes(text.as_bytes()).is_err(), "{name}");
        let took = processor_time() - before;
        // It takes a tenth of a second when optimised, which tests are not.
        assert!(took < Duration::from_secs(4), "{name}: {took:?}");
    }
}

/// The processor time of this thread, which does not depend on the load of the machine.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().expect("it is not negative")
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = SigningKey::from_bytes(&bytes);
        let _ = PublicKey::from_bytes(&bytes);
    }

    #[test]
    fn no_text_panics(text in r"(-----|—)?(BEGIN|END|begin)? ?(RSA |EC )?(PRIVATE |PUBLIC )?(KEY|CERTIFICATE)?(-----|----)?(\\n|\n|\r| |)\PC{0,40}[A-Za-z0-9+/=_]{0,80}(\\u00[0-9a-f]{2}|\\)?(-----END [A-Z ]{0,12}-----)?") {
        let _ = SigningKey::from_bytes(text.as_bytes());
        let _ = PublicKey::from_bytes(text.as_bytes());
        let _ = Unverified::parse(&text);
    }

    #[test]
    fn errors_of_a_changed_key_repeat_no_part_of_it(at in 0usize..1600, byte in any::<u8>()) {
        let mut text = pem("PRIVATE KEY", &KEY.pkcs8()).into_bytes();
        let at = at % text.len();
        text[at] = byte;
        if let Err(error) = SigningKey::from_bytes(&text) {
            let said = format!("{error} {error:?}");
            let body = pem("PRIVATE KEY", &KEY.pkcs8());
            for line in body.lines().skip(1).take(26) {
                prop_assert!(!said.contains(&line[..16]));
            }
        }
    }

    #[test]
    fn no_jwk_panics(n in "[A-Za-z0-9_-]{340,344}", d in "[A-Za-z0-9_-]{0,344}") {
        let jwk = format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB","d":"{d}"}}"#);
        prop_assert!(SigningKey::from_bytes(jwk.as_bytes()).is_err());
    }
}
