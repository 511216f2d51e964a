use crate::url::{AllowedHosts, CheckedUrl, Paths};

/// The `id` of a token response: `https://login.salesforce.com/id/ORG/USER`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentityUrl {
    url: CheckedUrl,
    org_id: String,
    user_id: String,
}

impl IdentityUrl {
    /// Returns `None` unless the host is allowed and the path is `/id/` and two ids of 15 or 18
    /// letters and digits.
    pub fn parse(text: &str, allowed: &AllowedHosts) -> Option<Self> {
        let (origin, ids) = text.split_once("/id/")?;
        let (org_id, user_id) = ids.split_once('/')?;
        let url = CheckedUrl::parse(origin, allowed, Paths::Never).ok()?;
        (is_id(org_id, "00D") && is_id(user_id, "005")).then(|| Self {
            url,
            org_id: org_id.to_owned(),
            user_id: user_id.to_owned(),
        })
    }

    /// Returns the whole URL. It answers with details about the user.
    pub(crate) fn to_url(&self) -> String {
        format!("{}/id/{}/{}", self.url.as_str(), self.org_id, self.user_id)
    }

    /// Returns the id of the org, `00D…`.
    pub fn org_id(&self) -> &str {
        &self.org_id
    }

    /// Returns the id of the user, `005…`.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }
}

/// The first three characters of an id name the kind of record.
fn is_id(text: &str, prefix: &str) -> bool {
    matches!(text.len(), 15 | 18)
        && text.starts_with(prefix)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
