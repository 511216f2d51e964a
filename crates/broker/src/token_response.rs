use std::fmt;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::Token;
use serde::Serialize;
use zeroize::Zeroizing;

/// A token with what belongs to it, in the two forms in which programs get it.
///
/// The forms hold the token: they are the answers of a [`Broker`](crate::Broker), and what
/// `orgtoken token` prints.
pub struct TokenResponse<'a> {
    /// What is handed out.
    pub token: &'a Token,
    /// `v51.0`, if it is known.
    pub api_version: Option<&'a str>,
    /// Whose token it is, if that is known.
    pub username: Option<&'a str>,
}

impl TokenResponse<'_> {
    /// `access_token`, `instance_url`, `expires_at`, and `api_version` and `username` if known.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        json(&General {
            access_token: self.token.access_token().secret(),
            instance_url: self.token.instance_url().as_str(),
            api_version: self.api_version,
            username: self.username,
            expires_at: rfc3339(self.token.expires_at()),
        })
    }

    /// Exactly `accessToken`, `apiVersion` and `instanceUrl`, as the Onify blueprint has it.
    ///
    /// * `instance_url`: the one to name, where it is not the token's
    pub fn to_onify(&self, instance_url: Option<&str>) -> Zeroizing<Vec<u8>> {
        json(&Onify {
            access_token: self.token.access_token().secret(),
            api_version: self.api_version.unwrap_or_default(),
            instance_url: instance_url.unwrap_or_else(|| self.token.instance_url().as_str()),
        })
    }
}

impl fmt::Debug for TokenResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("username", &self.username).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct General<'a> {
    access_token: &'a str,
    instance_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    expires_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Onify<'a> {
    access_token: &'a str,
    api_version: &'a str,
    instance_url: &'a str,
}

fn json(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(value).expect("texts are JSON"))
}

fn rfc3339(time: UnixTime) -> Option<String> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}
