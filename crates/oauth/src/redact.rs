//! Redaction of external values in error messages and logs.
//!
//! Keys, tokens and passphrases end up where a name is expected. A value is therefore shown only if
//! it has the form of the expected name. Every other value becomes [`WITHHELD`].
//!
//! ```
//! use orgtoken_oauth::redact;
//!
//! assert_eq!(redact::path("conf/app.key"), "conf/app.key");
//! assert_eq!(redact::path("My-Secret-Passphrase"), redact::WITHHELD);
//! ```

use crate::text::looks_secret;
pub use crate::text::{is_invisible, without_secrets as text};

/// The replacement for a value that is not shown.
pub const WITHHELD: &str = "[withheld]";

/// Returns the path of a file: at most 255 bytes, no part that looks random, and a last part that
/// is a short word or has a known extension.
pub fn path(text: &str) -> &str {
    let plain = |c: char| c.is_alphanumeric() || " ._-+~@,:()[]#/".contains(c);
    let is_path = text.len() <= MAX_PATH
        && text.chars().all(plain)
        && is_unlike_a_secret(text)
        && !is_base64_with_slashes(text)
        && !text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
        && text.rsplit('/').find(|part| !part.is_empty()).is_none_or(is_file_name);
    if is_path { text } else { WITHHELD }
}

/// Returns the name of an environment variable in upper case, which a passphrase rarely is.
pub fn variable(text: &str) -> &str {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_variable = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && text.len() <= MAX_NAME
        && text.chars().all(fits)
        && is_unlike_a_secret(text);
    if is_variable { text } else { WITHHELD }
}

/// Returns a name that the user chose, such as that of a profile or a group: a short word, or
/// several in `snake_case`.
pub fn name(text: &str) -> &str {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_name = is_snake_case(text)
        || text.len() <= MAX_WORD && text.chars().all(fits) && is_unlike_a_secret(text);
    if is_name && !text.is_empty() { text } else { WITHHELD }
}

/// Returns a name from a place that holds names, such as the section of a file: several words, none
/// of which looks random.
pub fn label(text: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-.".contains(c);
    let is_label = text.len() <= MAX_NAME && text.chars().all(plain) && is_unlike_a_secret(text);
    if is_label { text } else { WITHHELD }
}

/// Returns a host name or address, with or without a port.
pub fn host(text: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    let is_host = text.len() <= MAX_HOST
        && text.chars().all(plain)
        && (text.contains(['.', ':']) || text == "localhost")
        && text.split('.').all(|label| label.len() <= MAX_NAME)
        && is_unlike_a_secret(text);
    if is_host { text } else { WITHHELD }
}

/// Returns a Salesforce username, which has the form of an e-mail address.
pub fn username(text: &str) -> &str {
    let is_username = text.len() <= MAX_PATH
        && text.split_once('@').is_some_and(|(_, domain)| host(domain) == domain)
        && !text.contains(|c: char| c.is_control() || c.is_whitespace() || "!{}<>`\"".contains(c))
        && is_unlike_a_secret(text);
    if is_username { text } else { WITHHELD }
}

/// Returns the URL of a Redis server without user name and password.
pub fn redis_url(text: &str) -> &str {
    let rest = text.strip_prefix("redis://").or_else(|| text.strip_prefix("rediss://"));
    let is_address = rest.is_some_and(|rest| {
        let (server, database) = rest.split_once('/').unwrap_or((rest, ""));
        host(server) == server && database.len() < 4 && database.bytes().all(|b| b.is_ascii_digit())
    });
    if is_address { text } else { WITHHELD }
}

/// Whether a text has a URL with a password: `redis://:password@host`. A slash in a password need
/// not be encoded. Digits and a slash are the port of a host: `https://host:8443/path/@`.
pub fn may_have_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let url = rest.split(char::is_whitespace).next().unwrap_or_default();
        let user = url.split_once('@').and_then(|(user, _)| user.split_once(':'));
        user.is_some_and(|(_, password)| {
            let port = password.split_once('/').map(|(port, _)| port);
            !port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        })
    })
}

/// Returns the path of a call without its query, and without parts that are neither names nor ids.
pub fn request(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    let is_plain =
        |part: &str| part.chars().all(fits) && (part.len() <= MAX_ID || is_unlike_a_secret(part));
    let parts = path.split('/').map(|part| if is_plain(part) { part } else { WITHHELD });
    parts.collect::<Vec<_>>().join("/")
}

/// Returns the consumer key of an app. Those of Salesforce begin with the same letters. Any other
/// value may be the consumer secret or another secret.
pub fn client_id(text: &str) -> &str {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    let is_client_id =
        text.starts_with("3MVG9") && text.len() <= MAX_PATH && text.chars().all(fits);
    if is_client_id { text } else { WITHHELD }
}

/// Describes a value that is in the place of a name, for an error message.
pub fn describe(text: &str) -> &'static str {
    let is_encoded_key =
        |word: &str| text.len() > MAX_NAME && KEYS.iter().any(|key| word.starts_with(key));
    let words = || text.split(|c: char| !(c.is_ascii_alphanumeric() || "+=_-.!".contains(c)));
    if text.contains("CERTIFICATE-----") {
        "a certificate"
    } else if text.contains("-----BEGIN") || words().any(is_encoded_key) {
        "a key"
    } else if words().any(looks_secret) {
        "a key or token"
    } else if text.trim_start().starts_with(['{', '[', '"']) {
        "JSON"
    } else {
        TEXT
    }
}

/// Describes a key, a token or JSON in the place of a file's path.
pub fn secret_as_path(text: &str) -> Option<&'static str> {
    secret_as(text, path)
}

/// Describes a key, a token or JSON in the place of a variable's name.
pub fn secret_as_variable(text: &str) -> Option<&'static str> {
    secret_as(text, variable)
}

/// A value that is already withheld has no description.
fn secret_as(text: &str, shown: fn(&str) -> &str) -> Option<&'static str> {
    let is_withheld = text != WITHHELD && shown(text) == WITHHELD;
    Some(describe(text)).filter(|found| *found != TEXT && is_withheld)
}

/// Whether every word is too short or too plain to be part of a key or token.
fn is_unlike_a_secret(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let is_random = |word: &str| {
        word.len() > MAX_LETTERS
            || word.starts_with("eyJ")
            || word.len() > MAX_WORD && word.contains(|c: char| c.is_ascii_digit())
    };
    !words.into_iter().any(is_random) && !text.contains("-----")
}

/// Whether many characters of a path are in parts that mix small letters, capitals and digits.
/// Base64 has a slash in every 64 characters, so it can look like a path. Names of temporary files
/// and folders have such parts, too, but few.
fn is_base64_with_slashes(path: &str) -> bool {
    let is_mixed = |part: &&str| {
        let has = |fits: fn(&u8) -> bool| part.as_bytes().iter().any(fits);
        let is_whole = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_whole
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit)
    };
    let mixed: usize = path.split(['/', '+', '.']).filter(is_mixed).map(str::len).sum();
    mixed > MAX_MIXED && path.contains(['/', '+'])
}

fn is_file_name(name: &str) -> bool {
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
    });
    let is_word = |c: char| c.is_ascii_alphabetic() || "_-.~".contains(c);
    has_extension
        || is_snake_case(name)
        || variable(name) == name
        || name.len() <= MAX_WORD && name.chars().all(is_word)
}

/// In the style of programs and platforms: `salesforce_private_key`.
fn is_snake_case(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.split('_').all(|word| word.len() <= MAX_WORD && !word.is_empty())
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

const TEXT: &str = "a text";

/// Shorter than any useful part of a secret.
const MAX_WORD: usize = 15;

/// Longer than any word without a digit.
const MAX_LETTERS: usize = 32;
const MAX_NAME: usize = 63;

/// More than two temporary folders have.
const MAX_MIXED: usize = 24;

/// As long as the id of a record.
const MAX_ID: usize = 18;

/// The longest name in file systems of Linux.
const MAX_PATH: usize = 255;
const MAX_HOST: usize = 253;

/// The beginnings of base64 of DER, of PEM, and of base64 of these; then those in hexadecimal
/// digits.
const KEYS: [&str; 6] = ["MII", "LS0tLS1", "TUlJ", "TFMwdExTM", "3082", "2d2d2d2d2d"];

const EXTENSIONS: [&str; 48] = [
    "bak", "bearer", "bin", "bpmn", "cer", "cert", "cfg", "conf", "crt", "csv", "dat", "der",
    "done", "env", "err", "failed", "gz", "ini", "jks", "journal", "json", "jsonl", "jwk", "jwt",
    "key", "log", "md", "ndjson", "out", "p12", "p7b", "p8", "part", "pem", "pfx", "pub", "rows",
    "sh", "sock", "soql", "tmp", "toml", "tsv", "txt", "xml", "yaml", "yml", "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

    #[test]
    fn plausible_paths_are_shown() {
        for shown in [
            "-",
            "server.key",
            "id_rsa",
            "conf/app.key",
            "../keys/acme prod (1).pem",
            "~/.config/orgtoken/config.toml",
            "/run/secrets/salesforce_private_key",
            "/srv/runner/jobs/my-long-repository-name/acme.json",
            "/var/lib/0b9c7f1e-7d1c-4b1e-9a43-6f2f7f5d1c11/key.pem",
            "hub:https://hub.acme.com",
            "nøgle.pem",
            "~/Projects/Acme2026/server.key",
            "/var/tmp/.tmpUjPKe4/.tmp0aZ9bQ/orgtoken-x7Yz2A.rows",
            "/",
            "Kr0.done",
            "out/s2.bearer",
            "2026-11-29.dat",
        ] {
            assert_eq!(path(shown), shown);
        }
    }

    #[test]
    fn values_that_are_not_paths_are_withheld() {
        let hex = "2d2d2d2d2d424547494e2050524956415445204b4559";
        for value in [
            BASE64,
            &BASE64[30..],
            hex,
            &format!("/etc/orgtoken/{BASE64}"),
            &format!("{BASE64}.pem"),
            "q9SbsxYawBgfp/gh6A5603k2+ZQwVK0JKSHu.key",
            "q9SbsxYawB/gh6A5603k2/ZQwVK0JKS.key",
            "-----BEGIN PRIVATE KEY-----",
            "a\nb.pem",
            r#"{"PrivateKey":1}"#,
            "My-Secret-Passphrase",
            "/etc/orgtoken/My-Secret-Passphrase",
            "correct horse battery staple",
            "hunter2",
            "hunter2.",
            "S3cr3t.Pa55",
            "Sommer.2024",
            "Pa55w0rd.abc",
            "Tr0ub4dor&3.dat",
            "correct-horse-battery-staple.words",
            "3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1.done",
            "q9SbsxYawBgfp.ZQwVK0JKSHu",
            "eyJhbGciOiJSUz.eyJpc3MiOiJ4In0.done",
            "eyJhbGciOiJS.done",
            "00Dxx0000006JFr!AR8A.done",
            "00Dxx0000006JFr!AR8AQO.4ZXx_Tm",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl",
            "My-Secret%21.pem",
            "https://user:hunter2@acme.com/tls/ca.pem",
            "hub:https://user:hunter2@hub.acme.com/sf.json",
            &"a/".repeat(200),
        ] {
            assert_eq!(path(value), WITHHELD, "{value}");
        }
    }

    #[test]
    fn variable_is_shown_in_upper_case() {
        assert_eq!(variable("SF_KEY_PASSPHRASE"), "SF_KEY_PASSPHRASE");
        for value in
            ["correcthorsebatterystaple", "My-Secret", BASE64, "6F70656E20736573616D65", ""]
        {
            assert_eq!(variable(value), WITHHELD, "{value}");
        }
    }

    #[test]
    fn name_is_a_short_word_or_snake_case() {
        for shown in ["acme", "prod2", "acme--uat", "salesforce_api_settings"] {
            assert_eq!(name(shown), shown);
        }
        for value in ["My-Secret-Passphrase", "a b", "", BASE64, "eyJhbGciOiJSUzI1NiJ9"] {
            assert_eq!(name(value), WITHHELD, "{value}");
        }
        assert_eq!(label("Salesforce of the sales team"), "Salesforce of the sales team");
        assert_eq!(label(BASE64), WITHHELD);
    }

    #[test]
    fn host_has_dots_and_no_random_labels() {
        for shown in ["acme.my.salesforce.com", "127.0.0.1:8443", "[::1]:80", "localhost"] {
            assert_eq!(host(shown), shown);
        }
        for value in ["My-Secret-Passphrase", BASE64, "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5.com", "a b.com"]
        {
            assert_eq!(host(value), WITHHELD, "{value}");
        }
    }

    #[test]
    fn consumer_keys_have_the_prefix_of_salesforce() {
        assert_eq!(client_id("3MVG9lKcPoNINVBIPJjdw1J9LLM82"), "3MVG9lKcPoNINVBIPJjdw1J9LLM82");
        for value in ["My-Secret-Passphrase", BASE64, "00Dxx0000006JFr!AR8AQO.4ZXx_Tm"] {
            assert_eq!(client_id(value), WITHHELD, "{value}");
        }
    }

    #[test]
    fn usernames_and_redis_urls_are_shown_by_their_form() {
        for shown in ["user@acme.com", "a+b.c@acme.com.uat"] {
            assert_eq!(username(shown), shown);
        }
        for value in ["My-Secret-Passphrase", "a@b", "p@ss word.com", &format!("{BASE64}@acme.com")]
        {
            assert_eq!(username(value), WITHHELD, "{value}");
        }
        for shown in ["redis://127.0.0.1:6379", "rediss://cache.acme.com/2"] {
            assert_eq!(redis_url(shown), shown);
        }
        for value in ["redis://:pa55@acme.com", "redis://acme.com/My-Secret", "file"] {
            assert_eq!(redis_url(value), WITHHELD, "{value}");
        }
    }

    #[test]
    fn password_of_a_url_is_between_a_colon_and_an_at_sign() {
        for (text, expected) in [
            ("redis://:pa55@acme.com", true),
            ("rediss://u:pa/55@acme.com/1", true),
            ("https://u:1234@acme.com", true),
            ("curl https://a.com https://u:pa55@acme.com", true),
            ("https://u@acme.com", false),
            ("curl https://acme.com/sign --data-binary @-", false),
            ("curl https://acme.com:8443/sign --data-binary @-", false),
            ("https://acme.com:8443/keys/me@acme.com", false),
            ("https://acme.com/sign?user=me@acme.com", false),
            ("u:pa55@acme.com", false),
        ] {
            assert_eq!(may_have_password(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_of_calls_show_names_and_ids_only() {
        for (path, shown) in [
            ("sobjects/Account/001xx000003DGb2AAG", "sobjects/Account/001xx000003DGb2AAG"),
            ("/services/data/v66.0/query?q=SELECT", "/services/data/v66.0/query"),
            ("sobjects/A__c/Key__c/My-Secret", "sobjects/A__c/Key__c/[withheld]"),
            (BASE64, WITHHELD),
        ] {
            assert_eq!(request(path), shown, "{path}");
        }
    }

    #[test]
    fn withheld_value_is_described() {
        for (value, described) in [
            ("-----BEGIN CERTIFICATE-----", "a certificate"),
            ("-----BEGIN PRIVATE KEY-----", "a key"),
            (BASE64, "a key"),
            (r#"[{"key": "a"}]"#, "JSON"),
            ("00Dxx0000006JFr!AR8AQO.4ZXx_Tm", "a key or token"),
            ("My-Secret-Passphrase", "a text"),
        ] {
            assert_eq!(describe(value), described, "{value}");
        }
    }

    #[test]
    fn withheld_values_are_not_described_as_json() {
        assert_eq!(secret_as_path(r#"{"PrivateKey":1}"#), Some("JSON"));
        assert_eq!(secret_as_path(WITHHELD), None);
        assert_eq!(secret_as_variable(WITHHELD), None);
    }
}
