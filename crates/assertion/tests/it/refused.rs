//! Damaged text: the error names the position and repeats nothing.

use base64ct::{Base64, Encoding};
use orgtoken_assertion::{Diagnostic, KeyError, SigningKey};

use crate::keys::{KEY, pem};

#[test]
fn damaged_text_is_refused_with_its_position() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let body = Base64::encode_string(&KEY.pkcs8());
    let with = |from: &str, to: &str| key.replacen(from, to, 1);
    let (line_2, line_4) = (key.lines().nth(1).unwrap(), key.lines().nth(3).unwrap());
    let (cut, last) = (&line_4[..20], &line_4[20..21]);
    let changed = |to: &str| key.replace(line_4, &format!("{cut}{to}{}", &line_4[21..]));
    assert_ne!(last, "!");

    for (name, text, code, says) in [
        ("empty", String::new(), "key.empty", "empty"),
        ("blanks", " \r\n\t\n".into(), "key.empty", "empty"),
        ("a byte order mark alone", "\u{feff}".into(), "key.empty", "empty"),
        ("zero-width space", changed("\u{200b}"), "key.pem", "character U+200B at line 4"),
        ("no-break space", changed("\u{a0}"), "key.pem", "character U+00A0 at line 4"),
        ("em dash", with("-----BEGIN", "—BEGIN"), "key.pem", "character U+2014 at line 1"),
        ("em dash at END", with("-----END", "—END"), "key.pem", "character U+2014 at line 28"),
        ("two keys", format!("{key}{key}"), "key.several", "2 private keys"),
        (
            "two forms",
            format!("{key}{}", pem("RSA PRIVATE KEY", &KEY.pkcs1())),
            "key.several",
            "2 private keys",
        ),
        ("labels differ", with("BEGIN PRIVATE", "BEGIN RSA PRIVATE"), "key.pem", "at line 28"),
        ("four dashes", with("-----BEGIN", "----BEGIN"), "key.pem", "at line 1"),
        ("four dashes after BEGIN", with("KEY-----", "KEY----"), "key.pem", "at line 1"),
        ("four dashes at END", with("-----END", "----END"), "key.pem", "at line 28"),
        ("lower case", key.to_lowercase(), "key.pem", "at line 1"),
        ("lower case END", with("END PRIVATE KEY", "end private key"), "key.pem", "at line 28"),
        ("no BEGIN line", with("-----BEGIN PRIVATE KEY-----\n", ""), "key.pem", "at line 27"),
        (
            "no END line",
            with("-----END PRIVATE KEY-----\n", ""),
            "key.truncated",
            "END line is missing",
        ),
        ("body cut", with(line_4, cut), "key.truncated", "cut off: it has"),
        ("cut off", key[..900].into(), "key.truncated", "cut off: it has"),
        ("base64 alone, cut off", body[..900].into(), "key.truncated", "675 of 12"),
        ("illegal character", changed("*"), "key.pem", "line 4, column 21"),
        ("url-safe character", changed("_"), "key.pem", "line 4, column 21"),
        ("padding inside", changed("="), "key.pem", "line 4, column 22"),
        ("base64 alone", body.replacen('A', "_", 1), "key.pem", "line 1, column "),
        ("indented", changed("*").replace(line_4, ""), "key.pem", "line 4, column 21"),
    ] {
        let error = refusal(name, text.as_bytes());
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(says), "{name}: {error}");
        assert_silent(name, line_2, &error);
    }
}

#[test]
fn text_changed_by_other_tools_is_not_repaired() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let by_line = |change: &dyn Fn(usize, &str) -> String| -> String {
        key.lines().enumerate().map(|(index, line)| change(index + 1, line) + "\n").collect()
    };
    let encoded = Base64::encode_string(key.as_bytes());
    for (name, text, code) in [
        ("HTML, &#10;", key.replace('\n', "&#10;"), "key.pem"),
        ("HTML, <br>", key.replace('\n', "<br>\n"), "key.pem"),
        ("URL, %0A alone", key.replace('\n', "%0A"), "key.pem"),
        ("escaped slashes", key.replace('/', "\\/"), "key.pem"),
        ("mail, quoted", by_line(&|_, line| format!("> {line}")), "key.pem"),
        ("cat -n", by_line(&|number, line| format!("{number:6}:{line}")), "key.pem"),
        ("diff", by_line(&|_, line| format!("-+{line}")), "key.pem"),
        ("JavaScript", by_line(&|_, line| format!("  \"{line}\\n\" +")), "key.pem"),
        ("base64 of base64", Base64::encode_string(encoded.as_bytes()), "key.not_a_key"),
        ("base64 in YAML", format!("data:\n  tls.key: {encoded}\n"), "key.not_a_key"),
    ] {
        let error = refusal(name, text.as_bytes());
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.hint().is_some(), "{name}");
        assert_silent(name, key.lines().nth(1).unwrap(), &error);
    }
}

#[test]
fn utf_16_is_refused() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let little: Vec<_> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<_> = key.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (name, text) in [
        ("with a mark", [b"\xff\xfe".as_slice(), &little].concat()),
        ("with a mark, big end first", [b"\xfe\xff".as_slice(), &big].concat()),
        ("without a mark", little),
        ("without a mark, big end first", big),
    ] {
        let error = refusal(name, &text);
        assert_eq!((error.code(), &error), ("key.pem", &KeyError::Utf16), "{name}");
    }
}

#[test]
fn input_longer_than_any_key_is_refused() {
    let key = pem("PRIVATE KEY", &KEY.pkcs8());
    let padding = "x".repeat(32 * 1024 - key.len() - 1);
    assert!(SigningKey::from_bytes(format!("{padding}\n{key}").as_bytes()).is_ok());
    let error = refusal("a key longer than 32 KiB", format!("{padding}xx\n{key}").as_bytes());
    assert_eq!((error.code(), &error), ("key.too_large", &KeyError::TooLong { len: 32_770 }));
}

pub(crate) fn refusal(name: &str, input: &[u8]) -> KeyError {
    match SigningKey::from_bytes(input) {
        Ok(key) => panic!("{name}: taken for a key in {}", key.form()),
        Err(error) => error,
    }
}

/// Checks that the error repeats no sixteen characters of the input.
pub(crate) fn assert_silent(name: &str, input: &str, error: &KeyError) {
    let said = format!("{error} {error:?} {}", error.hint().unwrap_or_default());
    for line in input.lines().filter(|line| !line.contains("-----")) {
        for at in 0..line.len().saturating_sub(15) {
            if let Some(part) = line.get(at..at + 16) {
                assert!(!said.contains(part), "{name} repeats its input");
            }
        }
    }
}
