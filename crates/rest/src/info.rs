use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use orgtoken_client::Timestamp;
use orgtoken_oauth::session::UserInfo;
use serde::Deserialize;

use crate::{Org, RestError};

/// What an org says of itself.
impl Org {
    /// The versions of the API, the oldest first. Asking does not count.
    pub async fn versions(&self) -> Result<Vec<Version>, RestError> {
        self.json(Method::GET, "/services/data/", Bytes::new()).await
    }

    /// What may still be used of the org's allowances, by name: `DailyApiRequests`. Needs the
    /// permission View Setup and Configuration.
    pub async fn limits(&self) -> Result<BTreeMap<String, Limit>, RestError> {
        self.json(Method::GET, "limits", Bytes::new()).await
    }

    /// Who is logged in, by the identity service of the org.
    pub async fn userinfo(&self) -> Result<UserInfo, RestError> {
        let path = "/services/oauth2/userinfo";
        let answer = self.request(Method::GET, path, HeaderMap::new(), Bytes::new()).await?;
        let user = UserInfo::from_http(&answer, Timestamp::now().wall);
        user.map_err(|_| RestError::Unexpected)
    }
}

/// A version of the API.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Version {
    /// `Spring '26`
    pub label: String,
    /// `/services/data/v66.0`
    pub url: String,
    /// `66.0`
    pub version: String,
}

impl Version {
    /// The number without the `.0` that every version has.
    pub fn major(&self) -> Option<u16> {
        self.version.strip_suffix(".0")?.parse().ok()
    }
}

/// An allowance of the org.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    /// How much there is in all.
    pub max: u64,
    /// How much is left.
    pub remaining: i64,
}
