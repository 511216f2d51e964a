//! Environment variables with secrets, which commands do not inherit.

use std::env;
use std::ffi::OsString;

use base64ct::{Base64Unpadded, Encoding};
use orgtoken_assertion::{Diagnostic, SigningKey};
use orgtoken_settings::{ConfigFile, Setting};
use zeroize::Zeroizing;

use crate::environment::{ACCESS_TOKEN, config_file};
use crate::io::input::{Kind, read};

/// Returns the names of variables with secrets: secret settings, variables that a profile reads its
/// key from, and every variable with a private key.
///
/// The command of `exec` and signer commands do not inherit them.
///
/// * `named`: variables that flags and settings name
pub(crate) fn secret_variables(named: &[String]) -> impl Iterator<Item = OsString> {
    let of_profiles = of_profiles();
    env::vars_os().filter_map(move |(name, value)| {
        let value = Zeroizing::new(value.into_encoded_bytes());
        let text = name.to_string_lossy();
        let is_named = named.iter().chain(&of_profiles).any(|secret| *secret == *text);
        (is_named || is_secret(&text, &value)).then_some(name)
    })
}

/// Returns the variables that the profiles of `config.toml` read their keys from.
fn of_profiles() -> Vec<String> {
    let config = config_file().and_then(|path| read(&path, Kind::Settings).ok());
    config.map(|bytes| ConfigFile::parse(&bytes, "").key_variables()).unwrap_or_default()
}

fn is_secret(name: &str, value: &[u8]) -> bool {
    let is_called = |setting: Setting| {
        setting.third_party_variables().contains(&name) || setting.variable() == name
    };
    let has_credentials =
        [Setting::Cache, Setting::Proxy].into_iter().any(is_called) && value.contains(&b'@');
    let is_ours = name.starts_with("ORGTOKEN_")
        && (!name.ends_with("_FILE") || name.contains("HUB_TOKEN"))
        && SECRET_WORDS.iter().any(|word| name.contains(word));
    is_ours
        || has_credentials
        || name == ACCESS_TOKEN
        || Setting::ALL.into_iter().any(|setting| setting.is_secret() && is_called(setting))
        || holds_private_key(value, MAX_DEPTH)
}

/// Whether a value is or contains a private key, in an encoding that pipelines use.
fn holds_private_key(value: &[u8], depth: u8) -> bool {
    // UTF-16, in which PowerShell encodes text.
    if value.starts_with(b"-\0-\0") || value.starts_with(b"\xff\xfe") || value.starts_with(b"{\0") {
        let text = value.iter().filter(|byte| **byte != 0).copied().collect::<Vec<_>>();
        return holds_private_key(&Zeroizing::new(text), depth);
    }
    let contains = |words: &[u8]| value.windows(words.len()).any(|window| window == words);
    if PEM_LABELS.into_iter().any(contains) || (contains(b"\"kty\"") && contains(b"\"d\"")) {
        return true;
    }
    if value.len() < MIN_LEN {
        return false;
    }
    match SigningKey::from_bytes(value) {
        Ok(_) => return true,
        Err(error) if PRIVATE_KEY_ERRORS.contains(&error.code()) => return true,
        Err(_) => {}
    }
    depth > 0 && decoded(value).into_iter().any(|inner| holds_private_key(&inner, depth - 1))
}

/// Decodes base64, base64url and hexadecimal digits in the value.
fn decoded(value: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let whole: Zeroizing<Vec<u8>> =
        Zeroizing::new(value.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect());
    let mut found = Vec::new();
    for word in whole.split(|byte| !is_digit(byte)).filter(|word| word.len() >= MIN_LEN) {
        let Ok(word) = str::from_utf8(word) else { continue };
        let standard = Zeroizing::new(word.replace('-', "+").replace('_', "/"));
        found.extend(Base64Unpadded::decode_vec(&standard).ok().map(Zeroizing::new));
        found.extend(from_hex(word));
    }
    found
}

fn from_hex(digits: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let byte = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    bytes.map(Zeroizing::new)
}

/// Words in the names of `ORGTOKEN_*` variables that this version may not know.
const SECRET_WORDS: [&str; 5] = ["PRIVATE_KEY", "PASSPHRASE", "PASSWORD", "SECRET", "HUB_TOKEN"];

/// Labels of a PEM, and of a PEM that was encoded for a URL.
const PEM_LABELS: [&[u8]; 3] = [b"PRIVATE KEY-----", b"PRIVATE%20KEY-----", b"PRIVATE+KEY-----"];

/// Errors of private keys that cannot be used.
const PRIVATE_KEY_ERRORS: [&str; 10] = [
    "key.algorithm",
    "key.encrypted",
    "key.exponent",
    "key.inconsistent",
    "key.kdf",
    "key.multiprime",
    "key.several",
    "key.test_key",
    "key.too_small",
    "key.weak",
];

/// In bytes and in digits. A key of 512 bits is longer.
const MIN_LEN: usize = 128;

/// Nested encodings: base64 of base64 of a PEM, and one more.
const MAX_DEPTH: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_variables_are_known_by_name() {
        for (name, value, secret) in [
            ("ORGTOKEN_PRIVATE_KEY", "", true),
            ("ORGTOKEN_SECOND_PRIVATE_KEY_PEM", "", true),
            ("ORGTOKEN_KEY_PASSPHRASE", "", true),
            ("ORGTOKEN_HUB_TOKEN", "", true),
            ("ORGTOKEN_HUB_TOKEN_FILE", "", true),
            ("SFDX_HUB_KEY", "", true),
            ("SF_ACCESS_TOKEN", "", true),
            ("ORGTOKEN_PROXY", "http://user:word@proxy:3128", true),
            ("ORGTOKEN_PROXY", "http://proxy:3128", false),
            ("ORGTOKEN_CACHE", "rediss://:word@host", true),
            ("ORGTOKEN_PRIVATE_KEY_FILE", "app.key", false),
            ("ORGTOKEN_USERNAME", "user@acme.com", false),
            ("SSH_PRIVATE_KEY", "", false),
        ] {
            assert_eq!(is_secret(name, value.as_bytes()), secret, "{name}={value}");
        }
    }

    #[test]
    fn secret_variables_are_known_by_value_in_every_encoding() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgCanaryBAQC7\n\
                   MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC7CanaryCanary00\n\
                   -----END PRIVATE KEY-----\n";
        let base64 = |text: &str| Base64Unpadded::encode_string(text.as_bytes());
        let once = base64(pem);
        let lines: String = once
            .as_bytes()
            .chunks(64)
            .map(|line| [line, b"\n"].concat())
            .map(|line| String::from_utf8(line).unwrap())
            .collect();
        for (name, value) in [
            ("PEM", pem.to_owned()),
            ("one line", pem.replace('\n', " ")),
            ("literal line breaks", pem.replace('\n', "\\n")),
            ("in a record", format!("{{\"PrivateKey\":\"{}\"}}", pem.replace('\n', "\\n"))),
            ("base64", once.clone()),
            ("base64 in lines", lines),
            ("base64 twice", base64(&once)),
            ("base64 of a record", base64(&format!("{{\"PrivateKey\":\"{once}\"}}"))),
            ("base64 in a record", format!("{{\"PrivateKey\":\"{once}\"}}")),
            ("hex with a prefix", {
                let digits: String = pem.bytes().map(|byte| format!("{byte:02X}")).collect();
                format!("0x{digits}")
            }),
            ("base64 of UTF-16, as PowerShell writes it", {
                let units: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
                Base64Unpadded::encode_string(&units)
            }),
            ("hex", pem.bytes().map(|byte| format!("{byte:02x}")).collect()),
            ("URL-encoded", pem.replace(' ', "%20").replace('\n', "%0A")),
            ("quoted", format!("\"{once}==\"")),
        ] {
            assert!(is_secret("ANY", value.as_bytes()), "{name}");
        }
        let certificate = pem.replace("PRIVATE KEY", "CERTIFICATE");
        for (name, value) in [
            ("a certificate", base64(&certificate)),
            ("a path", "/usr/local/bin:/usr/bin:/bin:".repeat(20)),
            ("digits", "0123456789".repeat(60)),
            ("text", "the quick brown fox ".repeat(40)),
        ] {
            assert!(!is_secret("ANY", value.as_bytes()), "{name}");
        }
    }
}
