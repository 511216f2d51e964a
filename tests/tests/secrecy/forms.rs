//! The ways to write a secret.

use base64ct::{Base64, Base64Url, Encoding};

pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Base64 in lines of 76 characters, as `base64` prints it.
pub(crate) fn base64_in_lines(bytes: &[u8]) -> String {
    in_lines(&base64(bytes), 76)
}

pub(crate) fn in_lines(text: &str, width: usize) -> String {
    let lines: Vec<_> =
        text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line)).collect();
    lines.join("\n")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn url_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

/// Every form of a secret of which no part may be shown: itself, encoded, and encoded twice,
/// however it is aligned in a longer text.
pub(crate) fn all(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    forms.extend(encoded(secret));
    let twice: Vec<_> = forms[1..].iter().flat_map(|form| encoded(form)).collect();
    forms.extend(twice);
    forms
}

fn encoded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        hex(bytes).into_bytes(),
        hex(bytes).to_uppercase().into_bytes(),
        bytes.to_ascii_lowercase(),
        bytes.iter().rev().copied().collect(),
    ];
    // The three positions that a secret can have among groups of three bytes.
    for start in 0..3 {
        let bytes = &bytes[start.min(bytes.len())..];
        let whole = bytes.len() / 3 * 3;
        forms.push(Base64::encode_string(&bytes[..whole]).into_bytes());
        forms.push(Base64Url::encode_string(&bytes[..whole]).into_bytes());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        forms.push(url_encoded(text).into_bytes());
    }
    forms
}
