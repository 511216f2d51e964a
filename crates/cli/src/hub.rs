//! A settings record that Onify Hub keeps.

use std::borrow::Cow;
use std::path::Path;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Response, StatusCode};
use orgtoken_assertion::Diagnostic;
use orgtoken_oauth::redact;
use zeroize::Zeroizing;

use crate::args::Route;
use crate::environment::variable;
use crate::failure::{Failure, fails_with};
use crate::input::read_key;
use crate::runtime::wait_for;
use crate::transport;

/// What stands before the Hub's address where a file's path may stand.
pub(crate) const SCHEME: &str = "hub:";

/// How the variables begin that are about the Hub and no setting of a login.
pub(crate) const VARIABLES: &str = "ORGTOKEN_HUB_";

/// Where a record is, and what opens the Hub.
pub(crate) struct Hub<'a> {
    /// The Hub's address, with or without `/api/v2`.
    pub(crate) url: &'a str,
    /// The record's key; its underscore may be left out.
    pub(crate) key: Option<&'a str>,
    pub(crate) token_file: Option<&'a Path>,
}

impl Hub<'_> {
    /// Asks the Hub for the record, which nobody writes to a disk.
    pub(crate) fn pull(&self, route: Option<&Route>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let response = self.asked(route).map_err(Failure::not_for_doctor)?;
        match response.status() {
            StatusCode::OK => Ok(Zeroizing::new(response.into_body().to_vec())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(HubError::Refused.into()),
            StatusCode::NOT_FOUND => Err(HubError::NoRecord { key: self.key()? }.into()),
            status => Err(HubError::Status { status }.into()),
        }
    }

    fn asked(&self, route: Option<&Route>) -> Result<Response<Bytes>, Failure> {
        let request = self.request()?;
        wait_for(transport::of_route(route)?.exchange(request))
    }

    fn request(&self) -> Result<Request<Bytes>, Failure> {
        let base = self.url.trim_end_matches('/').trim_end_matches("/api/v2");
        let authority = base.split_once("://").map_or(base, |(_, rest)| rest).split('/').next();
        if authority.is_some_and(|authority| authority.contains('@')) {
            return Err(HubError::Credentials.into());
        }
        let uri = format!("{base}/api/v2/my/config/settings/{}", self.key()?);
        let request = Request::get(uri).header(ACCEPT, "application/json");
        let request = request.header(AUTHORIZATION, self.token()?).body(Bytes::new());
        request.map_err(|_| HubError::Address.into())
    }

    /// The key as the Hub stores it: with the underscore that its admin page leaves out.
    fn key(&self) -> Result<String, HubError> {
        let named =
            KEYS.into_iter().find_map(variable).map(|key| key.to_string_lossy().into_owned());
        let key = self.key.or(named.as_deref()).unwrap_or(USUAL_KEY);
        let may_stand = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !key.chars().all(may_stand) {
            return Err(HubError::Key);
        }
        Ok(format!("_{}", key.trim_start_matches('_')))
    }

    /// As the Hub shows it: `Bearer …`, or what comes after that.
    fn token(&self) -> Result<HeaderValue, Failure> {
        let named = || variable(TOKEN_FILE).map(Into::into);
        let bytes = match self.token_file.map(Path::to_owned).or_else(named) {
            Some(file) => read_key(&file)?.0,
            None => Zeroizing::new(variable(TOKEN).ok_or(HubError::NoToken)?.into_encoded_bytes()),
        };
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        let text = match text.trim() {
            text if text.contains(' ') => Zeroizing::new(text.to_owned()),
            text => Zeroizing::new(format!("Bearer {text}")),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| HubError::NoToken)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Why there is no record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HubError {
    #[error("the Hub's address is none")]
    Address,
    #[error("the Hub's address has a user name or password before the host")]
    Credentials,
    #[error("the key of the Hub's setting has a character that such keys do not have")]
    Key,
    #[error("the Hub has no setting `{}`", redact::name(key))]
    NoRecord { key: String },
    #[error("there is no token for the Hub")]
    NoToken,
    #[error("the Hub refused the token")]
    Refused,
    #[error("the Hub answered {status}")]
    Status { status: StatusCode },
}

impl Diagnostic for HubError {
    fn code(&self) -> &str {
        match self {
            Self::Address | Self::Credentials => "settings.hub_address",
            Self::Key | Self::NoRecord { .. } => "settings.hub_record",
            Self::NoToken | Self::Refused => "settings.hub_token",
            Self::Status { .. } => "settings.hub_status",
        }
    }

    fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Address => "give it as https://hub.acme.com".into(),
            Self::Key => {
                "copy the key from /admin/settings of the Hub: letters, digits, `_`, `-` and `.`"
                    .into()
            }
            Self::NoRecord { .. } => {
                "name the setting's key with `--settings-key`, or add it at /admin/settings".into()
            }
            Self::Credentials => {
                format!("remove everything between `https://` and the host; the Hub takes {TOKEN}")
                    .into()
            }
            Self::NoToken => {
                format!("put one into {TOKEN}, or into a file that {TOKEN_FILE} names").into()
            }
            Self::Refused => "take a token of a user who has a role of the setting".into(),
            Self::Status { .. } => {
                "check that the address is the Hub's API, and no redirect to it".into()
            }
        })
    }
}

fails_with!(HubError);

/// The setting `record_key`, which is read before any file is.
const KEYS: [&str; 2] = ["ORGTOKEN_SETTINGS_KEY", "ORGTOKEN_RECORD_KEY"];
const USUAL_KEY: &str = "_salesforce_api_settings";
const TOKEN: &str = "ORGTOKEN_HUB_TOKEN";
const TOKEN_FILE: &str = "ORGTOKEN_HUB_TOKEN_FILE";
