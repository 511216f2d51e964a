//! Record ids: three characters for the object, twelve for the number, three of checksum.

use std::hash::{BuildHasher, RandomState};

/// Returns the 18-character id of a record, by the key prefix of its object and its number.
pub(crate) fn id(prefix: &str, number: u64) -> String {
    let mut digits = [b'0'; 9];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = LETTERS[(rest % 62) as usize];
        rest /= 62;
    }
    let short = format!("{prefix}xx0{}", String::from_utf8_lossy(&digits));
    format!("{short}{}", checksum(&short))
}

/// Returns the 18-character form of an id of 15 or 18 characters. `None` if it is not an id.
#[cfg(feature = "rest")]
pub(crate) fn canonical(id: &str) -> Option<String> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match id.len() {
        15 => Some(format!("{id}{}", checksum(id))),
        18 if id[15..].eq_ignore_ascii_case(&checksum(&id[..15])) => {
            Some(format!("{}{}", &id[..15], checksum(&id[..15])))
        }
        _ => None,
    }
}

/// Returns the key prefix and the number of an id of this org.
#[cfg(feature = "rest")]
pub(crate) fn parse(id: &str) -> Option<(String, u64)> {
    let id = canonical(id)?;
    let digits = id[3..15].strip_prefix("xx0")?;
    let value = |digit: u8| LETTERS.iter().position(|&letter| letter == digit);
    let number =
        digits.bytes().try_fold(0, |number, digit| Some(number * 62 + value(digit)? as u64));
    Some((id[..3].to_owned(), number?))
}

/// Returns a unique, predictable token suffix. It is not a secret.
pub(crate) fn random_token(length: usize) -> String {
    // Each state has its own keys.
    let state = RandomState::new();
    let mut text = String::with_capacity(length);
    for block in 0_u64.. {
        let mut bits = state.hash_one(block);
        for _ in 0..8 {
            if text.len() == length {
                return text;
            }
            text.push(char::from(LETTERS[(bits % 62) as usize]));
            bits /= 62;
        }
    }
    text
}

/// Returns the checksum: each letter encodes which of five characters are upper case.
fn checksum(short: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let letter = |chunk: &[u8]| {
        let capitals = chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
        char::from(alphabet[capitals.map(|(place, _)| 1 << place).sum::<usize>()])
    };
    short.as_bytes().chunks(5).map(letter).collect()
}

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::random_token;
    #[cfg(feature = "rest")]
    use super::{canonical, id, parse};

    #[test]
    #[cfg(feature = "rest")]
    fn ids_end_in_their_checksum() {
        for (name, short, long) in [
            ("mixed case", "001D000000IqhSL", Some("001D000000IqhSLIAZ")),
            ("all digits", "001300000000000", Some("001300000000000AAA")),
            ("already long", "001D000000IqhSLIAZ", Some("001D000000IqhSLIAZ")),
            ("wrong checksum", "001D000000IqhSLAAA", None),
            ("too short", "001", None),
            ("a quote", "001D000000Iqh'L", None),
        ] {
            assert_eq!(canonical(short).as_deref(), long, "{name}");
        }
    }

    #[test]
    #[cfg(feature = "rest")]
    fn each_number_has_its_own_id() {
        assert_eq!(id("001", 0), "001xx0000000000AAA");
        assert_eq!(canonical(&id("001", 62_000)).as_deref(), Some(id("001", 62_000).as_str()));
        assert_ne!(id("001", 1), id("001", 2));
        assert_eq!(parse(&id("001", 62_001)), Some(("001".to_owned(), 62_001)));
        assert_eq!(parse("001D000000IqhSLIAZ"), None);
    }

    #[test]
    fn tokens_are_unique() {
        assert_eq!(random_token(96).len(), 96);
        assert_ne!(random_token(96), random_token(96));
    }
}
