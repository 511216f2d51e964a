//! A key is read from every supported form.

use base64ct::{Base64, Encoding};
use orgtoken_assertion::{KeyError, Signer, SigningKey};

use crate::der::{element, sequence};
use crate::keys::{KEY, pem, pkcs8};

#[test]
fn text_in_every_supported_form_is_read() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let pkcs1 = pem("RSA PRIVATE KEY", &KEY.pkcs1());
    let one_line = key.replace('\n', " ");
    let body = key.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("");
    let wrapped = |width: usize| {
        let lines: Vec<_> = body.as_bytes().chunks(width).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", lines.join("\n"))
    };

    for (name, form, text) in [
        ("PKCS#8", "PKCS#8 PEM", key.clone()),
        ("PKCS#1", "PKCS#1 PEM", pkcs1.clone()),
        ("CRLF", "PKCS#8 PEM", key.replace('\n', "\r\n")),
        ("CRLF, PKCS#1", "PKCS#1 PEM", pkcs1.replace('\n', "\r\n")),
        ("lone CR", "PKCS#8 PEM", key.replace('\n', "\r")),
        ("no final newline", "PKCS#8 PEM", key.trim_end().to_owned()),
        ("leading blank lines", "PKCS#8 PEM", format!("\n\n{key}")),
        ("trailing blank lines", "PKCS#8 PEM", format!("{key}\n \n\n")),
        ("blanks at the ends", "PKCS#8 PEM", key.replace('\n', " \t\n")),
        ("indented", "PKCS#8 PEM", key.replace('\n', "\n    ")),
        ("literal \\n", "PKCS#8 PEM", key.replace('\n', "\\n")),
        ("literal \\\\n", "PKCS#8 PEM", key.replace('\n', "\\\\n")),
        ("literal \\r\\n", "PKCS#8 PEM", key.replace('\n', "\\r\\n")),
        ("quoted", "PKCS#8 PEM", format!("\"{}\"", key.replace('\n', "\\n"))),
        ("a JSON string", "PKCS#8 PEM", serde_json::to_string(&key).unwrap().replace('/', "\\/")),
        (
            "base64 of a quoted PEM",
            "PKCS#8 PEM in base64",
            Base64::encode_string(format!("'{key}'").as_bytes()),
        ),
        ("a JSON member", "PKCS#8 PEM", format!("{{\"k\":\"{}\"}}", key.replace('\n', "\\n"))),
        ("one line", "PKCS#8 PEM", one_line),
        ("one line, PKCS#1", "PKCS#1 PEM", pkcs1.replace('\n', " ")),
        ("nothing for line breaks", "PKCS#8 PEM", key.replace('\n', "")),
        ("wrapped at 76", "PKCS#8 PEM", wrapped(76)),
        ("wrapped at 1", "PKCS#8 PEM", wrapped(1)),
        ("not wrapped", "PKCS#8 PEM", wrapped(usize::MAX)),
        ("byte order mark", "PKCS#8 PEM", format!("\u{feff}{key}")),
        ("bag attributes", "PKCS#8 PEM", format!("Bag Attributes\n  friendlyName: é\n{key}")),
        ("text after", "PKCS#8 PEM", format!("{key}\nthe key of acme -- do not share\n")),
        ("base64 alone", "PKCS#8 DER in base64", body.clone()),
        ("base64 alone, quoted", "PKCS#8 DER in base64", format!("'{body}'\n")),
        ("base64 without =", "PKCS#8 DER in base64", body.trim_end_matches('=').to_owned()),
        ("base64 of DER", "PKCS#1 DER in base64", Base64::encode_string(&KEY.pkcs1())),
        ("base64 of PEM", "PKCS#8 PEM in base64", Base64::encode_string(key.as_bytes())),
    ] {
        let read = SigningKey::from_bytes(text.as_bytes())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.form().to_string(), form, "{name}");
        assert_eq!(read.public_key().to_spki_der(), KEY.spki(), "{name}");
    }
}

#[test]
fn text_around_a_key_need_not_be_utf_8() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let latin_1 = [b"friendlyName: \xe9t\xe9\n", key.as_bytes()].concat();
    assert!(SigningKey::from_bytes(&latin_1).is_ok(), "Latin-1 before the key");
}

#[test]
fn der_is_read() {
    let attributes =
        element(0xa0, &sequence(&[&element(0x06, &[0x55, 4, 3]), &element(0x31, &[])]));
    let public = element(0x81, &[&[0], KEY.public_pkcs1().as_slice()].concat());
    let (v1, v2): (&[u8], &[u8]) = (&[2, 1, 0], &[2, 1, 1]);
    for (name, form, der) in [
        ("PKCS#8", "PKCS#8 DER", KEY.pkcs8()),
        ("PKCS#1", "PKCS#1 DER", KEY.pkcs1()),
        ("with attributes", "PKCS#8 DER", pkcs8(v1, &KEY.pkcs1(), &attributes)),
        ("public key that matches", "PKCS#8 DER", pkcs8(v2, &KEY.pkcs1(), &public)),
    ] {
        let key = SigningKey::from_bytes(&der).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(key.form().to_string(), form, "{name}");
        assert_eq!(key.bits(), 2048, "{name}");
    }
}

#[test]
fn base64_may_contain_the_words_begin_and_key() {
    let word = Base64::decode_vec("BEGINKEYBEGINKEY").unwrap();
    let mut spelt = 0;
    for filler in 0..3 {
        let attributes = element(0xa0, &[&vec![0; filler], &*word].concat());
        let text = Base64::encode_string(&pkcs8(&[2, 1, 0], &KEY.pkcs1(), &attributes));
        spelt += usize::from(text.contains("BEGINKEY"));
        SigningKey::from_bytes(text.as_bytes()).unwrap();
    }
    assert_eq!(spelt, 1, "of three places in a quad one is right");
}

#[test]
fn text_and_certificates_next_to_a_key_are_ignored() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let (certificate, public) =
        (pem("CERTIFICATE", b"0\x03\x02\x01"), pem("PUBLIC KEY", &KEY.spki()));
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for (name, text) in [
        ("key, certificate", format!("{key}{certificate}")),
        ("certificate, key", format!("{certificate}{key}")),
        ("chain", format!("{certificate}{key}{certificate}{public}")),
        ("a damaged certificate", format!("{key}{}", certificate.replace("MA", "*"))),
        ("parameters", format!("{parameters}{key}")),
        ("PKCS#1 as PKCS#8", pem("PRIVATE KEY", &KEY.pkcs1())),
        ("PKCS#8 as PKCS#1", pem("RSA PRIVATE KEY", &KEY.pkcs8())),
        ("another label", pem("ANY PRIVATE KEY", &KEY.pkcs8())),
        ("dots in a comment", format!("# rotated in March... by ops\n{key}")),
    ] {
        let key = SigningKey::from_bytes(text.as_bytes())
            .unwrap_or_else(|error: KeyError| panic!("{name}: {error}"));
        assert_eq!(key.public_key().to_spki_der(), KEY.spki(), "{name}");
    }
}

#[test]
fn jwk_is_parsed_as_json_before_its_text_is_changed() {
    let jwk = include_str!("../../testdata/rfc7515-a2.jwk");
    for id in [r#"my \"prod\" key"#, "50%0Aoff", "see <https://x/k>", r"a\nb", r"C:\\new", "&#10;"]
    {
        let text = jwk.replacen('{', &format!(r#"{{"kid":"{id}","#), 1);
        for text in
            [text.clone(), serde_json::to_string(&text).unwrap(), format!("\u{feff} {text}\r\n")]
        {
            let key = SigningKey::from_bytes(text.as_bytes())
                .unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(key.form().to_string(), "JWK", "{id}");
        }
    }
}

#[test]
fn plain_pem_is_in_the_format_of_openssl() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let pkcs1 = pem("RSA PRIVATE KEY", &KEY.pkcs1());
    let one_line = key.replace('\n', " ");
    let bare = Base64::encode_string(&KEY.pkcs1());
    let encoded = Base64::encode_string(key.as_bytes());
    for (name, input, expected) in [
        ("as it is", key.clone().into_bytes(), &key),
        ("one line", one_line.into_bytes(), &key),
        ("literal \\n", key.replace('\n', "\\n").into_bytes(), &key),
        ("DER", KEY.pkcs8(), &key),
        ("base64 of DER", bare.into_bytes(), &pkcs1),
        ("base64 of PEM", encoded.into_bytes(), &key),
        ("the wrong label", pem("RSA PRIVATE KEY", &KEY.pkcs8()).into_bytes(), &key),
        (
            "a certificate beside it",
            format!("{key}{}", pem("CERTIFICATE", b"0\0")).into_bytes(),
            &key,
        ),
    ] {
        let plain = SigningKey::to_plain_pem(&input).unwrap();
        assert_eq!(plain.secret(), expected, "{name}");
    }
    let jwk = include_bytes!("../../testdata/rfc7515-a2.jwk");
    let plain = SigningKey::to_plain_pem(jwk).unwrap();
    assert!(plain.secret().starts_with("-----BEGIN PRIVATE KEY-----\nMII"));
    let (one, other) = (
        SigningKey::from_bytes(jwk).unwrap(),
        SigningKey::from_bytes(plain.secret().as_bytes()).unwrap(),
    );
    assert_eq!(one.public_key(), other.public_key());
}

#[test]
fn jwk_of_rfc_7515_and_rfc_7520() {
    for (jwk, pem) in [
        (
            include_str!("../../testdata/rfc7515-a2.jwk"),
            include_str!("../../testdata/rfc7515-a2.pem"),
        ),
        (
            include_str!("../../testdata/rfc7520-4.1.jwk"),
            include_str!("../../testdata/rfc7520-4.1.pem"),
        ),
    ] {
        let from_pem = SigningKey::from_bytes(pem.as_bytes()).unwrap();
        let without_primes: String = jwk
            .lines()
            .filter(|line| {
                !["\"p\"", "\"q\"", "\"dp\"", "\"dq\""].iter().any(|name| line.contains(name))
            })
            .collect();
        let escaped = jwk.replace('"', "\\\"").replace('\n', "");
        let padded = jwk.replace("AQAB\"", "AQAB==\"").replace('_', "/");
        let encoded = Base64::encode_string(jwk.as_bytes());
        for text in [jwk.to_owned(), without_primes, format!("\"{escaped}\""), padded, encoded] {
            let from_jwk = SigningKey::from_bytes(text.as_bytes()).unwrap();
            assert_eq!(from_jwk.public_key(), from_pem.public_key());
            assert_eq!(from_jwk.form().to_string(), "JWK");
        }
    }
}
