//! Errors about public keys never ask for a private key.

use orgtoken_assertion::{Diagnostic, PublicKey, certificate_der};

use crate::der::{NULL, RSA_ENCRYPTION, bits, element, sequence};
use crate::keys::{KEY, pem};

#[test]
fn errors_about_public_keys_never_ask_for_a_private_key() {
    let name = sequence(&[]);
    let algorithm = sequence(&[RSA_ENCRYPTION, NULL]);
    let request = sequence(&[&[2, 1, 0], &name, &KEY.spki(), &element(0xa0, &[])]);
    let request = sequence(&[&request, &algorithm, &bits(&[1, 2, 3])]);
    let private = pem("PRIVATE KEY", &KEY.pkcs8());
    let public = pem("PUBLIC KEY", &KEY.spki());
    for (name, input, code, says) in [
        ("empty", Vec::new(), "key.empty", "expected a public key or certificate"),
        ("blank", b" \n".to_vec(), "key.empty", "expected a public key or certificate"),
        ("text", b"hello".to_vec(), "key.not_a_key", "not a public key or certificate"),
        ("a path", b"/etc/app.crt".to_vec(), "key.not_a_key", "but a path or URL"),
        (
            "request",
            pem("CERTIFICATE REQUEST", &request).into(),
            "key.certificate",
            "but a certificate request",
        ),
        ("request, DER", request, "key.certificate", "but a certificate request"),
        ("private", private.clone().into(), "key.private", "but a private key"),
        ("private, DER", KEY.pkcs8(), "key.private", "but a private key"),
        (
            "two private keys",
            format!("{private}{private}").into(),
            "key.private",
            "but a private key",
        ),
        ("PKCS#7", pem("PKCS7", &KEY.spki()).into(), "key.not_a_key", "another form"),
        ("a key of SSH", b"ssh-rsa AAAAB3NzaC1yc2E acme".to_vec(), "key.not_a_key", "SSH"),
        ("cut", public.as_bytes()[..200].to_vec(), "key.truncated", "cut off"),
        (
            "no END",
            public.lines().take(8).collect::<Vec<_>>().join("\n").into(),
            "key.truncated",
            "cut off",
        ),
        ("damaged", public.replacen('M', "*", 1).into(), "key.pem", "invalid base64"),
        ("four dashes", public.replacen("-----", "----", 1).into(), "key.pem", "BEGIN"),
        ("too long", vec![b'A'; 40_000], "key.too_large", "40000 bytes"),
        ("UTF-16", b"\xff\xfe-\0".to_vec(), "key.pem", "UTF-16"),
    ] {
        let error = PublicKey::from_bytes(&input).expect_err(name);
        let words = format!("{error}; {}", error.hint().unwrap_or_default());
        assert_eq!(error.code(), code, "{name}: {words}");
        assert!(words.contains(says), "{name}: {words}");
        for asks in ["private key is", "private key itself", "give the private", "BEGIN PRIVATE"] {
            assert!(!words.contains(asks), "{name}: {words}");
        }
    }
}

#[test]
fn certificate_is_found_next_to_a_private_key() {
    let private = pem("PRIVATE KEY", &KEY.pkcs8());
    let inner =
        sequence(&[&sequence(&[&[2, 1, 1]]), &sequence(&[RSA_ENCRYPTION, NULL]), &bits(&[1])]);
    let certificate = pem("CERTIFICATE", &inner);
    let der = certificate_der(format!("{private}{certificate}").as_bytes());
    assert_eq!(der.as_ref(), Ok(&inner));
    assert_eq!(certificate_der(certificate.replace('\n', "\\n").as_bytes()).as_ref(), Ok(&inner));
    let error = certificate_der(pem("PUBLIC KEY", &KEY.spki()).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("a public key"), "{error}");
}
