//! The output formats of an access token.

use orgtoken_broker::TokenResponse;
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

    /// Returns the text with its final newline. `instance_url` is the value of the settings, which
    /// the blueprint returned.
    pub(super) fn text(
        self,
        response: &TokenResponse<'_>,
        instance_url: Option<&str>,
    ) -> Zeroizing<String> {
        let token = response.token.access_token().secret();
        Zeroizing::new(match self {
            Self::Raw => format!("{token}\n"),
            Self::Header => format!("Authorization: Bearer {token}\n"),
            Self::Json => line(&response.to_json()),
            Self::Env => env(response),
            Self::Netrc => {
                let (username, token) =
                    (escaped(response.username.unwrap_or_default()), escaped(token));
                let host = host(response.token.instance_url().as_str());
                format!("machine {host} login \"{username}\" password \"{token}\"\n")
            }
            Self::Curl => format!("header = \"Authorization: Bearer {}\"\n", escaped(token)),
            Self::Onify => line(&response.to_onify(instance_url)),
        })
    }
}

fn env(response: &TokenResponse<'_>) -> String {
    let url = response.token.instance_url().as_str();
    [
        ("SF_ACCESS_TOKEN", response.token.access_token().secret()),
        ("SF_INSTANCE_URL", url),
        ("SF_ORG_INSTANCE_URL", url),
        ("SF_ORG_API_VERSION", response.api_version.unwrap_or_default().trim_start_matches('v')),
    ]
    .map(|(name, value)| format!("export {name}={}\n", sh_quoted(value)))
    .concat()
}

fn host(url: &str) -> &str {
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    host.split([':', '/']).next().unwrap_or(host)
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
    use orgtoken_oauth::{AllowedHosts, Token};

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
        let response = TokenResponse {
            token: &token,
            api_version: Some("v66.0"),
            username: Some("user@acme.com"),
        };
        let instance_url = Some("https://old-name.my.salesforce.com");
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
            assert_eq!(*format.text(&response, instance_url), expected, "{format:?}");
        }
    }
}
