use std::fmt;

use orgtoken_assertion::UnixTime;
use orgtoken_oauth::Token;
use serde::Serialize;
use zeroize::Zeroizing;

/// A token and its properties, in the two forms that programs get.
///
/// Both forms contain the token: they are the responses of a [`Broker`](crate::Broker), and the
/// output of `orgtoken token`.
pub struct TokenResponse<'a> {
    /// The token.
    pub token: &'a Token,
    /// The API version such as `v51.0`, if it is known.
    pub api_version: Option<&'a str>,
    /// The user, if known.
    pub username: Option<&'a str>,
}

impl TokenResponse<'_> {
    /// Returns `access_token`, `instance_url`, `expires_at`, and `api_version` and `username` if
    /// known.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        json(&General {
            access_token: self.token.access_token().secret(),
            instance_url: self.token.instance_url().as_str(),
            api_version: self.api_version,
            username: self.username,
            expires_at: rfc3339(self.token.expires_at()),
        })
    }

    /// Returns exactly `accessToken`, `apiVersion` and `instanceUrl`, the format of the Onify
    /// blueprint.
    ///
    /// * `instance_url`: the address to return instead of the one of the token
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
    Zeroizing::new(serde_json::to_vec(value).expect("strings are valid JSON"))
}

fn rfc3339(time: UnixTime) -> Option<String> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}
