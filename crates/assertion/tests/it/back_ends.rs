//! Both back-ends and OpenSSL make the same signatures.

use std::fs;

use orgtoken_assertion::{Diagnostic, PublicKey, SignError, Signature, Signer, SigningKey};

use crate::assertions::claims;
use crate::keys::{KEY, Numbers, Seeded, pem};

#[test]
#[cfg(feature = "ring")]
fn rsa_and_ring_make_the_same_signatures() {
    let mut messages = Seeded::new("messages");
    let by_rsa = KEY.signing_key();
    let by_ring = orgtoken_assertion::RingSigner::new(KEY.signing_key());
    // More than two blocks of SHA-256.
    for length in 0..130 {
        let message = messages.bytes(length);
        let (rsa, ring) = (by_rsa.sign(&message).unwrap(), by_ring.sign(&message).unwrap());
        assert_eq!(rsa.as_bytes(), ring.as_bytes(), "{length} bytes");
    }
}

#[test]
fn sizes_that_ring_does_not_accept_sign_by_rsa() {
    for bits in [2049, 2056, 3000, 3072, 4095] {
        let mut numbers = Numbers::generate(bits, "sizes");
        let whole = numbers.signing_key();
        let signature = whole.sign(b"message").unwrap();
        assert!(whole.public_key().verify(b"message", &signature), "{bits} bits");
        assert_eq!(signature.as_bytes().len(), whole.bits().div_ceil(8), "{bits} bits");

        std::mem::swap(&mut numbers.p, &mut numbers.q);
        (numbers.dp, numbers.dq, numbers.qinv) = Default::default();
        for (name, key) in [("whole", whole), ("stale CRT values", numbers.signing_key())] {
            let again = key.sign(b"message").unwrap();
            assert_eq!(again.as_bytes(), signature.as_bytes(), "{name}, {bits} bits");
            #[cfg(feature = "ring")]
            {
                let by_ring = orgtoken_assertion::RingSigner::new(key).sign(b"message").unwrap();
                assert_eq!(by_ring.as_bytes(), signature.as_bytes(), "{name}, {bits} bits, ring");
            }
        }
    }
}

#[test]
fn openssl_makes_the_same_signatures() {
    if !crate::openssl::is_there("that OpenSSL signs to the same bytes") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let mut messages = Seeded::new("openssl");
    for bits in [2048, 2056, 3000] {
        let numbers = Numbers::generate(bits, "sizes");
        fs::write(&file, pem("PRIVATE KEY", &numbers.pkcs8())).unwrap();
        let command = format!("dgst -sha256 -sign {}", file.display());
        for length in [0, 1, 55, 64, 1_000] {
            let message = messages.bytes(length);
            let ours = numbers.signing_key().sign(&message).unwrap();
            let theirs = crate::openssl::run(&command, &message);
            assert_eq!(ours.as_bytes(), theirs, "{bits} bits, {length} bytes");
        }
    }
}

#[test]
fn wrong_signature_of_an_external_signer_is_refused() {
    struct Faulty(SigningKey);
    impl Signer for Faulty {
        fn public_key(&self) -> &PublicKey {
            self.0.public_key()
        }
        fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
            let mut signature = self.0.sign(message)?.as_bytes().to_vec();
            signature[100] ^= 1;
            Ok(Signature::from_bytes(signature))
        }
    }

    let error = claims().sign(&Faulty(KEY.signing_key())).unwrap_err();
    assert!(matches!(error, SignError::Mismatch), "{error}");
    assert_eq!(error.code(), "sign.mismatch");
}

#[test]
fn signature_of_another_message_or_another_key_is_refused() {
    /// Returns a signature that a back-end of this crate made and checked for something else.
    struct Stale(PublicKey, Signature);
    impl Signer for Stale {
        fn public_key(&self) -> &PublicKey {
            &self.0
        }
        fn sign(&self, _message: &[u8]) -> Result<Signature, SignError> {
            Ok(self.1.clone())
        }
    }
    let (key, other) = (KEY.signing_key(), Numbers::generate(2048, "other").signing_key());
    let input = claims().signing_input();
    for (name, signature, accepted) in [
        ("this message, this key", key.sign(input.as_bytes()).unwrap(), true),
        ("another message", key.sign(b"another message").unwrap(), false),
        ("another key", other.sign(input.as_bytes()).unwrap(), false),
    ] {
        let signed = claims().sign(&Stale(key.public_key().clone(), signature));
        assert_eq!(signed.is_ok(), accepted, "{name}");
        if let Err(error) = signed {
            assert_eq!(error.code(), "sign.mismatch", "{name}");
        }
    }
}
