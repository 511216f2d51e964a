//! A record in a variable, in the forms that pipelines use.

use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

/// Returns the document in a value that may be the path of a file instead: JSON, with quotes around
/// it as `docker --env-file` passes them on, or in base64. Text that is neither a path nor JSON is
/// returned as well: the error of parsing it names its kind and does not show it.
pub(crate) fn document(value: &str) -> Option<Zeroizing<String>> {
    let text = without_quotes(value);
    if text.starts_with(['{', '[', '"']) {
        return Some(Zeroizing::new(text.to_owned()));
    }
    let is_document =
        |decoded: &Zeroizing<String>| decoded.trim_start().starts_with(['{', '[', '"']);
    decoded(text).filter(is_document).or_else(|| {
        let is_text = text.contains(['\n', '\r', '{', '"', '<']) || text.contains("-----");
        is_text.then(|| Zeroizing::new(text.to_owned()))
    })
}

fn without_quotes(value: &str) -> &str {
    let text = value.trim_start_matches('\u{feff}').trim();
    let quoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    // A JSON string has backslashes before inner quotes. Text that an env file has quoted does not.
    let double = || quoted('"').filter(|inner| !inner.contains("\\\""));
    quoted('\'').or_else(double).unwrap_or(text)
}

fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let digits = text.chars().filter(|c| !c.is_whitespace() && *c != '=');
    let digits = Zeroizing::new(digits.collect::<String>());
    Some(Zeroizing::new(String::from_utf8(Base64Unpadded::decode_vec(&digits).ok()?).ok()?))
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;

    use super::*;

    #[test]
    fn record_is_found_in_quotes_and_base64() {
        let record = r#"{"Username": "user@acme.com"}"#;
        let base64 = Base64::encode_string(record.as_bytes());
        for (name, value) in [
            ("JSON", record.to_owned()),
            ("byte order mark", format!("\u{feff}{record}\n")),
            ("single quotes", format!("'{record}'")),
            ("double quotes", format!("\"{record}\"")),
            ("base64", base64.clone()),
            ("base64 in lines", format!("{}\n{}\n", &base64[..20], &base64[20..])),
            ("base64 without padding", base64.trim_end_matches('=').to_owned()),
            ("base64 in quotes", format!("\"{base64}\"")),
        ] {
            assert_eq!(document(&value).as_deref().map(String::as_str), Some(record), "{name}");
        }
    }

    #[test]
    fn path_is_not_a_record() {
        for path in
            ["salesforce.json", "salesforce", "/etc/orgtoken/acme.json", "-", "hub:https://h"]
        {
            assert!(document(path).is_none(), "{path}");
        }
    }

    #[test]
    fn other_text_is_read_as_a_record() {
        for text in ["Username: a\nClientId: b\n", "-----BEGIN PRIVATE KEY-----", "<xml>"] {
            assert!(document(text).is_some(), "{text}");
        }
    }
}
