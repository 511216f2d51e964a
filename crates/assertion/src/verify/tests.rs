use std::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};
use rsa::BoxedUint;
use rsa::pkcs8::EncodePublicKey;
use serde::Deserialize;

use super::*;

// https://github.com/C2SP/wycheproof, testvectors_v1/json_web_signature_test.json
#[test]
fn wycheproof_signatures_of_rs256() {
    let file: File =
        serde_json::from_str(include_str!("../../testdata/wycheproof-jws-rs256.json")).unwrap();
    let mut tests = 0;
    for group in &file.test_groups {
        let number = |text: &str| {
            let bytes = Base64UrlUnpadded::decode_vec(text).unwrap();
            BoxedUint::from_be_slice_vartime(&bytes)
        };
        let key = rsa::PublicKey::new(number(&group.public.n), number(&group.public.e)).unwrap();
        let key = PublicKey::from_spki_der(key.to_public_key_der().unwrap().as_bytes()).unwrap();
        for test in &group.tests {
            // Their payloads are not claims: the layer below is tested.
            let verdict = Compact::parse(&test.jws).and_then(|compact| compact.verify(&key));
            assert_eq!(verdict.is_ok(), test.result == "valid", "{} {}", test.id, test.comment);
            tests += 1;
        }
    }
    assert_eq!(tests, 233);
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "testGroups")]
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    public: Public,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Public {
    n: String,
    e: String,
}

#[derive(Deserialize)]
struct Test {
    #[serde(rename = "tcId")]
    id: u32,
    comment: String,
    jws: String,
    result: String,
}
