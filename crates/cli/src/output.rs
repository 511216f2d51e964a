//! An access token in the forms that other programs take.

use orgtoken_assertion::UnixTime;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::text::{rfc3339, sh_quoted};

/// How the token is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The token alone
    Raw,
    /// `Authorization: Bearer …`
    Header,
    /// access_token, instance_url, api_version, username, expires_at
    Json,
    /// `export` lines for a shell: eval "$(orgtoken token --output env)"
    Env,
    /// A line of ~/.netrc
    Netrc,
    /// A file for `curl --config`, which keeps the token out of the process list
    Curl,
    /// What the Onify blueprint answers: accessToken, apiVersion, instanceUrl
    Onify,
}

/// A token with what belongs to it.
pub(crate) struct Printed<'a> {
    pub(crate) access_token: &'a str,
    pub(crate) instance_url: &'a str,
    pub(crate) api_version: &'a str,
    pub(crate) username: &'a str,
    /// When the org is expected to end it.
    pub(crate) expires_at: Option<UnixTime>,
}

impl Printed<'_> {
    /// The text, with its final newline.
    pub(crate) fn text(&self, format: Format) -> Zeroizing<String> {
        let token = self.access_token;
        Zeroizing::new(match format {
            Format::Raw => format!("{token}\n"),
            Format::Header => format!("Authorization: Bearer {token}\n"),
            Format::Json => json(&Json {
                access_token: token,
                instance_url: self.instance_url,
                api_version: self.api_version,
                username: self.username,
                expires_at: self.expires_at.and_then(rfc3339),
            }),
            Format::Env => self.env(),
            Format::Netrc => self.netrc(),
            Format::Curl => format!("header = \"Authorization: Bearer {}\"\n", escaped(token)),
            Format::Onify => json(&Onify {
                access_token: token,
                api_version: self.api_version,
                instance_url: self.instance_url,
            }),
        })
    }

    fn env(&self) -> String {
        [
            ("SF_ACCESS_TOKEN", self.access_token),
            ("SF_INSTANCE_URL", self.instance_url),
            ("SF_ORG_INSTANCE_URL", self.instance_url),
            ("SF_ORG_API_VERSION", self.api_version.trim_start_matches('v')),
        ]
        .map(|(name, value)| format!("export {name}={}\n", sh_quoted(value)))
        .concat()
    }

    fn netrc(&self) -> String {
        let host = self.instance_url.split_once("://").map_or(self.instance_url, |(_, host)| host);
        let host = host.split([':', '/']).next().unwrap_or(host);
        format!(
            "machine {host} login \"{}\" password \"{}\"\n",
            escaped(self.username),
            escaped(self.access_token)
        )
    }
}

/// For between double quotes, as curl and .netrc read them.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

#[derive(Serialize)]
struct Json<'a> {
    access_token: &'a str,
    instance_url: &'a str,
    api_version: &'a str,
    username: &'a str,
    expires_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Onify<'a> {
    access_token: &'a str,
    api_version: &'a str,
    instance_url: &'a str,
}

fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).expect("texts are JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: Format) -> String {
        let printed = Printed {
            access_token: "00Dxx!AQ.x",
            instance_url: "https://acme.my.salesforce.com",
            api_version: "v66.0",
            username: "user@acme.com",
            expires_at: Some(UnixTime::from_secs(1_795_500_000)),
        };
        printed.text(format).to_string()
    }

    #[test]
    fn every_form() {
        for (format, expected) in [
            (Format::Raw, "00Dxx!AQ.x\n"),
            (Format::Header, "Authorization: Bearer 00Dxx!AQ.x\n"),
            (
                Format::Json,
                r#"{"access_token":"00Dxx!AQ.x","instance_url":"https://acme.my.salesforce.com","api_version":"v66.0","username":"user@acme.com","expires_at":"2026-11-24T06:00:00Z"}
"#,
            ),
            (
                Format::Env,
                "export SF_ACCESS_TOKEN='00Dxx!AQ.x'\n\
                 export SF_INSTANCE_URL=https://acme.my.salesforce.com\n\
                 export SF_ORG_INSTANCE_URL=https://acme.my.salesforce.com\n\
                 export SF_ORG_API_VERSION=66.0\n",
            ),
            (
                Format::Netrc,
                "machine acme.my.salesforce.com login \"user@acme.com\" password \"00Dxx!AQ.x\"\n",
            ),
            (Format::Curl, "header = \"Authorization: Bearer 00Dxx!AQ.x\"\n"),
            (
                Format::Onify,
                r#"{"accessToken":"00Dxx!AQ.x","apiVersion":"v66.0","instanceUrl":"https://acme.my.salesforce.com"}
"#,
            ),
        ] {
            assert_eq!(text(format), expected, "{format:?}");
        }
    }
}
