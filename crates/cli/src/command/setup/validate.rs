//! Whether an answer can be right, before it is written anywhere.

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::{AllowedHosts, InstanceUrl};
use orgtoken_settings::{Layer, Loader, Setting};

use crate::io::text::printable;

/// What is wrong with an answer.
#[derive(Debug)]
pub(super) struct Objection {
    /// Why, and what to do.
    pub(super) reason: String,
    /// It cannot be right. Where it only looks wrong, the same answer again is accepted.
    pub(super) is_certain: bool,
    /// It may be a secret, which a profile must not hold.
    pub(super) may_be_secret: bool,
}

/// Judges a username or a Consumer Key by the rules of the settings.
pub(super) fn objection(setting: Setting, text: &str) -> Option<Objection> {
    let mut layer = Layer::flags();
    layer.set(setting, "", text);
    // Other settings are missing here, which is no fault of this answer.
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
        reason: format!("Consumer Keys begin with {CONSUMER_KEY}, and this does not"),
        is_certain: false,
        may_be_secret: false,
    })
}

/// Judges the address of an org. A login host that serves every org is none for a new app.
pub(super) fn url_objection(
    text: &str,
    allowed: &AllowedHosts,
    is_new_app: bool,
) -> Option<Objection> {
    let reason = match InstanceUrl::parse(text, allowed) {
        Ok(url) if is_new_app && super::answers::is_login_host(&url) => {
            format!(
                "{} serves every org, and an External Client App logs in at its own: give the URL \
                 of Setup > My Domain",
                url.host()
            )
        }
        Ok(_) => return None,
        Err(_) if is_label(text) => {
            format!("this is not a whole address: is it https://{text}.my.salesforce.com?")
        }
        Err(error) => format!("{error}: {}", error.hint().unwrap_or_default()),
    };
    Some(Objection { reason: printable(&reason), is_certain: true, may_be_secret: false })
}

/// `acme` or `acme--uat`, short enough to be no key or token.
fn is_label(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// How every Consumer Key known so far begins.
const CONSUMER_KEY: &str = "3MVG9";
