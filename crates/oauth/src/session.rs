//! Requests about a token, its revocation, and the API errors that end a session.
//!
//! The requests contain the token. Do not log them: the `Debug` of an [`http::Request`] shows its
//! body, though not its headers, which are marked as sensitive.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use orgtoken_assertion::UnixTime;
use serde::Deserialize;

use crate::catalogue;
use crate::endpoint::InstanceUrl;
use crate::request::form;
use crate::response::TokenResponseError;
use crate::response::json::Fields;
use crate::text;
use crate::token::AccessToken;

/// Returns the request that revokes a token ([RFC 7009, Section 2.1]).
///
/// [RFC 7009, Section 2.1]: https://www.rfc-editor.org/rfc/rfc7009#section-2.1
pub fn revoke(instance: &InstanceUrl, token: &AccessToken) -> Request<Bytes> {
    form(instance.url().uri("/services/oauth2/revoke"), &[("token", token.secret())])
}

/// Checks the response to [`revoke`]. A revoked JWT may stay valid for half an hour.
pub fn revoked<B: AsRef<[u8]>>(
    response: &Response<B>,
    now: UnixTime,
) -> Result<(), TokenResponseError> {
    if response.status() == StatusCode::OK {
        return Ok(());
    }
    Err(TokenResponseError::from_failure(response, now))
}

/// Returns the request for the token's user. The token needs the scope `id` or `openid`.
pub fn user_info(instance: &InstanceUrl, token: &AccessToken) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = instance.url().uri("/services/oauth2/userinfo");
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(AUTHORIZATION, token.authorization());
    request
}

/// The user of a token. The texts are those of the server, sanitized for a terminal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct UserInfo {
    /// `005…`.
    pub user_id: Option<String>,
    /// `00D…`.
    pub org_id: Option<String>,
    /// `user@acme.com`.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// `STANDARD` and so on.
    pub user_type: Option<String>,
}

impl UserInfo {
    /// Reads the response to [`user_info`].
    ///
    /// A refusal is plain text with status 403: `Bad_OAuth_Token`.
    pub fn from_http<B: AsRef<[u8]>>(
        response: &Response<B>,
        now: UnixTime,
    ) -> Result<Self, TokenResponseError> {
        let answer: Fields = TokenResponseError::json(response, now)?;
        let shown = |name| {
            let text = text::name(answer.text(name)?);
            (!text.is_empty()).then_some(text)
        };
        Ok(Self {
            user_id: shown("user_id"),
            org_id: shown("organization_id"),
            username: shown("preferred_username"),
            name: shown("name"),
            email: shown("email"),
            user_type: shown("user_type"),
        })
    }
}

/// Whether an API error means that the token is no longer valid, so that a new login helps.
///
/// A session without API access because of a policy has the same code as an expired one. It is
/// still valid, and a new login would be refused in the same way.
pub fn is_session_end(status: StatusCode, code: &str, message: &str) -> bool {
    let is_code = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(code));
    match status {
        StatusCode::UNAUTHORIZED => is_code(&SESSION_END) && !is_policy(code, message),
        // The userinfo endpoint responds like this.
        StatusCode::FORBIDDEN => is_code(&["Bad_OAuth_Token"]),
        _ => false,
    }
}

/// Whether the response to an API call means that a new login is needed: the session has ended, or
/// the org has moved to another host.
///
/// The org has moved if the response is a redirect, or a 404 that says so. Salesforce's own 404s are
/// JSON; one with HTML comes from another server.
pub fn is_over<B: AsRef<[u8]>>(response: &Response<B>) -> bool {
    let status = response.status();
    let problems = || Reason::all(response.body().as_ref());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            problems().iter().any(|reason| is_session_end(status, &reason.code, &reason.message))
        }
        StatusCode::NOT_FOUND => {
            let kind = response.headers().get(CONTENT_TYPE);
            kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
                || problems().iter().any(|reason| reason.code == "URL_NOT_RESET")
        }
        status => is_redirect(status),
    }
}

/// Whether a response with this status asks the caller to send the same request to another URL.
///
/// 303 (See Other) does not: the request was carried out, and its result is at another URL ([RFC 9110,
/// Section 15.4.4]). To repeat it with a new token would repeat a change.
///
/// [RFC 9110, Section 15.4.4]: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.4
pub fn is_redirect(status: StatusCode) -> bool {
    [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ]
    .contains(&status)
}

/// The code and the message of an API error.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    #[serde(rename = "errorCode", alias = "error")]
    code: String,
    #[serde(alias = "error_description")]
    message: String,
}

impl Reason {
    /// Reads the three shapes of an error: a list, one object, a single word.
    fn all(body: &[u8]) -> Vec<Self> {
        if let Ok(list) = serde_json::from_slice(body) {
            return list;
        }
        if let Ok(one) = serde_json::from_slice(body) {
            return vec![one];
        }
        let word = std::str::from_utf8(body).unwrap_or_default().trim();
        vec![Self { code: word.to_owned(), ..Self::default() }]
    }
}

/// Whether the message is about a policy that applies to every token of this user and app.
fn is_policy(code: &str, message: &str) -> bool {
    catalogue::find(code, message).entry.code == "refused.session_policy"
}

const SESSION_END: [&str; 4] =
    ["Bad_OAuth_Token", "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT", "INVALID_SESSION_ID"];

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;
    use crate::AllowedHosts;

    const NOW: UnixTime = UnixTime::from_secs(0);

    fn acme() -> InstanceUrl {
        InstanceUrl::parse("https://acme.my.salesforce.com", &AllowedHosts::none()).unwrap()
    }

    fn token() -> AccessToken {
        AccessToken::parse("00Dxx0000006JFr!canary").unwrap()
    }

    fn answer(status: u16, media: &str, body: &'static str) -> Response<&'static str> {
        Response::builder().status(status).header("Content-Type", media).body(body).unwrap()
    }

    #[test]
    fn requests_go_to_the_org_with_a_sensitive_header() {
        let request = user_info(&acme(), &token());
        assert_eq!(request.uri(), "https://acme.my.salesforce.com/services/oauth2/userinfo");
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer 00Dxx0000006JFr!canary");
        assert!(!format!("{request:?}").contains("canary"));
    }

    // https://www.rfc-editor.org/rfc/rfc7009#section-2.1
    #[test]
    fn revoke_posts_a_form() {
        let request = revoke(&acme(), &token());
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri().path(), "/services/oauth2/revoke");
        assert_eq!(request.body().as_ref(), b"token=00Dxx0000006JFr%21canary");
    }

    #[test]
    fn user_is_read() {
        let body = r#"{"sub":"https://x","user_id":"005xx000001X9hBAAS","organization_id":"00Dxx0000006JFrEAM",
            "preferred_username":"user@acme.com","name":"In Tegration","email":null,"active":true}"#;
        let user = UserInfo::from_http(&answer(200, "application/json", body), NOW).unwrap();
        assert_eq!(user.username.as_deref(), Some("user@acme.com"));
        assert_eq!(user.name.as_deref(), Some("In Tegration"));
        assert_eq!(user.org_id.as_deref(), Some("00Dxx0000006JFrEAM"));
        assert_eq!(user.email, None);
    }

    #[test]
    fn user_has_to_be_an_object() {
        for body in ["[]", r#"["005xx000001X9hBAAS"]"#, "null", "7"] {
            let error = UserInfo::from_http(&answer(200, "application/json", body), NOW);
            assert_eq!(error.expect_err(body).code(), "resp.json");
        }
    }

    #[test]
    fn user_names_are_sanitized_for_a_terminal() {
        let body = r#"{"name":"\u001b[31mred\u0007"}"#;
        let user = UserInfo::from_http(&answer(200, "application/json", body), NOW).unwrap();
        assert_eq!(user.name.as_deref(), Some("[31mred"));
    }

    #[test]
    fn one_word_refusals_of_userinfo_are_read() {
        for (name, word, code) in [
            ("bad token", "Bad_OAuth_Token", "refused.session_expired"),
            ("no token", "Missing_OAuth_Token\r\n", "refused.session_expired"),
            ("other org", "Wrong_Org", "refused.session_expired"),
            ("no scope", "Invalid_Scope", "refused.invalid_scope"),
            ("anything else", "canary", "resp.status"),
            ("a number", "503", "resp.status"),
        ] {
            let error = UserInfo::from_http(&answer(403, "text/plain", word), NOW).expect_err(name);
            assert_eq!(error.code(), code, "{name}: {error}");
        }
    }

    #[test]
    fn revoking_an_unknown_token_is_refused() {
        assert_eq!(revoked(&answer(200, "", ""), NOW), Ok(()));
        let body = r#"{"error":"invalid_token","error_description":"invalid token"}"#;
        let error = revoked(&answer(400, "application/json", body), NOW).unwrap_err();
        assert_eq!(error.code(), "refused.token_not_known");
    }

    #[test]
    fn session_ends_and_moves_are_read_from_responses() {
        const EXPIRED: &str = r#"[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]"#;
        for (name, status, media, body, over) in [
            ("an expired session", 401, "application/json", EXPIRED, true),
            ("one object", 401, "application/json", r#"{"errorCode":"INVALID_SESSION_ID"}"#, true),
            ("one word", 403, "text/plain", "Bad_OAuth_Token\r\n", true),
            ("a denied object", 403, "application/json", EXPIRED, false),
            ("a redirect", 302, "text/html", "", true),
            ("a result at another URL", 303, "text/html", "", false),
            ("several records", 300, "application/json", "[]", false),
            ("an unchanged record", 304, "application/json", "", false),
            ("a moved org", 404, "application/json", r#"[{"errorCode":"URL_NOT_RESET"}]"#, true),
            ("another server", 404, "text/html; charset=utf-8", "<html>", true),
            ("a missing record", 404, "application/json", r#"[{"errorCode":"NOT_FOUND"}]"#, false),
            ("no reason", 401, "application/json", "", false),
            ("a success", 200, "application/json", EXPIRED, false),
        ] {
            assert_eq!(is_over(&answer(status, media, body)), over, "{name}");
        }
    }

    #[test]
    fn four_error_codes_end_a_session_except_with_the_message_of_a_policy() {
        const EXPIRED: &str = "Session expired or invalid";
        const POLICY: &str = "This session is not valid for use with the REST API";
        const SIMILAR: &str = "The token of acme is not valid for use with the REST API";
        for (status, code, message, ends) in [
            (401, "INVALID_SESSION_ID", EXPIRED, true),
            (401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", true),
            (401, "INVALID_JWT_FORMAT", "Invalid token format", true),
            (401, "Bad_OAuth_Token", "", true),
            (403, "Bad_OAuth_Token", "", true),
            (401, "INVALID_SESSION_ID", POLICY, false),
            (401, "INVALID_SESSION_ID", "connected app is not  attached to Agent.", false),
            (401, "INVALID_SESSION_ID", SIMILAR, true),
            (401, "INVALID_LOGIN", "", false),
            (401, "", "", false),
            (403, "INVALID_SESSION_ID", EXPIRED, false),
            (403, "REQUEST_LIMIT_EXCEEDED", "", false),
            (503, "INVALID_SESSION_ID", EXPIRED, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_session_end(status, code, message), ends, "{status} {code} {message}");
        }
    }
}
