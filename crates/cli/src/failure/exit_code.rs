//! Exit codes: a promise to scripts, decided by the code of the error alone.

/// The exit code for an error of this code.
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
        // As `env` and shells have it.
        Some("exec") if code == "exec.not_found" => 127,
        Some("exec") => 126,
        Some("interrupted") => 130,
        // `io`, `cache`, and what nobody thought of.
        _ => UNEXPECTED,
    }
}

/// What went wrong is neither the caller's doing nor Salesforce's.
pub(crate) const UNEXPECTED: u8 = 1;
