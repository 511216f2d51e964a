//! Text for messages, terminals and shells.

use std::path::Path;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::redact;

/// Returns `1 row`, `2 rows`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Returns `42 s`, `9 min` or `2 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Adds a capital letter and a full stop.
pub(crate) fn sentence(meaning: &str) -> String {
    let mut letters = meaning.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Replaces control characters and invisible characters, which the name of a file can hold.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c }).collect()
}

/// Returns the path, redacted if it may be a key or passphrase.
pub(crate) fn shown(path: &Path) -> String {
    redact::path(&path.to_string_lossy()).to_owned()
}

/// Returns the path of a file that this program has created or opened, so that it is a name. A key or
/// token in it is redacted.
pub(crate) fn opened(path: &Path) -> String {
    let text = path.to_string_lossy();
    match redact::secret_as_path(&text) {
        Some(_) => redact::WITHHELD.to_owned(),
        None => printable(&text),
    }
}

/// Returns a typed argument, redacted if it may be a secret: `--flag`, `--flag=VALUE` or a value.
pub(crate) fn argument(word: &str) -> String {
    let is_flag = |text: &str| {
        text.starts_with("--") && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
    };
    match word.split_once('=') {
        _ if is_flag(word) => word.to_owned(),
        Some((flag, value)) if is_flag(flag) => format!("{flag}={}", shown_value(value)),
        _ => shown_value(word).to_owned(),
    }
}

fn shown_value(value: &str) -> &str {
    let host = value.strip_prefix("https://").unwrap_or(value);
    let is_shown = value.len() <= 3
        || redact::host(host) == host
        || [redact::path, redact::name, redact::username, redact::client_id, redact::variable]
            .iter()
            .any(|shown| shown(value) == value);
    if is_shown { value } else { redact::WITHHELD }
}

/// Escapes control characters and invisible characters as JSON does: `\u001b`. Line breaks and tabs
/// stay.
pub(crate) struct Escaper {
    /// The first bytes of a character that the next piece completes.
    begun: Vec<u8>,
}

impl Escaper {
    pub(crate) const fn new() -> Self {
        Self { begun: Vec::new() }
    }

    pub(crate) fn escaped(&mut self, piece: &[u8]) -> Vec<u8> {
        let bytes = [std::mem::take(&mut self.begun).as_slice(), piece].concat();
        let mut escaped = Vec::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            let mut letters = chunk.valid().chars().peekable();
            while let Some(c) = letters.next() {
                let ends_line = c == '\r' && letters.peek() == Some(&'\n');
                if matches!(c, '\n' | '\t') || ends_line || !(c.is_control() || is_invisible(c)) {
                    escaped.extend(c.encode_utf8(&mut [0; 4]).bytes());
                } else {
                    escaped.extend(format!("\\u{:04x}", u32::from(c)).bytes());
                }
            }
            let invalid = chunk.invalid();
            if chunks.peek().is_none() && may_continue(invalid) {
                self.begun = invalid.to_vec();
            } else if !invalid.is_empty() {
                escaped.extend("\u{fffd}".bytes());
            }
        }
        escaped
    }
}

/// Whether these bytes are an incomplete character.
fn may_continue(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// Returns the known word that is most similar to a typed one, if it is similar enough.
pub(crate) fn nearest<'a>(
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let distance = |known: &'a str| (strsim::damerau_levenshtein(typed, known), known);
    let near = known.into_iter().map(distance).min()?;
    (near.0 <= 1 + near.1.len() / 6).then_some(near.1)
}

/// Quotes text as one word of a POSIX shell.
pub(crate) fn sh_quoted(text: &str) -> String {
    let quoter = shlex::Quoter::new().allow_nul(true);
    quoter.quote(text).expect("only a NUL is refused").into_owned()
}

/// Returns the path of a file that was opened or created, as one word of a POSIX shell.
pub(crate) fn quoted(path: &Path) -> String {
    sh_quoted(&opened(path))
}

/// Whether a text has the shape of an id: 15 or 18 letters and digits.
pub(crate) fn is_id(text: &str) -> bool {
    [15, 18].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the time as `2026-11-23T20:30:00Z`, or `None` after the year 9999.
pub(crate) fn rfc3339(time: UnixTime) -> Option<String> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

/// Whether it changes the direction of text, joins characters or has no width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_an_opened_file_is_shown_unless_it_is_a_key_or_token() {
        for (name, is_shown) in [
            ("Kr0.done", true),
            ("Contacts of 2026-11-29 (second try).finished", true),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl", false),
            ("00Dxx0000006JFr!AR8AQO.4ZXx_Tm", false),
        ] {
            let shown = if is_shown { name } else { redact::WITHHELD };
            assert_eq!(opened(Path::new(name)), shown);
        }
    }

    #[test]
    fn argument_that_may_be_a_secret_is_withheld() {
        for shown in [
            "record",
            "Account",
            "--key-passphrase-file",
            "--failed=rows/failed.csv",
            "--instance-url=https://acme.my.salesforce.com",
            "user@acme.com",
            "3MVG9lKcPoNINVBIPJjdw1J9LLM82",
            ";",
        ] {
            assert_eq!(argument(shown), shown);
        }
        assert_eq!(argument("--failed=My-Secret-Passphrase"), "--failed=[withheld]");
        for withheld in ["My-Secret-Passphrase", "--My-Secret-Passphrase", "a b=c d", "hunter2!"] {
            assert_eq!(argument(withheld), redact::WITHHELD, "{withheld}");
        }
    }

    #[test]
    fn duration_has_at_most_two_units() {
        for (seconds, shown) in
            [(0, "0 s"), (59, "59 s"), (599, "9 min"), (7200, "2 h"), (7530, "2 h 5 min")]
        {
            assert_eq!(duration(seconds), shown);
        }
    }

    #[test]
    fn printable_text_has_no_control_or_invisible_characters() {
        for (name, text, shown) in [
            ("plain", "key.pem", "key.pem"),
            ("escape", "a\u{1b}[31mb", "a\u{fffd}[31mb"),
            ("line break", "a\nb", "a\u{fffd}b"),
            ("right to left", "a\u{202e}b", "a\u{fffd}b"),
            ("other letters", "nøgle", "nøgle"),
        ] {
            assert_eq!(printable(text), shown, "{name}");
        }
    }

    #[test]
    fn escaper_handles_characters_cut_in_two() {
        let text = "a\u{1b}]0;b\u{7}\u{9b}2J\u{202e}\u{7f}\r\u{20ac}\tn\u{f8}gle\r\n".as_bytes();
        let shown = "a\\u001b]0;b\\u0007\\u009b2J\\u202e\\u007f\\u000d\u{20ac}\tn\u{f8}gle\r\n";
        for at in 0..text.len() - 1 {
            let mut escaper = Escaper::new();
            let halves = [escaper.escaped(&text[..at]), escaper.escaped(&text[at..])].concat();
            assert_eq!(str::from_utf8(&halves).unwrap(), shown, "cut at {at}");
        }
        assert_eq!(Escaper::new().escaped(b"\xffa\x9bb"), "\u{fffd}a\u{fffd}b".as_bytes());
    }

    #[test]
    fn quoted_text_is_one_word_of_a_shell() {
        for (text, word) in [
            ("", "''"),
            ("key.pem", "key.pem"),
            ("my key.pem", "'my key.pem'"),
            ("it's", r#""it's""#),
            ("$(x)`y`", "'$(x)`y`'"),
        ] {
            assert_eq!(sh_quoted(text), word, "{text}");
        }
    }
}
