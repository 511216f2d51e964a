use std::borrow::Cow;
use std::net::Ipv6Addr;

use thiserror::Error;

use crate::redact;
use crate::url::{AllowedHosts, UrlError};

/// The problem of a host.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum HostProblem {
    /// An IP address in any spelling, instead of a name.
    #[error("is an address, not the name of a Salesforce host")]
    Address,
    /// This machine.
    #[error("is this machine, which is not allowed by default")]
    Loopback,
    /// An empty or overlong label, or an invalid character.
    #[error("is not a host name")]
    Name,
    /// Non-ASCII letters, which can look like others.
    #[error("has letters beyond ASCII")]
    NotAscii,
    /// A Salesforce host that serves pages or files.
    #[error("serves pages, not logins")]
    NotLogin,
    /// A host that is not on the list.
    #[error("is not a login host of Salesforce")]
    NotSalesforce,
    /// A Salesforce host that the operator has to allow by name.
    #[error("has to be allowed by name")]
    Unlisted,
}

impl HostProblem {
    pub(super) fn hint(self, host: &str) -> Cow<'static, str> {
        let my_domain = my_domain_of(host).map_or_else(
            || "the URL of Setup > My Domain".to_owned(),
            |my_domain| format!("`https://{my_domain}`"),
        );
        match self {
            Self::Address => {
                "name the host, as in `https://acme.my.salesforce.com`; of addresses only \
                 `127.0.0.1` and `[::1]` can be allowed, in `allow_hosts`"
                    .into()
            }
            Self::Loopback => {
                "for a server on this machine write `127.0.0.1`, and add it to `allow_hosts`"
                    .into()
            }
            Self::Name | Self::NotAscii => {
                "write the host in plain letters, digits, `-` and single dots, as in \
                 `https://acme.my.salesforce.com`"
                    .into()
            }
            Self::NotSalesforce if host == redact::WITHHELD => {
                "write the URL of Setup > My Domain, such as `https://acme.my.salesforce.com`"
                    .into()
            }
            Self::NotLogin => format!("use {my_domain}").into(),
            Self::NotSalesforce => format!(
                "use the URL of Setup > My Domain, such as `https://acme.my.salesforce.com`; only \
                 if `{host}` is a login host of your org, add it to `allow_hosts`"
            )
            .into(),
            Self::Unlisted if SITES.iter().any(|(site, _)| is_below(host, site)) => format!(
                "use {my_domain}; for users of that site, give its URL with its path as `login_url`, \
                 and add `{host}` to `allow_hosts`"
            )
            .into(),
            Self::Unlisted => format!(
                "use {my_domain}; for users of that domain, add `{host}` to `allow_hosts`"
            )
            .into(),
        }
    }
}

/// The kind of a host, which decides its use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HostKind {
    /// `na139.salesforce.com`.
    Instance,
    /// On the operator's list.
    Listed,
    /// `login.salesforce.com`, `login.sfcrmproducts.cn`.
    Login,
    /// This machine, on the operator's list.
    Loopback,
    /// `acme.my.salesforce.com`, `acme.my.salesforce.mil`, `acme.my.sfcrmproducts.cn`.
    MyDomain,
    /// `test.salesforce.com`, `test.sfcrmproducts.cn`.
    Test,
}

impl HostKind {
    /// Whether Salesforce runs the host, by its name. A host on the operator's list may not be
    /// Salesforce's.
    pub(crate) fn is_salesforce(self) -> bool {
        match self {
            Self::Instance | Self::Login | Self::MyDomain | Self::Test => true,
            Self::Listed | Self::Loopback => false,
        }
    }
}

/// Returns the kind of a host in canonical spelling. `port` is the port of the connection.
pub(super) fn classify(
    host: &str,
    port: u16,
    allowed: &AllowedHosts,
) -> Result<HostKind, HostProblem> {
    if is_loopback(host) {
        let listed = allowed.has(host, port);
        return if listed { Ok(HostKind::Loopback) } else { Err(HostProblem::Loopback) };
    }
    check_name(host)?;
    match salesforce_host(host) {
        Some(kind) => Ok(kind),
        None if allowed.has(host, port) => Ok(HostKind::Listed),
        None => Err(unlisted(host)),
    }
}

/// Whether this is one of the three spellings of this machine that can be allowed.
pub(super) fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

/// Returns the canonical spelling: lower case, and an IPv6 literal in its canonical form.
pub(super) fn canonical(host: &str) -> String {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match literal.and_then(|literal| literal.parse::<Ipv6Addr>().ok()) {
        Some(address) => format!("[{address}]"),
        None => host.to_ascii_lowercase(),
    }
}

/// Checks that this is a host name. International names are refused in both spellings.
pub(super) fn check_name(host: &str) -> Result<(), HostProblem> {
    if host == "localhost." || host.ends_with(".localhost") {
        return Err(HostProblem::Loopback);
    }
    if host.starts_with('[') || ends_in_a_number(host) {
        return Err(HostProblem::Address);
    }
    if !host.is_ascii() || host.split('.').any(|label| label.starts_with("xn--")) {
        return Err(HostProblem::NotAscii);
    }
    let named = host.len() <= 253 && host.split('.').all(is_label);
    if named { Ok(()) } else { Err(HostProblem::Name) }
}

pub(super) fn error(host: &str, problem: HostProblem) -> UrlError {
    UrlError::Host { host: redact::host(host).to_ascii_lowercase(), problem }
}

/// Whether this is a sandbox or scratch org, which log in at `test`.
pub(crate) fn is_sandbox(host: &str) -> bool {
    let label = host.split('.').next().unwrap_or_default();
    matches!(host, "test.salesforce.com" | "test.sfcrmproducts.cn")
        || [".sandbox.my.", ".scratch.my."].iter().any(|part| host.contains(part))
        || label.contains("--")
        || (instance(host) && label.starts_with("cs"))
}

/// Whether this is Salesforce in China, which Alibaba Cloud operates with its own logins.
pub(crate) fn is_china(host: &str) -> bool {
    is_below(host, "sfcrmproducts.cn")
}

/// Whether this is the government cloud, which has its own audience.
pub(crate) fn is_gs1(host: &str) -> bool {
    matches!(host, "gs1.salesforce.com" | "gs1.my.salesforce.com")
}

fn salesforce_host(host: &str) -> Option<HostKind> {
    match host {
        "login.salesforce.com" | "login.sfcrmproducts.cn" => Some(HostKind::Login),
        "test.salesforce.com" | "test.sfcrmproducts.cn" => Some(HostKind::Test),
        _ if MY_DOMAINS.iter().any(|suffix| is_below(host, suffix)) => Some(HostKind::MyDomain),
        _ if instance(host) => Some(HostKind::Instance),
        _ => None,
    }
}

/// `[a-z]{2,4}[0-9]{1,4}.salesforce.com`.
fn instance(host: &str) -> bool {
    let Some(label) = host.strip_suffix(".salesforce.com") else { return false };
    let letters = label.bytes().take_while(u8::is_ascii_lowercase).count();
    let digits = label.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    (2..=4).contains(&letters) && (1..=4).contains(&digits) && letters + digits == label.len()
}

fn unlisted(host: &str) -> HostProblem {
    if PAGES.iter().any(|(suffix, _)| is_below(host, suffix)) {
        HostProblem::NotLogin
    } else if ALLOWED_BY_NAME.iter().any(|suffix| is_below(host, suffix)) {
        HostProblem::Unlisted
    } else {
        HostProblem::NotSalesforce
    }
}

/// Returns the My Domain of a host that users copy from a browser.
fn my_domain_of(host: &str) -> Option<String> {
    let hosts = PAGES.iter().chain(SITES);
    let (name, suffix, my_domain) = hosts.into_iter().find_map(|(suffix, my_domain)| {
        Some((host.strip_suffix(suffix)?.strip_suffix('.')?, *suffix, *my_domain))
    })?;
    let (label, rest) = name.split_once('.').map_or((name, ""), |(label, rest)| (label, rest));
    let label = match label.rsplit_once("--") {
        // Hosts of Visualforce end in the name of their package: `acme--sbx--c`.
        Some((label, package)) if package == "c" || suffix.starts_with("vf.") => label,
        _ => label,
    };
    let dot = if rest.is_empty() { "" } else { "." };
    Some(format!("{label}{dot}{rest}.{my_domain}"))
}

fn is_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|name| name.len() > 1 && name.ends_with('.'))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Resolvers read `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` as addresses.
fn ends_in_a_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hex =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

const COMMERCIAL: &str = "my.salesforce.com";
const GOVERNMENT: &str = "my.salesforce.mil";
const CHINA: &str = "my.sfcrmproducts.cn";

const MY_DOMAINS: &[&str] = &[COMMERCIAL, GOVERNMENT, CHINA];

/// Hosts that never serve logins (Salesforce DX Developer Guide), each with the My Domain of its
/// cloud.
const PAGES: &[(&str, &str)] = &[
    ("file.force.com", COMMERCIAL),
    ("lightning.force.com", COMMERCIAL),
    ("my.salesforce-setup.com", COMMERCIAL),
    ("vf.force.com", COMMERCIAL),
    ("lightning.crmforce.mil", GOVERNMENT),
    ("lightning.force.mil", GOVERNMENT),
    ("vf.force.mil", GOVERNMENT),
    ("lightning.sfcrmapps.cn", CHINA),
];

const SITES: &[(&str, &str)] =
    &[("my.salesforce-sites.com", COMMERCIAL), ("my.site.com", COMMERCIAL)];

const ALLOWED_BY_NAME: &[&str] =
    &["cloudforce.com", "database.com", "force.com", "my.salesforce-sites.com", "my.site.com"];
