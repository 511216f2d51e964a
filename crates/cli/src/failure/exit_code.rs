//! Exit codes. Scripts rely on them, so only the error code determines them.

/// The exit codes and their meaning.
pub(crate) const EXIT_CODES: [(u8, &str); 11] = [
    (0, "ok"),
    (1, "unexpected"),
    (2, "usage"),
    (3, "settings"),
    (4, "refused by Salesforce"),
    (5, "key or signer"),
    (6, "network or TLS"),
    (7, "rate limited"),
    (8, "Salesforce unavailable"),
    (9, "API call failed"),
    (130, "interrupted"),
];

/// Returns the exit code of an error code.
pub(crate) fn exit_code(code: &str) -> u8 {
    match code.split('.').next() {
        Some("usage") => 2,
        Some("settings" | "url") => 3,
        Some("refused") => 4,
        Some("assertion" | "cert" | "key" | "sign") => 5,
        Some("net" | "tls" | "proxy" | "resp") => 6,
        Some("rate") => 7,
        Some("unavailable") => 8,
        Some("api") => 9,
        // Like `env` and shells.
        Some("exec") if code == "exec.not_found" => 127,
        Some("exec") => 126,
        Some("interrupted") => 130,
        // `io`, `cache` and everything else.
        _ => UNEXPECTED,
    }
}

/// The exit code of errors that neither the user nor Salesforce caused.
pub(crate) const UNEXPECTED: u8 = 1;
