//! Validation of the answers that configure a login, before they are written.

use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::{AllowedHosts, InstanceUrl};
use orgtoken_settings::{Layer, Loader, Setting};

/// A fault of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Objection {
    /// The fault and what to do.
    pub reason: String,
    /// Whether the answer is invalid. A suspicious answer is accepted if it is repeated.
    pub is_certain: bool,
    /// Whether it may be a secret, which a profile must not hold.
    pub may_be_secret: bool,
}

/// Validates a username or a consumer key as the setting that it becomes. `None` if nothing is wrong.
pub fn objection(setting: Setting, text: &str) -> Option<Objection> {
    let mut layer = Layer::flags();
    layer.set(setting, "", text);
    // Missing settings are ignored.
    let problems = Loader::new([layer]).check().err()?;
    if let Some(problem) = problems.iter().find(|problem| problem.setting() == Some(setting)) {
        let hint = problem.hint().unwrap_or_default();
        let reason = format!("{}: {hint}", problem.message());
        return Some(Objection { reason, is_certain: true, may_be_secret: false });
    }
    let mut notices = problems.notices().iter();
    if let Some(notice) = notices.find(|notice| notice.setting() == Some(setting)) {
        let (reason, may_be_secret) = (notice.message(), notice.may_be_secret());
        return Some(Objection { reason, is_certain: false, may_be_secret });
    }
    let is_odd = setting == Setting::ClientId && !text.starts_with(CONSUMER_KEY);
    is_odd.then(|| Objection {
        reason: format!("a Consumer Key begins with {CONSUMER_KEY}"),
        is_certain: false,
        may_be_secret: false,
    })
}

/// Validates the URL of an org. A new app cannot use a login host that serves every org. `None` if
/// nothing is wrong.
pub fn url_objection(text: &str, allowed: &AllowedHosts, is_new_app: bool) -> Option<Objection> {
    let reason = match InstanceUrl::parse(text, allowed) {
        Ok(url) if is_new_app && url.serves_every_org() => {
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
    Some(Objection { reason, is_certain: true, may_be_secret: false })
}

/// Whether it is `acme` or `acme--uat`. A key or token is longer.
fn is_label(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The prefix of every known consumer key. Salesforce does not document the form.
const CONSUMER_KEY: &str = "3MVG9";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objections_say_whether_an_answer_can_be_right() {
        for (setting, text, expected) in [
            (Setting::Username, "robot@acme.com", None),
            (Setting::Username, "robot", Some((true, false))),
            (Setting::ClientId, "3MVG9lKcPoNINVBIPJjdw1J9LLM82", None),
            (Setting::ClientId, "abc", Some((false, false))),
            (Setting::ClientId, &"0F".repeat(32), Some((false, true))),
        ] {
            let objection = objection(setting, text);
            let found = objection.map(|it| (it.is_certain, it.may_be_secret));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn url_of_a_new_app_is_a_my_domain() {
        let objects = |text, is_new| url_objection(text, &AllowedHosts::none(), is_new).is_some();
        assert!(!objects("https://acme.my.salesforce.com", true));
        assert!(objects("https://login.salesforce.com", true));
        assert!(objects("https://test.sfcrmproducts.cn", true));
        assert!(!objects("https://login.salesforce.com", false));
        assert!(objects("acme", true));
    }
}
