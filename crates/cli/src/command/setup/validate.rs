//! Validation of answers, before they are written.

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::{AllowedHosts, InstanceUrl};
use orgtoken_settings::{Layer, Loader, Setting};

use crate::io::text::printable;

/// A fault of an answer.
#[derive(Debug)]
pub(super) struct Objection {
    /// The fault and what to do.
    pub(super) reason: String,
    /// Whether the answer is invalid. A suspicious answer is accepted if it is repeated.
    pub(super) is_certain: bool,
    /// Whether it may be a secret, which a profile must not hold.
    pub(super) may_be_secret: bool,
}

/// Validates a username or a Consumer Key like a setting.
pub(super) fn objection(setting: Setting, text: &str) -> Option<Objection> {
    let mut layer = Layer::flags();
    layer.set(setting, "", text);
    // Missing settings are ignored.
    let problems = Loader::new([layer]).check().err()?;
    if let Some(problem) = problems.iter().find(|problem| problem.setting() == Some(setting)) {
        let hint = problem.hint().unwrap_or_default();
        let reason = format!("{}: {hint}", problem.message());
        return Some(Objection {
            reason: printable(&reason),
            is_certain: true,
            may_be_secret: false,
        });
    }
    let mut notices = problems.notices().iter();
    if let Some(notice) = notices.find(|notice| notice.setting() == Some(setting)) {
        let (reason, may_be_secret) = (notice.message(), notice.may_be_secret());
        return Some(Objection { reason: printable(&reason), is_certain: false, may_be_secret });
    }
    let is_odd = setting == Setting::ClientId && !text.starts_with(CONSUMER_KEY);
    is_odd.then(|| Objection {
        reason: format!("a Consumer Key begins with {CONSUMER_KEY}"),
        is_certain: false,
        may_be_secret: false,
    })
}

/// Validates the URL of an org. A new app cannot use a login host that serves every org.
pub(super) fn url_objection(
    text: &str,
    allowed: &AllowedHosts,
    is_new_app: bool,
) -> Option<Objection> {
    let reason = match InstanceUrl::parse(text, allowed) {
        Ok(url) if is_new_app && super::answers::is_login_host(&url) => {
            format!(
                "{} serves every org, but an External Client App logs in at its own org: use the \
                 URL of Setup > My Domain",
                url.host()
            )
        }
        Ok(_) => return None,
        Err(_) if is_label(text) => {
            format!("not a URL; did you mean https://{text}.my.salesforce.com?")
        }
        Err(error) => format!("{error}: {}", error.hint().unwrap_or_default()),
    };
    Some(Objection { reason: printable(&reason), is_certain: true, may_be_secret: false })
}

/// Whether it is `acme` or `acme--uat`. A key or token is longer.
fn is_label(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The prefix of every known Consumer Key.
const CONSUMER_KEY: &str = "3MVG9";
