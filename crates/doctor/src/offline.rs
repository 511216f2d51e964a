//! Checks without the network.

use orgtoken_assertion::UnixTime;
use orgtoken_keygen::Certificate;
use orgtoken_settings::{KeySource, Notice, Setting, Settings, Source};

use crate::{Check, Finding, Target};

pub(crate) fn check(settings: &Settings, target: &Target, now: UnixTime) -> Vec<Finding> {
    let resolution = &target.resolution;
    let because = |value: &str, why: &str| format!("{value} ({why})");
    vec![
        sources(settings),
        username(settings),
        key(settings, target),
        certificate(target, now),
        Finding::ok(
            Check::Endpoint,
            because(resolution.endpoint().as_str(), resolution.endpoint_reason()),
        ),
        Finding::ok(
            Check::Audience,
            because(resolution.audience().as_str(), resolution.audience_reason()),
        ),
    ]
}

/// Lists the sources of the settings, each once.
fn sources(settings: &Settings) -> Finding {
    let mut sources: Vec<String> = Vec::new();
    for value in settings.values() {
        let source = match &value.source {
            Source::Default => continue,
            Source::Profile { profile, file, .. } => format!("profile {profile} of {file}"),
            Source::Record { file, .. } => format!("record {file}"),
            Source::Flag(_) => "flags".to_owned(),
            other => other.to_string(),
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let detail = sources.join(", ");
    match odd(settings, |setting| setting != Some(Setting::Username)) {
        Some(notice) => Finding::warning(
            Check::Settings,
            format!("{detail}; {notice}"),
            "correct it, or remove it",
        ),
        None => Finding::ok(Check::Settings, detail),
    }
}

fn username(settings: &Settings) -> Finding {
    match odd(settings, |setting| setting == Some(Setting::Username)) {
        Some(notice) => Finding::warning(
            Check::Username,
            notice.to_string(),
            "copy the username from Setup > Users of this org",
        ),
        None => Finding::ok(Check::Username, settings.username().as_str()),
    }
}

/// Returns the first notice about a probable mistake in such a setting.
fn odd(settings: &Settings, is_such: impl Fn(Option<Setting>) -> bool) -> Option<&Notice> {
    let mut notices = settings.notices().iter();
    notices.find(|notice| notice.is_suspicious() && is_such(notice.setting()))
}

fn key(settings: &Settings, target: &Target) -> Finding {
    let detail = match settings.key() {
        KeySource::Local(key) => {
            let file = target.evidence.key_file.as_deref();
            let file = file.map(|file| format!(", {file}")).unwrap_or_default();
            format!("RSA {} bits, {}{file}", key.bits(), key.form())
        }
        // The name is not repeated, since it may be a passphrase.
        KeySource::Agent(_) => "expected in the SSH agent, which is asked at the login".to_owned(),
        KeySource::Command { public_key, .. } => {
            format!("RSA {} bits, in a signer command", public_key.bits())
        }
        _ => "a remote key".to_owned(),
    };
    Finding::ok(Check::Key, detail)
}

fn certificate(target: &Target, now: UnixTime) -> Finding {
    let Some(certificate) = &target.evidence.certificate else {
        return Finding::skipped(Check::Certificate, "no certificate given");
    };
    if target.pair == Some(false) {
        return Finding::failed(
            Check::Certificate,
            "key.mismatch",
            "the certificate does not belong to the key",
            Some(
                "upload the certificate of this key to the app, or use the key of that certificate",
            ),
        );
    }
    let len = certificate.to_pem().len();
    if len > Certificate::MAX_LEN {
        return Finding::warning(
            Check::Certificate,
            format!("{len} bytes, and Salesforce accepts at most {}", Certificate::MAX_LEN),
            "create a smaller certificate, or upload this one as DER",
        );
    }
    let whose = match target.pair {
        Some(_) => "belongs to the key",
        None => "not compared with the key, which is remote",
    };
    valid(certificate, whose, now)
}

fn valid(certificate: &Certificate, whose: &str, now: UnixTime) -> Finding {
    match certificate.days_left(now) {
        days if days < 0 => Finding::warning(
            Check::Certificate,
            format!("{whose}; expired {} days ago, which Salesforce usually tolerates", -days),
            "create a new key and certificate, and upload the certificate to the app",
        ),
        days if days < SOON => Finding::warning(
            Check::Certificate,
            format!("{whose}; valid for {days} more days"),
            "create a new key, upload its certificate, and switch to the new key at once: the upload \
             replaces the old certificate",
        ),
        days if certificate.not_before() > now => Finding::warning(
            Check::Certificate,
            format!("{whose}; not valid yet, then for {days} days"),
            "check this machine's clock",
        ),
        days => Finding::ok(Check::Certificate, format!("{whose}; valid for {days} more days")),
    }
}

/// The number of days before its expiry when a certificate gives a warning.
const SOON: i64 = 30;
