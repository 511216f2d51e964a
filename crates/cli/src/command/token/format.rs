//! The output formats of an access token.

use orgtoken_broker::TokenResponse;
use orgtoken_oauth::Token;
use zeroize::Zeroizing;

use crate::io::text::sh_quoted;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Only the token
    Raw,
    /// `Authorization: Bearer …`
    Header,
    /// JSON with access_token, instance_url, expires_at and more
    Json,
    /// `export` lines for a shell: eval "$(orgtoken token --format env)"
    Env,
    /// A line of ~/.netrc
    Netrc,
    /// A file for `curl --config`, which hides the token from the process list
    Curl,
    /// JSON of the Onify blueprint: accessToken, apiVersion, instanceUrl
    Onify,
}

impl Format {
    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Onify)
    }
}

/// A token with its org and user.
pub(super) struct Printed<'a> {
    pub(super) token: &'a Token,
    pub(super) api_version: &'a str,
    pub(super) username: &'a str,
    /// The value of the settings, which the blueprint returned.
    pub(super) instance_url: Option<&'a str>,
}

impl Printed<'_> {
    /// Returns the text with its final newline.
    pub(super) fn text(&self, format: Format) -> Zeroizing<String> {
        let token = self.access_token();
        Zeroizing::new(match format {
            Format::Raw => format!("{token}\n"),
            Format::Header => format!("Authorization: Bearer {token}\n"),
            Format::Json => line(&self.response().to_json()),
            Format::Env => self.env(),
            Format::Netrc => self.netrc(),
            Format::Curl => format!("header = \"Authorization: Bearer {}\"\n", escaped(token)),
            Format::Onify => line(&self.response().to_onify(self.instance_url)),
        })
    }

    fn access_token(&self) -> &str {
        self.token.access_token().secret()
    }

    fn instance_url(&self) -> &str {
        self.token.instance_url().as_str()
    }

    /// Returns the response of the token service.
    fn response(&self) -> TokenResponse<'_> {
        let (api_version, username) = (Some(self.api_version), Some(self.username));
        TokenResponse { token: self.token, api_version, username }
    }

    fn env(&self) -> String {
        [
            ("SF_ACCESS_TOKEN", self.access_token()),
            ("SF_INSTANCE_URL", self.instance_url()),
            ("SF_ORG_INSTANCE_URL", self.instance_url()),
            ("SF_ORG_API_VERSION", self.api_version.trim_start_matches('v')),
        ]
        .map(|(name, value)| format!("export {name}={}\n", sh_quoted(value)))
        .concat()
    }

    fn netrc(&self) -> String {
        let url = self.instance_url();
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        let host = host.split([':', '/']).next().unwrap_or(host);
        format!(
            "machine {host} login \"{}\" password \"{}\"\n",
            escaped(self.username),
            escaped(self.access_token())
        )
    }
}

/// Escapes text for double quotes in a file of curl or in .netrc.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

/// Returns JSON, which is UTF-8, as a line.
fn line(json: &[u8]) -> String {
    format!("{}\n", String::from_utf8_lossy(json))
}

#[cfg(test)]
mod tests {
    use http::Response;
    use orgtoken_assertion::UnixTime;
    use orgtoken_oauth::AllowedHosts;

    use super::*;

    /// A token that expires in ten minutes.
    fn token() -> Token {
        let body = r#"{"access_token":"00Dxx!AQ.x","token_type":"Bearer",
            "instance_url":"https://acme.my.salesforce.com"}"#;
        let answer = Response::builder().header("content-type", "application/json").body(body);
        let received_at = UnixTime::from_secs(1_795_499_400);
        Token::from_http(&answer.unwrap(), received_at, &AllowedHosts::none()).unwrap()
    }

    #[test]
    fn token_in_every_output_format() {
        let token = token();
        let printed = Printed {
            token: &token,
            api_version: "v66.0",
            username: "user@acme.com",
            instance_url: Some("https://old-name.my.salesforce.com"),
        };
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
                r#"{"accessToken":"00Dxx!AQ.x","apiVersion":"v66.0","instanceUrl":"https://old-name.my.salesforce.com"}
"#,
            ),
        ] {
            assert_eq!(*printed.text(format), expected, "{format:?}");
        }
    }
}
