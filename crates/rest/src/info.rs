use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use orgtoken_client::Timestamp;
use orgtoken_oauth::session::UserInfo;
use serde::Deserialize;

use crate::{Org, RestError};

/// Information about the org and the user.
impl Org {
    /// Returns the versions of the API, the oldest first. This does not count as an API call.
    pub async fn versions(&self) -> Result<Vec<Version>, RestError> {
        self.json(Method::GET, "/services/data/", Bytes::new()).await
    }

    /// Returns the limits of the org by name: `DailyApiRequests`. The user needs the permission
    /// View Setup and Configuration.
    pub async fn limits(&self) -> Result<BTreeMap<String, Limit>, RestError> {
        self.json(Method::GET, "limits", Bytes::new()).await
    }

    /// Returns the user that the token belongs to.
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
    /// The release: `Spring '26`.
    pub label: String,
    /// The path: `/services/data/v66.0`.
    pub url: String,
    /// The number: `66.0`.
    pub version: String,
}

impl Version {
    /// Returns the number without the `.0` that every version has.
    pub fn major(&self) -> Option<u16> {
        self.version.strip_suffix(".0")?.parse().ok()
    }
}

/// A limit of the org.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
#[serde(rename_all = "PascalCase")]
pub struct Limit {
    /// The maximum.
    pub max: u64,
    /// The part that is still available. It is negative if the limit was exceeded.
    pub remaining: i64,
}
