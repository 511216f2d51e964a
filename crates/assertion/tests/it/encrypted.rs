//! Encrypted keys are decrypted with the passphrase, at a limited cost.

use base64ct::{Base64, Encoding};
use orgtoken_assertion::{Diagnostic, KeyError, Passphrase, Signer, SigningKey};

use crate::der::{NULL, octets, sequence};
use crate::keys::{KEY, pem};
use crate::openssl;

#[test]
fn every_pbes2_key_of_openssl_is_decrypted() {
    if !openssl::is_there("that encrypted keys of OpenSSL are decrypted") {
        return;
    }
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let passphrase = Passphrase::new("correct horse");
    for options in [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-192-cbc -v2prf hmacWithSHA512",
        "-v2 aes-256-cbc -v2prf hmacWithSHA384 -iter 10000",
        "-v2 aes-256-cbc -v2prf hmacWithSHA224",
        "-v2 des3",
        "-v2 des3 -v2prf hmacWithSHA1",
        "-scrypt",
        "-scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 16",
        "-v2 aes-256-cbc -outform DER",
    ] {
        let written =
            openssl::run(&format!("pkcs8 -topk8 {options} -passout pass:correct-horse"), &key);
        let wrong = SigningKey::from_encrypted(&written, &passphrase).map(|_| ());
        assert_eq!(wrong, Err(KeyError::Passphrase), "{options}");
        let read = SigningKey::from_encrypted(&written, &Passphrase::new("correct-horse"))
            .unwrap_or_else(|error| panic!("{options}: {error}"));
        assert_eq!(read.public_key().to_spki_der(), KEY.spki(), "{options}");
        assert!(read.form().to_string().starts_with("encrypted PKCS#8 "), "{options}");
        let error = SigningKey::from_bytes(&written).unwrap_err();
        assert_eq!(error, KeyError::Encrypted, "{options}");
        let encoded = Base64::encode_string(&written).into_bytes();
        for input in [&written, &encoded] {
            assert_eq!(SigningKey::from_bytes(input).err(), Some(KeyError::Encrypted), "{options}");
            let plain = SigningKey::to_plain_pem(input).unwrap();
            let plain = plain.secret();
            assert!(plain.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{options}");
            let read =
                SigningKey::from_encrypted(plain.as_bytes(), &Passphrase::new("correct-horse"));
            assert_eq!(read.unwrap().public_key().to_spki_der(), KEY.spki(), "{options}");
        }
    }
    for (options, code) in [
        ("-v1 PBE-SHA1-3DES", "key.encrypted"),
        ("-v2 camellia-256-cbc", "key.encrypted"),
        ("-scrypt -scrypt_N 1048576 -scrypt_r 8 -scrypt_p 1", "key.kdf"),
    ] {
        let command = format!("pkcs8 -topk8 {options} -passout pass:correct-horse");
        let Some(written) = openssl::try_run(&command, &key) else { continue };
        let error = SigningKey::from_encrypted(&written, &Passphrase::new("correct-horse"));
        let error = error.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), code, "{options}: {error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("openssl pkcs8 -in")), "{options}");
    }
    let legacy = openssl::run("rsa -traditional -aes128 -passout pass:correct-horse", &key);
    let error = SigningKey::from_encrypted(&legacy, &Passphrase::new("correct-horse"));
    assert_eq!(error.map(|_| ()).unwrap_err().code(), "key.encrypted");
}

#[test]
fn passphrase_for_a_plain_key_is_ignored() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let read = SigningKey::from_encrypted(key.as_bytes(), &Passphrase::new("any")).unwrap();
    assert_eq!(read.form().to_string(), "PKCS#8 PEM");
}

#[test]
fn key_derivation_cost_is_limited() {
    let pbkdf2 = |iterations: &[u8]| {
        sequence(&[
            PBKDF2,
            &sequence(&[&octets(&[7; 16]), iterations, &sequence(&[HMAC_SHA256, NULL])]),
        ])
    };
    let scrypt = |n: &[u8], r: &[u8], p: &[u8]| {
        sequence(&[SCRYPT, &sequence(&[&octets(&[7; 16]), n, r, p])])
    };
    let too_long = KeyError::UnsupportedEncryption { found: "PBES2, of an unknown kind" };
    for (name, kdf, refused) in [
        ("2^31 iterations", pbkdf2(&[2, 4, 0x7f, 0xff, 0xff, 0xff]), KeyError::Kdf),
        ("2 000 001 iterations", pbkdf2(&[2, 3, 0x1e, 0x84, 0x81]), KeyError::Kdf),
        (
            "scrypt N = 2^20, r = 8",
            scrypt(&[2, 3, 0x10, 0, 0], &[2, 1, 8], &[2, 1, 1]),
            KeyError::Kdf,
        ),
        (
            "scrypt N = 2^16, r = 2^15 - 1",
            scrypt(&[2, 3, 1, 0, 0], &[2, 2, 0x7f, 0xff], &[2, 1, 1]),
            KeyError::Kdf,
        ),
        ("scrypt p = 2^14", scrypt(&[2, 2, 0x40, 0], &[2, 1, 8], &[2, 2, 0x40, 0]), KeyError::Kdf),
        ("2^40 iterations", pbkdf2(&[2, 6, 1, 0, 0, 0, 0, 0]), too_long.clone()),
        (
            "scrypt r = 2^17",
            scrypt(&[2, 2, 0x40, 0], &[2, 3, 2, 0, 0], &[2, 1, 1]),
            too_long.clone(),
        ),
        (
            "scrypt N = 2^72",
            scrypt(&[2, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[2, 1, 8], &[2, 1, 1]),
            too_long,
        ),
    ] {
        let aes = sequence(&[AES_256_CBC, &octets(&[9; 16])]);
        let scheme = sequence(&[PBES2, &sequence(&[&kdf, &aes])]);
        let der = sequence(&[&scheme, &octets(&[0x5a; 1232])]);
        let error = SigningKey::from_encrypted(&der, &Passphrase::new("any")).map(|_| ());
        assert_eq!(error, Err(refused), "{name}");
    }
}

const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
const HMAC_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09";
const SCRYPT: &[u8] = b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";
const AES_256_CBC: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
