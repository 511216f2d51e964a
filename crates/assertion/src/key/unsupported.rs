//! Names an input that is not an RSA private key: known formats that are not read, the common ones
//! with the command that extracts the key.

use super::KeyError;
use super::error::{PATH, PLACEHOLDER};
use super::numbers::EC;
use super::pem::find;

/// Returns the error for the label of a PEM block, if the label is enough.
pub(super) fn by_label(label: &str) -> Option<KeyError> {
    Some(match label {
        _ if label.starts_with("PGP ") => OPENPGP,
        "AGE ENCRYPTED FILE" => AGE,
        "CMS" | "PKCS7" | "TRUSTED CERTIFICATE" | "X509 CRL" => {
            KeyError::Certificate { found: "certificate" }
        }
        _ => return None,
    })
}

/// An OpenSSH key is detected by its content, and by its label if the content is damaged.
pub(super) fn by_label_of_damage(label: &str, error: KeyError) -> KeyError {
    match error {
        KeyError::Algorithm { .. } => error,
        _ if label == "OPENSSH PRIVATE KEY" => OPENSSH,
        _ => error,
    }
}

/// Returns the error for the first bytes of a file or text, if they are known.
pub(super) fn by_beginning(input: &[u8]) -> Option<KeyError> {
    let (_, error) = BEGINNINGS.iter().find(|(beginning, _)| input.starts_with(beginning))?;
    let algorithm = matches!(*error, OPENSSH | PUTTY).then(|| algorithm(input)).flatten();
    Some(algorithm.map_or_else(|| error.clone(), |found| KeyError::Algorithm { found }))
}

/// Returns the error for a text without a key.
pub(super) fn unknown(text: &[u8]) -> KeyError {
    let has = |word: &[u8]| find(text, 0, word).is_some();
    let found = match () {
        () if has(b"ENC[AES256_GCM,") => Some("a file encrypted by sops"),
        () if has(b"LS0tLS1CRUdJTi") => Some("text that contains base64 of a PEM"),
        () if is_placeholder(text) => Some(PLACEHOLDER),
        () if is_path(text) => Some(PATH),
        () if text.starts_with(b"eyJ") => Some("a JWT"),
        () => None,
    };
    KeyError::NotAKey { found }
}

/// Whether this is a placeholder that a pipeline or template leaves, or a value that a log masks.
fn is_placeholder(text: &[u8]) -> bool {
    let frames = [("$", ""), ("{{", "}}"), ("%", "%"), ("<", ">"), ("[", "]"), ("(", ")")];
    let is_framed = |(start, end): (&str, &str)| {
        text.starts_with(start.as_bytes()) && text.ends_with(end.as_bytes())
    };
    !text.contains(&b'\n') && frames.into_iter().any(is_framed)
        || is_mask(text)
        || [&b"undefined"[..], b"null", b"None", b"nil"].contains(&text)
}

/// Whether this is a mask that a log shows instead of a secret.
pub(super) fn is_mask(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b' ' | b'\n'))
}

fn is_path(text: &[u8]) -> bool {
    let starts = |with: &[u8]| text.starts_with(with);
    let ends = |with: &[u8]| text.ends_with(with);
    !text.contains(&b'\n')
        && (starts(b"/")
            || starts(b".")
            || starts(b"~")
            || starts(b"arn:")
            || starts(b"vault:")
            || matches!(text, [_, b':', ..])
            || find(text, 0, b"://").is_some()
            || [&b".pem"[..], b".key", b".der", b".p8", b".p12", b".pfx"].into_iter().any(ends))
}

/// Returns the algorithm of an SSH key that is not RSA. Converting such a key would not help.
fn algorithm(input: &[u8]) -> Option<&'static str> {
    let start = &input[..input.len().min(LONGEST_START)];
    let is = |word: &[u8]| find(start, 0, word).is_some();
    match () {
        () if is(b"ssh-ed25519") => Some("Ed25519"),
        () if is(b"ecdsa-sha2-") => Some(EC),
        () if is(b"ssh-dss") => Some("DSA"),
        () => None,
    }
}

/// The name of the algorithm is within this many bytes.
const LONGEST_START: usize = 192;

const BEGINNINGS: &[(&[u8], KeyError)] = &[
    (b"$ANSIBLE_VAULT;", not_a_key("an Ansible vault")),
    (b"# created: ", AGE),
    (b"AGE-SECRET-KEY-", AGE),
    (b"age-encryption.org/", AGE),
    (b"U2FsdGVkX1", OPENSSL_ENC),
    (b"Salted__", OPENSSL_ENC),
    (b"<RSAKeyValue", not_a_key("a .NET key in XML")),
    (b"<!DOCTYPE ", WEB_PAGE),
    (b"<html", WEB_PAGE),
    (b"3MVG9", not_a_key("a consumer key")),
    (b"---- BEGIN SSH2 PUBLIC", KeyError::Public),
    (b"PuTTY-User-Key-File-", PUTTY),
    (b"openssh-key-v1\0", OPENSSH),
    (b"ssh-rsa ", KeyError::Public),
    (b"ssh-rsa-cert-", KeyError::Public),
    (b"ssh-ed25519 ", KeyError::Public),
    (b"ssh-dss ", KeyError::Public),
    (b"ecdsa-sha2-", KeyError::Public),
    (b"sk-ssh-", KeyError::Public),
    (b"sk-ecdsa-", KeyError::Public),
    (b"\xfe\xed\xfe\xed", KEYSTORE),
    (b"\xce\xce\xce\xce", KEYSTORE),
];

const fn not_a_key(found: &'static str) -> KeyError {
    KeyError::NotAKey { found: Some(found) }
}

const AGE: KeyError = not_a_key("an age file");
const KEYSTORE: KeyError = KeyError::Format {
    found: "a Java keystore",
    command: "keytool -importkeystore -srckeystore key.jks -destkeystore key.p12 \
        -deststoretype PKCS12 && openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const OPENPGP: KeyError = not_a_key("an OpenPGP key or file");
const OPENSSH: KeyError = KeyError::Format {
    found: "an OpenSSH private key",
    command: "cp key key.pem && ssh-keygen -p -N '' -m PEM -f key.pem",
};
const OPENSSL_ENC: KeyError = not_a_key("a file encrypted by `openssl enc`");
pub(super) const PKCS12: KeyError = KeyError::Format {
    found: "a PKCS#12 bundle",
    command: "openssl pkcs12 -in key.p12 -nocerts -nodes -out key.pem",
};
const PUTTY: KeyError = KeyError::Format {
    found: "a PuTTY private key",
    command: "puttygen key.ppk -O private-openssh -o key.pem",
};
const WEB_PAGE: KeyError = not_a_key("a web page");
