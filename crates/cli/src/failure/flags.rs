//! The flags of this program for the hints of the libraries, which name no flags.

use std::borrow::Cow;

/// Adds flags to the hint of an error with this code.
pub(crate) fn with_flags(code: &str, hint: Cow<'static, str>) -> Cow<'static, str> {
    let is_named = |flag: &str| hint.contains(flag.split(' ').next().unwrap_or(flag));
    let helps = |&&(of, word, flag): &&(&str, &str, &str)| {
        of.split(' ').any(|of| of == code) && hint.contains(word) && !is_named(flag)
    };
    let flags = FLAGS.iter().filter(helps).map(|(.., flag)| format!("`{flag}`"));
    let mut flags: Vec<_> = flags.collect();
    flags.dedup();
    let flags = flags.join(", ");
    match hint.strip_suffix('.') {
        _ if flags.is_empty() => hint,
        Some(sentence) => format!("{sentence} ({flags}).").into(),
        None => format!("{hint} ({flags})").into(),
    }
}

/// Error codes, a word of their hints, and the flag that follows the hint.
pub(super) const FLAGS: &[(&str, &str, &str)] = &[
    ("api.unauthorized", "past any cache", "--no-cache"),
    ("io.write usage.resume", "name another file", "--journal FILE"),
    ("key.encrypted key.read", "passphrase", "--key-passphrase-file FILE"),
    ("key.not_a_key", "file", "--jwt-key-file FILE"),
    ("net.connect net.dns net.tls proxy.timeout resp.timeout", "time", "--timeout TIME"),
    ("net.connect net.dns proxy.connect", "`proxy`", "--proxy URL"),
    ("net.service", "address", "--listen ADDRESS"),
    ("net.service", "socket", "--socket PATH"),
    ("proxy.connect proxy.dns proxy.url", "HTTPS_PROXY", "--proxy URL"),
    ("resp.instance_url url.host", "allow", "--allow-host HOST"),
    ("resp.redirect", "login URL", "--login-url URL"),
    ("settings.hub_record", "key of the setting", "--settings-key KEY"),
    ("settings.missing", "ORGTOKEN_AUDIENCE", "--audience URL"),
    ("settings.missing", "ORGTOKEN_CLIENT_ID", "--client-id KEY"),
    ("settings.missing", "ORGTOKEN_INSTANCE_URL", "--instance-url URL"),
    ("settings.missing", "ORGTOKEN_LOGIN_URL", "--login-url URL"),
    ("settings.missing", "ORGTOKEN_PRIVATE_KEY", "--jwt-key-file FILE"),
    ("settings.missing", "ORGTOKEN_USERNAME", "--username USER"),
    ("settings.profile", "ORGTOKEN_PROFILE", "--profile NAME"),
    ("settings.shape", "ORGTOKEN_SETTINGS_KEY", "--settings-key KEY"),
    ("settings.toml", "record", "--settings FILE"),
    ("tls.cert", "`ca_file`", "--ca-file FILE"),
    ("tls.cert", "trust that CA", "--ca-file FILE"),
    ("url.host url.path", "login_url", "--login-url URL"),
    ("usage.bulk", "without the Bulk API", "--bulk"),
    ("usage.records", "name its encoding", "--encoding windows-1252"),
    ("usage.records", "name the delimiter", "--delimiter CHAR"),
    ("usage.resume", "resume that load", "--resume"),
];
