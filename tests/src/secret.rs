//! A search for secrets in text.

use std::fmt::Debug;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Whether `text` contains a part of `secret`: as it is, reversed, in base64, in hex, or as a list
/// of numbers.
///
/// A part is any 16 characters, or any 8 numbers of a list.
pub fn shows(text: &str, secret: &str) -> bool {
    shows_bytes(text, secret.as_bytes())
}

/// Like [`shows`], for a secret that is not text.
pub fn shows_bytes(text: &str, secret: &[u8]) -> bool {
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let encoded = [Base64::encode_string(secret), Base64UrlUnpadded::encode_string(secret), hex];
    let lowered = text.to_lowercase();
    parts(text.as_bytes(), secret)
        || parts(text.as_bytes(), &reversed)
        || encoded.iter().any(|form| parts(text.as_bytes(), form.as_bytes()))
        || parts(lowered.as_bytes(), encoded[2].as_bytes())
        || numbers(text, secret)
}

/// Returns the base64 of a PEM document, without its labels.
pub fn pem_body(pem: &str) -> String {
    pem.lines().filter(|line| !line.contains("-----")).collect()
}

/// Returns the output of `{:?}` and `{:#?}`.
pub fn debug(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}")
}

fn parts(text: &[u8], secret: &[u8]) -> bool {
    let seen: std::collections::HashSet<&[u8]> = text.windows(PART).collect();
    secret.windows(PART).any(|part| seen.contains(part))
}

/// A slice of bytes as `Debug` prints it, on one line or on many.
fn numbers(text: &str, secret: &[u8]) -> bool {
    let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    secret.windows(8).any(|part| {
        let list: Vec<String> = part.iter().map(u8::to_string).collect();
        flat.contains(&list.join(","))
    })
}

const PART: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_secret_are_found_in_every_form() {
        let secret = "abcdefghijklmnopqrstuvwxyz";
        for (text, found) in [
            ("error: `cdefghijklmnopqr` is odd".to_owned(), true),
            ("error: `cdefghijklmnop` is odd".to_owned(), false),
            ("zyxwvutsrqponmlkji".to_owned(), true),
            (Base64::encode_string(secret.as_bytes()), true),
            ("6162636465666768696A6B".to_owned(), true),
            (debug(&secret.as_bytes()), true),
            (debug(&[1, 2, 3]), false),
        ] {
            assert_eq!(shows(&text, secret), found, "{text}");
        }
    }
}
