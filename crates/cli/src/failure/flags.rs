//! The flags of this program that do what a hint says. Hints of the libraries name no flags.

use std::borrow::Cow;

/// Adds the flags that help with an error of this code to its hint.
pub(crate) fn with_flags(code: &str, hint: Cow<'static, str>) -> Cow<'static, str> {
    let is_named = |flag: &str| hint.contains(flag.split(' ').next().unwrap_or(flag));
    let helps = |&&(of, word, flag): &&(&str, &str, &str)| {
        of == code && hint.contains(word) && !is_named(flag)
    };
    let flags = FLAGS.iter().filter(helps).map(|(.., flag)| format!("`{flag}`"));
    let flags: Vec<_> = flags.collect();
    if flags.is_empty() { hint } else { format!("{hint} ({})", flags.join(", ")).into() }
}

/// An error code, a word of the hint, and the flag that does what the hint says.
pub(super) const FLAGS: [(&str, &str, &str); 31] = [
    ("io.write", "name another file", "--journal FILE"),
    ("key.encrypted", "passphrase", "--key-passphrase-file FILE"),
    ("key.not_a_key", "file", "--jwt-key-file FILE"),
    ("net.connect", "time", "--timeout TIME"),
    ("net.dns", "time", "--timeout TIME"),
    ("net.tls", "time", "--timeout TIME"),
    ("proxy.connect", "HTTPS_PROXY", "--proxy URL"),
    ("proxy.dns", "HTTPS_PROXY", "--proxy URL"),
    ("proxy.timeout", "time", "--timeout TIME"),
    ("proxy.url", "HTTPS_PROXY", "--proxy URL"),
    ("resp.instance_url", "allow", "--allow-host HOST"),
    ("resp.redirect", "login URL", "--login-url URL"),
    ("resp.timeout", "time", "--timeout TIME"),
    ("settings.hub_record", "key of the setting", "--settings-key KEY"),
    ("settings.missing", "ORGTOKEN_AUDIENCE", "--audience URL"),
    ("settings.missing", "ORGTOKEN_CLIENT_ID", "--client-id KEY"),
    ("settings.missing", "ORGTOKEN_INSTANCE_URL", "--instance-url URL"),
    ("settings.missing", "ORGTOKEN_LOGIN_URL", "--login-url URL"),
    ("settings.missing", "ORGTOKEN_PRIVATE_KEY", "--jwt-key-file FILE"),
    ("settings.missing", "ORGTOKEN_USERNAME", "--username USER"),
    ("settings.profile", "default_profile", "--profile NAME"),
    ("settings.read", "passphrase", "--key-passphrase-file FILE"),
    ("settings.shape", "ORGTOKEN_SETTINGS_KEY", "--settings-key KEY"),
    ("settings.toml", "record", "--settings FILE"),
    ("tls.cert", "trust that CA", "--ca-file FILE"),
    ("url.host", "allow", "--allow-host HOST"),
    ("url.host", "login_url", "--login-url URL"),
    ("url.path", "login_url", "--login-url URL"),
    ("usage.records", "name its encoding", "--encoding windows-1252"),
    ("usage.records", "name the delimiter", "--delimiter CHAR"),
    ("usage.resume", "name another file", "--journal FILE"),
];
