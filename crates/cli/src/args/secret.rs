//! Refuses secrets in arguments, which every user of the machine can read.

use std::ffi::OsString;

use super::UsageError;

/// Refuses arguments that hold a private key, a token or an assertion.
pub(crate) fn refuse(typed: &[OsString]) -> Result<(), UsageError> {
    let found = typed.iter().skip(1).find_map(|argument| found(&argument.to_string_lossy()));
    found.map_or(Ok(()), |what| Err(UsageError::secret_in_argv(what)))
}

fn found(argument: &str) -> Option<&'static str> {
    // A key may follow a flag and `=`, a token may follow `Bearer`.
    let words = || argument.split(|c: char| !(c.is_ascii_alphanumeric() || "+/_-.!".contains(c)));
    if argument.contains("PRIVATE KEY-----") || words().any(is_encoded_key) {
        Some("a private key")
    } else if words().any(is_session_id) {
        Some("an access token")
    } else if words().any(is_jwt) {
        Some("an assertion or token")
    } else {
        None
    }
}

/// DER of an RSA key in base64 begins with `MII`, a PEM in base64 with `LS0tLS1CRUdJTi`. DER of a
/// certificate begins with a sequence in a sequence: `MII`, three characters, `CC`.
fn is_encoded_key(word: &str) -> bool {
    let is_der = word.len() > 600 && word.starts_with("MII") && word.get(6..8) != Some("CC");
    is_der || word.starts_with("LS0tLS1CRUdJTi")
}

/// `00D`, the org, `!`, and the secret.
fn is_session_id(word: &str) -> bool {
    word.split_once('!').is_some_and(|(org, rest)| {
        org.starts_with("00D") && matches!(org.len(), 15 | 18) && !rest.is_empty()
    })
}

/// Three parts. The first one is `{"…` in base64url.
fn is_jwt(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() == 3 && parts[0].starts_with("eyJ") && parts.iter().all(|part| part.len() > 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognised() {
        let der = format!("MIIEvQIBADAN{}", "A".repeat(1600));
        let certificate = format!("MIIDdTCCAl2g{}", "A".repeat(1600));
        for (name, argument, what) in [
            ("PEM", "-----BEGIN PRIVATE KEY-----\nMIIE", Some("a private key")),
            ("PEM after a flag", "--key=-----BEGIN RSA PRIVATE KEY-----", Some("a private key")),
            ("DER in base64", der.as_str(), Some("a private key")),
            ("PEM in base64", "LS0tLS1CRUdJTiBQUk", Some("a private key")),
            ("session id", "00Dxx0000006JFr!AR8AQ.x_y", Some("an access token")),
            (
                "token in a header",
                "Authorization: Bearer 00Dxx0000006JFrEAM!AQ",
                Some("an access token"),
            ),
            (
                "JWT",
                "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl",
                Some("an assertion or token"),
            ),
            ("certificate", "-----BEGIN CERTIFICATE-----", None),
            ("certificate in base64", &certificate, None),
            (
                "client id",
                "3MVG9lKcPoNINVBIPJjdw1J9LLM82HnFVVX19KY1uA5mu0QqEWhqKpoW3svG3XHrXDiCQjK1mdgAvhCscA9GE",
                None,
            ),
            ("path", "/services/data/v66.0/sobjects/Account/001xx000003DGb2AAG", None),
            ("org id alone", "00Dxx0000006JFr", None),
        ] {
            assert_eq!(found(argument), what, "{name}");
        }
    }
}
