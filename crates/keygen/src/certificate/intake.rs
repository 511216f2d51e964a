//! Certificates as people have them: tolerant of text, strict of DER.

use base64ct::{Base64, Encoding};

use crate::error::CertificateError;

/// The DER of the first certificate in what was given.
pub(super) fn der(bytes: &[u8]) -> Result<Vec<u8>, CertificateError> {
    if bytes.len() > MAX_INPUT {
        return Err(CertificateError::TooLarge { len: bytes.len() });
    }
    if bytes.first() == Some(&SEQUENCE) && str::from_utf8(bytes).map_or(true, |t| t.contains('\0'))
    {
        return Ok(bytes.to_vec());
    }
    let text = str::from_utf8(bytes).map_err(|_| CertificateError::Pem)?;
    if text.trim().is_empty() {
        return Err(CertificateError::Empty);
    }
    match armoured(text)? {
        Some(body) => decoded(body),
        None => decoded(text).map_err(|_| CertificateError::NotACertificate { found: "text" }),
    }
}

/// PEM with lines of 64 characters ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)).
pub(super) fn to_pem(der: &[u8]) -> String {
    let base64 = Base64::encode_string(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for (at, c) in base64.char_indices() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(c);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}

/// What stands between BEGIN and END of the first certificate; `None` without any BEGIN.
fn armoured(text: &str) -> Result<Option<&str>, CertificateError> {
    for label in LABELS {
        let begin = format!("-----BEGIN {label}-----");
        if let Some((_, rest)) = text.split_once(&begin) {
            let (body, _) = rest.split_once("-----END").ok_or(CertificateError::Pem)?;
            return Ok(Some(body));
        }
    }
    let Some((_, rest)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let label = rest.split("-----").next().unwrap_or_default();
    let other = OTHERS.iter().find(|(part, _)| label.contains(part));
    let found = other.map_or("something else in PEM", |(_, found)| *found);
    Err(CertificateError::NotACertificate { found })
}

/// Base64 with blanks, line breaks, quotes and literal `\n` in it.
fn decoded(text: &str) -> Result<Vec<u8>, CertificateError> {
    let text = text.replace("\\r", "").replace("\\n", "");
    let kept = |c: &char| !c.is_whitespace() && !"\"',\\\u{feff}".contains(*c);
    let base64: String = text.chars().filter(kept).collect();
    let der = Base64::decode_vec(&base64).map_err(|_| CertificateError::Pem)?;
    if der.is_empty() { Err(CertificateError::Empty) } else { Ok(der) }
}

/// The first octet of every certificate.
const SEQUENCE: u8 = 0x30;

/// Room for a chain with text around it.
const MAX_INPUT: usize = 64 * 1024;

const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

const OTHERS: [(&str, &str); 5] = [
    ("CERTIFICATE REQUEST", "a certificate request"),
    ("TRUSTED CERTIFICATE", "a certificate with OpenSSL's trust settings"),
    ("PRIVATE KEY", "a private key"),
    ("PUBLIC KEY", "a public key"),
    ("PKCS7", "a PKCS#7 bundle"),
];
