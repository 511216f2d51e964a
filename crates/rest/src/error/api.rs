use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode, Uri};
use orgtoken_oauth::catalogue;
use orgtoken_oauth::redact;
use orgtoken_oauth::retry_after;
use orgtoken_oauth::session::{is_redirect, is_session_end};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Usage;

/// The response to a call that failed.
pub struct ApiError {
    answer: Response<Bytes>,
    problems: Vec<Problem>,
    request: String,
    moved_to: Option<String>,
}

impl ApiError {
    /// Reads the three shapes of an error: a list of problems, one object, plain text. `secret` is
    /// redacted, wherever the response repeats it.
    pub(crate) fn read(answer: Response<Bytes>, secret: &str) -> Self {
        let answer = redacted(secret, answer);
        let body = answer.body();
        let problems = match serde_json::from_slice(body) {
            Ok(Value::Array(list)) => {
                let objects = list.iter().filter_map(Value::as_object);
                objects.take(MAX_PROBLEMS).map(|object| Problem::of(object, secret)).collect()
            }
            Ok(Value::Object(object)) => vec![Problem::of(&object, secret)],
            _ => Problem::word(body).into_iter().collect(),
        };
        Self { answer, problems, request: String::new(), moved_to: None }
    }

    /// Adds the call that failed, without its query, which may contain private data.
    pub(crate) fn of_call(mut self, method: &Method, uri: &Uri) -> Self {
        self.request = format!("{method} {}", uri.path());
        let location = self.answer.headers().get(LOCATION).and_then(|it| it.to_str().ok());
        let location = location.and_then(|it| it.parse::<Uri>().ok());
        let host = location.as_ref().and_then(Uri::host).filter(|host| Some(*host) != uri.host());
        self.moved_to = host.filter(|_| self.status().is_redirection()).map(str::to_owned);
        self
    }

    /// The error code.
    pub fn code(&self) -> &'static str {
        match self.status() {
            _ if self.is("REQUEST_LIMIT_EXCEEDED") => "rate.limited",
            StatusCode::TOO_MANY_REQUESTS => "rate.limited",
            StatusCode::UNAUTHORIZED => "api.unauthorized",
            StatusCode::FORBIDDEN => "api.forbidden",
            StatusCode::NOT_FOUND | StatusCode::GONE => "api.not_found",
            _ if self.is_outage() => "unavailable.api",
            status if status.is_redirection() => "api.redirect",
            _ => "api.refused",
        }
    }

    /// The next step for the user.
    pub fn hint(&self) -> Option<&'static str> {
        let by_code = HINTS.iter().find(|(code, _)| self.is(code)).map(|&(_, hint)| hint);
        let by_catalogue = || self.catalogue_entry().map(|row| row.remedy);
        by_code.or_else(by_catalogue).or_else(|| match self.status() {
            StatusCode::UNAUTHORIZED => {
                Some("get a new token, and check the session policies of the user")
            }
            _ if self.moved_to.is_some() => Some("set the instance URL to that of the org"),
            _ if self.is_outage() => {
                Some("try again in some minutes; https://status.salesforce.com shows incidents")
            }
            _ => None,
        })
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// The response, in which the token is redacted. A body of more than 1 MiB is left out.
    ///
    /// It may quote the call and contain terminal escape sequences.
    pub fn response(&self) -> &Response<Bytes> {
        &self.answer
    }

    /// The problems that Salesforce lists, usually one; empty if the response is not readable.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The call that failed, without its query: `GET /services/data/v65.0/query`.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// The catalogue entry of the first problem that has one, or of the status.
    pub fn catalogue_entry(&self) -> Option<&'static catalogue::ApiErrorEntry> {
        let rows = self.problems.iter().find_map(Problem::catalogue_entry);
        rows.or_else(|| catalogue::api_error(self.status().as_str(), ""))
    }

    /// The records that the response names: those with the external id (status 300), or those that
    /// a duplicate rule found.
    fn record_ids(&self) -> Vec<String> {
        let answer = serde_json::from_slice(self.answer.body()).unwrap_or_default();
        let mut ids = Vec::new();
        collect_ids(&answer, self.status() == StatusCode::MULTIPLE_CHOICES, &mut ids);
        ids
    }

    /// The API usage of the org, if Salesforce sent it.
    pub fn usage(&self) -> Option<Usage> {
        Usage::from_headers(self.answer.headers())
    }

    /// Whether the server is unavailable. Status 420 comes from Salesforce's edge.
    pub(super) fn is_outage(&self) -> bool {
        self.status().is_server_error() || self.status().as_u16() == 420
    }

    /// Whether a limit that resets within seconds rejected the call: that of concurrent
    /// requests, and not the daily one.
    pub(super) fn is_throttled(&self) -> bool {
        let is_limit_of_the_day = |problem: &Problem| {
            let message = problem.message.trim().trim_end_matches('.');
            message.eq_ignore_ascii_case("TotalRequests Limit exceeded")
        };
        match self.is("REQUEST_LIMIT_EXCEEDED") {
            true => !self.problems.iter().any(is_limit_of_the_day),
            false => self.status() == StatusCode::TOO_MANY_REQUESTS,
        }
    }

    pub(super) fn is_session_end(&self) -> bool {
        let ends = |it: &Problem| is_session_end(self.status(), &it.code, &it.message);
        self.problems.iter().any(ends)
    }

    /// Whether the org is no longer at this host: the response is a redirect, or a page that says
    /// so.
    pub(super) fn is_moved(&self) -> bool {
        let status = self.status();
        // The API responds with JSON. An HTML page for one of its paths comes from another server.
        let is_html = || {
            let kind = self.answer.headers().get(CONTENT_TYPE);
            kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
                && self.request.contains(" /services/data")
        };
        is_redirect(status)
            || (status == StatusCode::NOT_FOUND && (self.is("URL_NOT_RESET") || is_html()))
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.answer.headers(), None)
    }

    /// Whether Salesforce names this problem: `INVALID_SESSION_ID`.
    pub fn is(&self, code: &str) -> bool {
        self.problems.iter().any(|problem| problem.code == code)
    }
}

/// The response is left out: it may quote the call.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status())
            .field("problems", &self.problems)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.moved_to {
            return write!(f, "the org has moved to {host}");
        }
        write!(f, "Salesforce answered {}", self.status().as_u16())?;
        if let (true, Some((method, path))) =
            (self.problems.is_empty(), self.request.split_once(' '))
        {
            write!(f, " to {} {}", redact::variable(method), redact::request(path))?;
        }
        for (index, problem) in self.problems.iter().enumerate() {
            write!(f, "{} {problem}", if index == 0 { ":" } else { ";" })?;
        }
        let ids = self.record_ids();
        if !ids.is_empty() {
            write!(f, " (records: {})", ids.join(", "))?;
        }
        Ok(())
    }
}

/// One problem of a failed call, as reported by Salesforce.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The error code, such as `INVALID_FIELD`; may be empty.
    pub code: String,
    /// The message for users; may be empty.
    pub message: String,
    /// The fields that the problem concerns.
    pub fields: Vec<String>,
}

impl Problem {
    /// The catalogue entry of this error.
    pub fn catalogue_entry(&self) -> Option<&'static catalogue::ApiErrorEntry> {
        catalogue::api_error(&self.code, &self.message)
    }

    pub(crate) fn of(object: &Map<String, Value>, secret: &str) -> Self {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|&name| object.get(name)?.as_str());
            legible(found.unwrap_or_default(), secret)
        };
        let fields = object.get("fields").and_then(Value::as_array);
        let fields = fields.into_iter().flatten().filter_map(Value::as_str);
        Self {
            code: text(&["errorCode", "statusCode", "error"]),
            message: text(&["message", "error_description"]),
            fields: fields.take(MAX_PROBLEMS).map(|field| legible(field, secret)).collect(),
        }
    }

    /// Reads a single word, which is a code: `Bad_OAuth_Token`. Other text, such as HTML, is
    /// ignored.
    fn word(body: &[u8]) -> Option<Self> {
        let word = std::str::from_utf8(body).ok()?.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let fits = !word.is_empty()
            && word.len() <= 64
            && word.chars().all(plain)
            && redact::text(word) == word;
        fits.then(|| Self { code: word.to_owned(), ..Self::default() })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.code.is_empty() || self.message.is_empty() { "" } else { ": " };
        write!(f, "{}{between}{}", self.code, self.message)?;
        if !self.fields.is_empty() {
            write!(f, " (fields: {})", self.fields.join(", "))?;
        }
        Ok(())
    }
}

/// Collects the ids in the URLs of a list, if `is_choice`, and in the matches of a duplicate rule.
fn collect_ids(response: &Value, is_choice: bool, ids: &mut Vec<String>) {
    let mut keep = |id: &str| {
        let is_id =
            [15, 18].contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id && ids.len() < MAX_IDS && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    };
    for entry in response.as_array().into_iter().flatten() {
        if let Some(url) = entry.as_str().filter(|_| is_choice) {
            keep(url.rsplit('/').next().unwrap_or_default());
        }
        let results = entry.pointer("/duplicateResult/matchResults").and_then(Value::as_array);
        let records =
            results.into_iter().flatten().filter_map(|result| result["matchRecords"].as_array());
        for record in records.flatten() {
            keep(record.pointer("/record/Id").and_then(Value::as_str).unwrap_or_default());
        }
    }
}

/// Returns server text for a terminal: one line of bounded length without control characters.
pub(crate) fn legible(text: &str, secret: &str) -> String {
    let visible = |c: &char| c.is_whitespace() || !(c.is_control() || redact::is_invisible(*c));
    // Invisible characters are dropped first: one of them may be inside the secret.
    let text: String = text.chars().filter(visible).collect();
    let text = if secret.is_empty() { text } else { text.replace(secret, REDACTED) };
    // The quoted query with its caret is useless on one line; the message names row and column.
    let said = match text.split_once("^\nERROR at ").and_then(|(_, rest)| rest.split_once('\n')) {
        Some((place, why)) => format!("at {place}: {why}"),
        None => text,
    };
    // Redact before the final cut: half of a secret may not look like one.
    let shown: String = said.chars().take(4 * MAX_TEXT).collect();
    redact::text(&shown).chars().take(MAX_TEXT).collect()
}

/// Redacts the secret in a response: a proxy or a debugging page may repeat it.
fn redacted(secret: &str, mut answer: Response<Bytes>) -> Response<Bytes> {
    let repeats = |bytes: &[u8]| {
        !secret.is_empty() && bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    for value in answer.headers_mut().values_mut().filter(|value| repeats(value.as_bytes())) {
        *value = HeaderValue::from_static(REDACTED);
    }
    if repeats(answer.body()) {
        let text = String::from_utf8_lossy(answer.body()).replace(secret, REDACTED);
        *answer.body_mut() = text.into();
    }
    answer
}

/// Codes that the catalogue lists among the refusals.
const HINTS: [(&str, &str); 3] = [
    ("API_DISABLED_FOR_ORG", "give the user the permission API Enabled, in an edition with API"),
    ("INVALID_SESSION_ID", "get a new token: this one has expired or belongs to another org"),
    (
        "REQUEST_LIMIT_EXCEEDED",
        "wait: the org has used its API calls; the resource `limits` shows them",
    ),
];

const REDACTED: &str = "[redacted]";
const MAX_TEXT: usize = 1000;
const MAX_IDS: usize = 10;
const MAX_PROBLEMS: usize = 10;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::RestError;

    pub(crate) fn failed(status: u16, code: &str, message: &str) -> RestError {
        let body = format!(r#"[{{"errorCode":"{code}","message":"{message}"}}]"#);
        let answer = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        RestError::Api(Box::new(ApiError::read(answer, "")))
    }

    pub(crate) fn failed_with<const N: usize>(
        status: u16,
        headers: [(&str, Option<&str>); N],
    ) -> RestError {
        let mut answer = Response::builder().status(status);
        for (name, value) in headers {
            answer = value.into_iter().fold(answer, |answer, value| answer.header(name, value));
        }
        let failure = ApiError::read(answer.body(Bytes::new()).unwrap(), "");
        let uri = Uri::from_static("https://acme.my.salesforce.com/services/data/v65.0/limits");
        RestError::Api(Box::new(failure.of_call(&Method::GET, &uri)))
    }

    #[test]
    fn redirects_and_html_mean_that_the_org_has_moved() {
        const ELSEWHERE: &str = "https://acme2.my.salesforce.com/services/data/v65.0/limits";
        for (status, location, kind, moved, host) in [
            (301, Some(ELSEWHERE), None, true, Some("acme2.my.salesforce.com")),
            (302, Some("/?ec=302"), None, true, None),
            (302, Some("https://acme.my.salesforce.com/login"), None, true, None),
            (302, None, None, true, None),
            (300, Some(ELSEWHERE), None, false, Some("acme2.my.salesforce.com")),
            (404, None, Some("text/html; charset=UTF-8"), true, None),
            (404, None, Some("application/json"), false, None),
            (503, None, Some("text/html"), false, None),
        ] {
            let error = failed_with(status, [("location", location), ("content-type", kind)]);
            let failure = error.api_error().unwrap();
            assert_eq!(
                (error.is_moved(), failure.moved_to.as_deref()),
                (moved, host),
                "{status} {location:?}"
            );
        }
        assert!(failed(404, "URL_NOT_RESET", "").is_moved());
        assert!(!failed(404, "NOT_FOUND", "").is_moved());
        let error = failed_with(301, [("location", Some(ELSEWHERE))]);
        assert_eq!(error.to_string(), "the org has moved to acme2.my.salesforce.com");
    }

    fn failure(status: u16, body: &str) -> ApiError {
        let body = Bytes::copy_from_slice(body.as_bytes());
        ApiError::read(Response::builder().status(status).body(body).unwrap(), "00Dcanary!canary")
    }

    #[test]
    fn every_shape_of_error_is_read() {
        for (row, status, body, display) in [
            (
                "list",
                401,
                r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
                "401: INVALID_SESSION_ID: Session expired or invalid",
            ),
            (
                "fields",
                400,
                r#"[{"message":"Required","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name","X"]}]"#,
                "400: REQUIRED_FIELD_MISSING: Required (fields: Name, X)",
            ),
            ("two", 400, r#"[{"errorCode":"A"},{"errorCode":"B","message":"b"}]"#, "400: A; B: b"),
            (
                "object",
                403,
                r#"{"error":"invalid_scope","error_description":"no"}"#,
                "403: invalid_scope: no",
            ),
            (
                "place in a query",
                400,
                r#"[{"errorCode":"INVALID_TYPE","message":"\nSELECT Id FROM Bad\n     ^\nERROR at Row:1:Column:16\nsObject type 'Bad' is not supported."}]"#,
                "400: INVALID_TYPE: at Row:1:Column:16: sObject type 'Bad' is not supported.",
            ),
            (
                "several records",
                300,
                r#"["/services/data/v60.0/sobjects/A/Ext__c/7/001xx000003DGb0AAG","/services/data/v60.0/sobjects/A/001xx000003DGb1AAG"]"#,
                "300 (records: 001xx000003DGb0AAG, 001xx000003DGb1AAG)",
            ),
            (
                "duplicates",
                400,
                r#"[{"duplicateResult":{"matchResults":[{"matchRecords":[{"record":{"attributes":{},"Id":"00Qxx000001HxyzEAC"}}]}]},"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?"}]"#,
                "400: DUPLICATES_DETECTED: Use one of these records? (records: 00Qxx000001HxyzEAC)",
            ),
            ("text", 403, "Bad_OAuth_Token", "403: Bad_OAuth_Token"),
            (
                "a token with an invisible character",
                400,
                r#"[{"errorCode":"X","message":"of 00Dcan\u202eary!canary"}]"#,
                "400: X: of [redacted]",
            ),
            ("HTML", 503, "<html>canary</html>", "503"),
            ("empty", 500, "", "500"),
            ("list of lists", 400, "[[]]", "400"),
            ("number", 400, "7", "400: 7"),
            (
                "token and escapes",
                400,
                r#"[{"errorCode":"X","message":"\u001b[31mof\n00Dcanary!canary\u202e"}]"#,
                "400: X: [31mof [redacted]",
            ),
            (
                "JWT, another org's token, PEM and base64",
                400,
                r#"[{"errorCode":"X","message":"got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0 for '00Dxx0000006JFr!AR8AQO.4ZXx_Tm'"},{"errorCode":"Y","message":"key -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"},{"errorCode":"Z","message":"key MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"}]"#,
                "400: X: got [redacted] for [redacted]; Y: key [redacted]; Z: key [redacted]",
            ),
            ("a token on its own", 403, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "403"),
        ] {
            let failure = failure(status, body);
            assert_eq!(failure.to_string(), format!("Salesforce answered {display}"), "{row}");
            assert!(!format!("{failure:?}").contains("canary"), "{row}");
        }
    }

    #[test]
    fn token_in_a_response_is_redacted() {
        let answer = Response::builder().status(403).header("x-echo", "Bearer 00Dcanary!canary");
        let answer = answer.body(Bytes::from("<p>00Dcanary!canary</p>")).unwrap();
        let failure = ApiError::read(answer, "00Dcanary!canary");
        assert_eq!(failure.response().body(), "<p>[redacted]</p>");
        assert_eq!(failure.response().headers()["x-echo"], "[redacted]");
    }

    #[test]
    fn long_message_is_cut() {
        let body = format!(r#"{{"message":"{}"}}"#, "x".repeat(5000));
        assert_eq!(failure(400, &body).problems()[0].message.len(), MAX_TEXT);
    }

    proptest::proptest! {
        /// Real responses with a piece replaced, so that nearly valid ones are read as well.
        #[test]
        fn no_error_response_panics_or_shows_the_token(
            status in 200_u16..600,
            shape in 0..SHAPES.len(),
            cut in 0_usize..200,
            length in 0_usize..20,
            piece in "[\\[\\]{}\",:\\\\a-z0-9!\u{e9}\u{202e}]{0,12}",
        ) {
            let mut body: Vec<u8> = SHAPES[shape].into();
            let at = cut.min(body.len());
            body.splice(at..(at + length).min(body.len()), piece.bytes());
            let failure = ApiError::read(
                Response::builder().status(status).body(Bytes::from(body)).unwrap(),
                TOKEN,
            );
            let said = format!("{failure} {failure:?} {:?}", failure.catalogue_entry());
            proptest::prop_assert!(!said.contains(TOKEN), "{said}");
        }
    }

    const TOKEN: &str = "00Dcanary!canary";
    const SHAPES: [&str; 5] = [
        r#"[{"message":"bad 00Dcanary!canary","errorCode":"INVALID_FIELD","fields":["Name"]}]"#,
        r#"{"error":"invalid_scope","error_description":"00Dcanary!canary"}"#,
        r#"["/services/data/v60.0/sobjects/A/001xx000003DGb0AAG"]"#,
        r#"[{"duplicateResult":{"matchResults":[{"matchRecords":[{"record":{"Id":"00Qxx000001HxyzEAC"}}]}]}}]"#,
        "<html>00Dcanary!canary</html>",
    ];
}
