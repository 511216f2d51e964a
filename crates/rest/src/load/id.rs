//! Record ids: 15 case-sensitive characters, or 18, of which the last three encode the case.

/// Whether a text has the shape of an id: 15 letters and digits, or 18 with a checksum that fits.
pub(crate) fn is_id(text: &str) -> bool {
    short(text).is_some()
}

/// Whether an id belongs to the object with this key prefix. `None` if it is not an id.
pub(super) fn has_prefix(id: &str, prefix: &str) -> Option<bool> {
    short(id).map(|id| id.starts_with(prefix.as_bytes()))
}

/// Returns the 15 characters of an id, in the case of its checksum. Salesforce accepts an id of 18
/// characters in any case.
fn short(text: &str) -> Option<[u8; 15]> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut short: [u8; 15] = text.as_bytes().get(..15)?.try_into().ok()?;
    match text.len() {
        15 => Some(short),
        18 => {
            for (letters, check) in short.chunks_mut(5).zip(&text.as_bytes()[15..]) {
                let check = check.to_ascii_uppercase();
                let bits = CHECKSUM.iter().position(|letter| *letter == check)?;
                for (place, letter) in letters.iter_mut().enumerate() {
                    match bits >> place & 1 {
                        1 if letter.is_ascii_alphabetic() => letter.make_ascii_uppercase(),
                        1 => return None,
                        _ => letter.make_ascii_lowercase(),
                    }
                }
            }
            Some(short)
        }
        _ => None,
    }
}

const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_has_15_characters_or_18_with_a_checksum() {
        for (text, expected) in [
            ("001D000000IqhSL", true),
            ("001D000000IqhSLIAZ", true),
            ("001d000000iqhsliaz", true),
            ("001D000000IqhSL5AZ", false),
            ("001D000000IqhS", false),
            ("001D000000IqhSLIA", false),
            ("001D000000Iqh-L", false),
            ("", false),
            ("001D000000IqhSLI\u{e4}", false),
        ] {
            assert_eq!(is_id(text), expected, "{text}");
        }
    }

    #[test]
    fn prefix_is_compared_in_the_case_of_the_checksum() {
        assert_eq!(has_prefix("a0B000000000001", "a0b"), Some(false));
        assert_eq!(has_prefix("001D000000IqhSL", "001"), Some(true));
        assert_eq!(has_prefix("003D000000IqhSL", "001"), Some(false));
        assert_eq!(has_prefix("x", "001"), None);
    }
}
