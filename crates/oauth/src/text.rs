//! Sanitizes texts of a server for a terminal and a log.

/// Returns one line in the characters of [RFC 6749, Section 5.2], without anything that looks like
/// a secret, at most 300 characters long.
///
/// [RFC 6749, Section 5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
pub(crate) fn sanitize(text: &str) -> String {
    // The scan is limited first: a response may be long, and only its beginning is shown.
    let head: String = text.chars().take(SCANNED).map(printable).collect();
    shorten(without_secrets(&head))
}

/// Returns a display name in any script: one line without control and invisible characters,
/// without anything that looks like a secret, at most 300 characters long.
pub(crate) fn name(text: &str) -> String {
    let visible = |c: &char| c.is_whitespace() || !(c.is_control() || is_invisible(*c));
    let head: String = text.chars().take(SCANNED).filter(visible).collect();
    without_secrets(&head).chars().take(MAX_LEN).collect()
}

/// Returns an error code: at most 64 letters, digits and `_ . -`.
pub(crate) fn error_code(text: &str) -> String {
    let code: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_.-".contains(*c))
        .take(CODE_LIMIT)
        .collect();
    // Both are checked, because the exclamation mark of a token is outside that alphabet.
    if looks_secret(text) || looks_secret(&code) { REDACTED.to_owned() } else { code }
}

/// Whether a word may be a session id, a JWT, a key, or part of one.
pub(crate) fn looks_secret(word: &str) -> bool {
    session_id(word) || jwt(word) || longest_random_run(word) >= RANDOM_RUN || is_hex(word)
}

/// Normalizes a text for comparison: lower case, plain apostrophes, single blanks, no full stop at
/// the end.
pub(crate) fn normalize(text: &str) -> String {
    single_line(text).to_ascii_lowercase().trim_end_matches('.').to_owned()
}

/// Returns printable ASCII with single blanks.
pub(crate) fn single_line(text: &str) -> String {
    let plain: String = text.chars().map(printable).collect();
    plain.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

fn printable(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{fffd}' | '`' | '"' => '\'',
        '\u{201c}' | '\u{201d}' => '\'',
        '\u{2013}' | '\u{2014}' => '-',
        '\\' => '/',
        ' '..='~' => c,
        c if c.is_control() || c.is_whitespace() => ' ',
        _ => '?',
    }
}

/// Whether a character is not visible, or changes the appearance of others: directions, joiners,
/// tags.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Returns one line in which each word that looks like a secret is redacted, and everything from a
/// PEM header on.
pub fn without_secrets(text: &str) -> String {
    let mut after_secret = false;
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        // The last line of a key is short.
        let is_rest = after_secret && word.split(|c| !is_part(c)).any(|run| run.len() >= REST);
        after_secret = looks_secret(word) || is_rest;
        words.push(if after_secret { REDACTED } else { word });
    }
    let line = words.join(" ");
    match line.find("-----BEGIN") {
        Some(at) => format!("{}{REDACTED}", &line[..at]),
        None => line,
    }
}

fn is_part(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_base64)
}

/// Whether a word contains `00D`, the rest of an org id of 15 or 18 characters, and `!`.
fn session_id(word: &str) -> bool {
    word.match_indices('!').any(|(at, _)| {
        [15, 18].into_iter().any(|length| {
            at.checked_sub(length).is_some_and(|start| {
                word.get(start..at).is_some_and(|id| {
                    id.starts_with("00D") && id.bytes().all(|b| b.is_ascii_alphanumeric())
                })
            })
        })
    })
}

/// Whether a word contains a JWT: `{"` is `eyJ` in base64.
fn jwt(word: &str) -> bool {
    word.match_indices("eyJ").any(|(at, _)| random_run(&word[at..]) >= JWT_RUN)
}

/// Whether a word contains a hexadecimal number longer than a 128-bit hash.
fn is_hex(word: &str) -> bool {
    word.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() > HEX_RUN)
}

/// Returns the length of the longest run with small letters, capitals and digits, like base64 and
/// unlike words. Parts of session ids also contain `!`.
fn longest_random_run(word: &str) -> usize {
    word.as_bytes()
        .split(|byte| !is_base64(*byte) && *byte != b'!')
        .filter(|run| {
            run.iter().any(u8::is_ascii_lowercase)
                && run.iter().any(u8::is_ascii_uppercase)
                && run.iter().any(u8::is_ascii_digit)
        })
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

fn random_run(text: &str) -> usize {
    text.bytes().take_while(|byte| is_base64(*byte) || *byte == b'=').count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/_-%".contains(&byte)
}

fn shorten(line: String) -> String {
    if line.len() <= MAX_LEN {
        return line;
    }
    // Everything is ASCII here, so any position is a character boundary.
    format!("{}...", &line[..MAX_LEN - 3])
}

const CODE_LIMIT: usize = 64;
/// In characters, on a terminal.
const MAX_LEN: usize = 300;
const SCANNED: usize = 4 * MAX_LEN;
const JWT_RUN: usize = 10;
const HEX_RUN: usize = 32;
const RANDOM_RUN: usize = 24;
const REST: usize = 12;
const REDACTED: &str = "[redacted]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_text_becomes_one_sanitized_line() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl";
        let session = "00Dxx0000006JFr!AR8AQO.4ZXx_Tm";
        for (name, text, shown) in [
            ("plain", "user hasn't approved this consumer", "user hasn't approved this consumer"),
            ("typographic apostrophe", "user hasn\u{2019}t", "user hasn't"),
            ("colour", "\u{1b}[31mred\u{1b}[0m", "[31mred [0m"),
            ("OSC", "\u{1b}]0;title\u{7}text", "]0;title text"),
            ("lines", "a\r\nb\tc", "a b c"),
            ("quotes", r#"say "x" \ y"#, "say 'x' / y"),
            ("session id", &format!("token {session} is bad"), "token [redacted] is bad"),
            ("session id in quotes", &format!("'{session}'"), "[redacted]"),
            ("end of a session id", "0000006JFr!AR8AQZ4ZXxTmaB", "[redacted]"),
            ("JWT", &format!("assertion={jwt}."), "[redacted]"),
            ("PEM", "got -----BEGIN PRIVATE KEY-----\nMIIE", "got [redacted]"),
            (
                "lines of base64, the last one short",
                "key 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabcdefghijklmnop==' is bad",
                "key [redacted] [redacted] is bad",
            ),
            (
                "hexadecimal digits",
                "key 2d2d2d2d2d424547494e2050524956415445204b4559",
                "key [redacted]",
            ),
            ("base64", "key MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "key [redacted]"),
            (
                "host",
                "https://acme--sbx.sandbox.my.salesforce.com/x",
                "https://acme--sbx.sandbox.my.salesforce.com/x",
            ),
        ] {
            assert_eq!(sanitize(text), shown, "{name}");
        }
    }

    #[test]
    fn long_text_is_cut_to_three_hundred_characters() {
        let shown = sanitize(&"long text ".repeat(1024));
        assert_eq!(shown.len(), 300);
        assert!(shown.ends_with("..."));
    }

    #[test]
    fn names_keep_their_letters() {
        for (text, shown) in [
            ("Åsa Øst", "Åsa Øst"),
            ("東京  太郎", "東京 太郎"),
            ("a\u{1b}[31m\u{202e}b\nc", "a[31mb c"),
            ("00Dxx0000006JFr!AR8AQO.4ZXx_Tm", "[redacted]"),
        ] {
            assert_eq!(name(text), shown);
        }
        assert_eq!(name(&"å".repeat(5000)).chars().count(), 300);
    }

    #[test]
    fn error_codes_have_a_fixed_alphabet() {
        assert_eq!(error_code("invalid_grant"), "invalid_grant");
        assert_eq!(error_code("in\u{1b}[1mvalid\n"), "in1mvalid");
        assert_eq!(error_code("eyJhbGciOiJSUzI1NiJ9"), "[redacted]");
        assert_eq!(error_code("00Dxx0000006JFr!AR8AQO.4ZXx_Tm"), "[redacted]");
    }
}
