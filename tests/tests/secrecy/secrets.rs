//! The secrets, and the encodings in which they are put somewhere.

use std::collections::HashSet;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use pkcs8::LineEnding;
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use serde_json::json;

use crate::forms;

/// Something that must not be shown.
pub(crate) struct Secret {
    pub(crate) name: &'static str,
    texts: Vec<(&'static str, String)>,
    windows: Windows,
}

/// A secret in one encoding.
pub(crate) struct Canary {
    pub(crate) secret: &'static str,
    pub(crate) encoding: &'static str,
    pub(crate) text: String,
}

impl Secret {
    /// A key, a passphrase, a token and an assertion.
    pub(crate) fn all() -> Vec<Self> {
        let hyphens = ("hyphens", "Hyphen-Passphrase-Zebra".to_owned());
        let blanks = ("blanks", "yellow canary 7 sings/loudly?".to_owned());
        let assertion = format!(
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.{}",
            Base64UrlUnpadded::encode_string(&noise(256)[60..])
        );
        let token = format!("00Dxx0000001gPL!{}", token_part());
        vec![
            Self::key(),
            Self::of("passphrase with hyphens", hyphens.1.clone(), hyphens.1.as_bytes()),
            Self::of("passphrase with blanks", blanks.1.clone(), blanks.1.as_bytes()),
            Self::of("token", token, token_part().as_bytes()),
            Self::of(
                "assertion",
                assertion,
                Base64UrlUnpadded::encode_string(&noise(256)[60..]).as_bytes(),
            ),
        ]
    }

    /// A text of which `secret` is the part that must not be shown.
    pub(crate) fn of(name: &'static str, text: String, secret: &[u8]) -> Self {
        let texts = vec![
            ("plain", text.clone()),
            ("base64", forms::base64(text.as_bytes())),
            ("base64 in lines", forms::base64_in_lines(text.as_bytes())),
            ("base64 twice", forms::base64(forms::base64(text.as_bytes()).as_bytes())),
            ("hex", forms::hex(text.as_bytes())),
            ("URL-encoded", forms::url_encoded(&text)),
            ("JSON string", json!(text).to_string()),
            ("single quotes", format!("'{text}'")),
            ("with a line break", format!("{text}\n")),
        ];
        Self { name, texts, windows: Windows::of(&[secret.to_vec()]) }
    }

    fn key() -> Self {
        let key = rsa::PrivateKey::from_pkcs8_pem(KEY).unwrap();
        let pem = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let der = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
        let encrypted = key.to_pkcs8_encrypted_pem("canary", LineEnding::LF).unwrap().to_string();
        let locked = Base64::decode_vec(&body(&encrypted)).unwrap();
        let record = |key: &str| json!({ "key": "_canary", "value": { "PrivateKey": key } });
        let texts = vec![
            ("PEM", pem.clone()),
            ("PEM on one line", pem.replace('\n', " ")),
            ("PEM with \\n", pem.replace('\n', "\\n")),
            ("base64 of DER", forms::base64(&der)),
            ("base64 of DER in lines", forms::base64_in_lines(&der)),
            ("base64 of PEM", forms::base64(pem.as_bytes())),
            ("base64 of PEM in lines", forms::base64_in_lines(pem.as_bytes())),
            ("base64 twice", forms::base64(forms::base64(pem.as_bytes()).as_bytes())),
            ("hex of DER", forms::hex(&der)),
            ("hex of PEM", forms::hex(pem.as_bytes())),
            ("base64 of an encrypted PEM", forms::base64(encrypted.as_bytes())),
            ("URL-encoded", forms::url_encoded(&pem)),
            ("JSON string", json!(pem).to_string()),
            ("double quotes", format!("\"{pem}\"")),
            ("record", record(&pem).to_string()),
            ("record in quotes", format!("'{}'", record(&pem))),
            ("list of records", json!([record(&pem), record(&pem)]).to_string()),
            ("base64 of a record", forms::base64(record(&pem).to_string().as_bytes())),
            ("JSON string of a record", json!(record(&pem).to_string()).to_string()),
            ("the last 40 characters", forms::base64(&der)[1580..1620].to_owned()),
        ];
        // The bytes before are the same in every key, or are in its certificate.
        let parts = [&der[PUBLIC_PART..], &locked[ENCRYPTION_PART..]];
        let pem_lines = |bytes: &[u8]| forms::in_lines(&forms::base64(bytes), 64).into_bytes();
        let mut secrets: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
        for part in parts {
            secrets.extend((0..3).map(|start| pem_lines(&part[start..])));
        }
        Self { name: "key", texts, windows: Windows::of(&secrets) }
    }

    /// The private part of a key of 2048 bits.
    pub(crate) fn private_key(pem: &str) -> Self {
        let key = rsa::PrivateKey::from_pkcs8_pem(pem).unwrap();
        let der = key.to_pkcs8_der().unwrap();
        let part = &der.as_bytes()[PUBLIC_PART..];
        let lines = forms::in_lines(&body(pem), 64).into_bytes();
        let windows = Windows::of(&[part.to_vec(), lines[PUBLIC_PART * 4 / 3..].to_vec()]);
        Self { name: "generated key", texts: Vec::new(), windows }
    }

    pub(crate) fn canaries(&self) -> Vec<Canary> {
        let canary = |(encoding, text): &(&'static str, String)| Canary {
            secret: self.name,
            encoding,
            text: text.clone(),
        };
        self.texts.iter().map(canary).collect()
    }

    /// The text in the first encoding.
    pub(crate) fn plain(&self) -> &str {
        &self.texts[0].1
    }

    /// Whether 16 bytes of the secret, in any form, are among these.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.windows.find(bytes).is_some()
    }

    /// The place where they are.
    pub(crate) fn excerpt(&self, bytes: &[u8]) -> String {
        let at = self.windows.find(bytes).unwrap_or_default();
        let excerpt = &bytes[at.saturating_sub(60)..(at + 40).min(bytes.len())];
        String::from_utf8_lossy(excerpt).escape_debug().to_string()
    }
}

/// Every 16 bytes of a secret in every form.
struct Windows {
    all: HashSet<[u8; WINDOW]>,
    /// A bit for each three bytes with which one of them begins: most of a text is passed over
    /// fast.
    starts: Vec<u64>,
}

impl Windows {
    fn of(secrets: &[Vec<u8>]) -> Self {
        let mut windows = Self { all: HashSet::new(), starts: vec![0; 1 << 18] };
        for form in secrets.iter().flat_map(|secret| forms::all(secret)) {
            for window in form.windows(WINDOW) {
                let start = start(window);
                windows.starts[start / 64] |= 1 << (start % 64);
                windows.all.insert(window.try_into().unwrap());
            }
        }
        windows
    }

    fn find(&self, bytes: &[u8]) -> Option<usize> {
        bytes.windows(WINDOW).position(|window| {
            let start = start(window);
            self.starts[start / 64] & (1 << (start % 64)) != 0 && self.all.contains(window)
        })
    }
}

fn start(window: &[u8]) -> usize {
    usize::from(window[0]) << 16 | usize::from(window[1]) << 8 | usize::from(window[2])
}

/// The private key without its armour.
fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.contains("-----")).collect()
}

/// Bytes that repeat themselves in every run, and in no text.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..len).map(|_| next()).collect()
}

fn token_part() -> String {
    format!("AQ8{}.c4nary", Base64UrlUnpadded::encode_string(&noise(60)))
}

/// Bytes of PKCS#8 before the private exponent of a key of 2048 bits.
const PUBLIC_PART: usize = 320;

/// Bytes of an encrypted key that say how it is encrypted.
const ENCRYPTION_PART: usize = 160;
pub(crate) const WINDOW: usize = 16;

/// The published key of RFC 7515, Appendix A.2.
const KEY: &str = include_str!("../../../crates/assertion/testdata/rfc7515-a2.pem");
