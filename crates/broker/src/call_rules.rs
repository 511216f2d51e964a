use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::error_response::ErrorResponse;

/// The API calls that a profile forwards.
///
/// The default allows reading data: GET and HEAD of `query`, `queryAll`, `search`, `sobjects` and
/// `limits`. The list of versions (`/services/data`) is a part of every set of rules.
///
/// Some resources do more than their method says. `tooling` runs Apex code by GET. `composite`
/// contains other calls, to which no rule applies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallRules {
    methods: Vec<Method>,
    paths: Vec<String>,
}

impl Default for CallRules {
    fn default() -> Self {
        Self { methods: vec![Method::GET, Method::HEAD], paths: READ.map(str::to_owned).into() }
    }
}

impl CallRules {
    /// Sets the methods; default: GET and HEAD.
    #[must_use]
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        Self { methods: methods.into_iter().collect(), ..self }
    }

    /// Sets the beginnings of paths, in whole segments: `sobjects/Account` is below
    /// `/services/data/vNN.0/`, `/services/apexrest` is a whole path.
    #[must_use]
    pub fn paths<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        Self { paths: paths.into_iter().map(Into::into).collect(), ..self }
    }

    /// Checks the path, the method and the methods that replace it: Salesforce reads
    /// `?_HttpMethod=`, and servers in front of it may read `X-HTTP-Method-Override`.
    pub(crate) fn check(
        &self,
        method: &Method,
        target: &PathAndQuery,
        headers: &HeaderMap,
    ) -> Result<(), ErrorResponse> {
        let decoded = plain(target.path())?;
        // These return sessions.
        let is_login = decoded.to_ascii_lowercase().starts_with("/services/oauth2");
        if is_login || !self.allow_path(target.path()) {
            return Err(not_allowed("the profile does not allow this path"));
        }
        let query = target.query().unwrap_or_default();
        let in_query = query.split(['&', ';']).filter_map(override_in_query);
        let in_headers = OVERRIDES.iter().flat_map(|name| headers.get_all(*name));
        let in_headers =
            in_headers.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let allowed = |name: &str| self.methods.iter().any(|method| method.as_str() == name.trim());
        if !allowed(method.as_str()) || !in_query.chain(in_headers).all(|name| allowed(&name)) {
            return Err(not_allowed("the profile does not allow this method"));
        }
        let is_form = headers.get_all(CONTENT_TYPE).iter().any(|kind| {
            kind.as_bytes().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
        });
        if is_form && !METHODS.into_iter().all(allowed) {
            return Err(not_allowed(
                "a form (`application/x-www-form-urlencoded`) can name another method",
            ));
        }
        Ok(())
    }

    fn allow_path(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = path.strip_prefix(DATA).and_then(|rest| rest.strip_prefix('/'));
        let resource = below.and_then(|below| below.split_once('/'));
        let resource = resource.filter(|(version, _)| is_version(version)).map(|(_, path)| path);
        path == DATA
            || self.paths.iter().any(|allowed| match allowed.starts_with('/') {
                true => begins(path, allowed),
                false => resource.is_some_and(|resource| begins(resource, allowed)),
            })
    }
}

/// Whether the first segments of `path` are those of `allowed`.
fn begins(path: &str, allowed: &str) -> bool {
    let rest = path.strip_prefix(allowed.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Refuses a path that another server could read as a different one, and returns it decoded.
///
/// The path is sent as it is, so nothing is normalised. An id may contain an encoded slash.
fn plain(path: &str) -> Result<Cow<'_, str>, ErrorResponse> {
    let mut decoded = Cow::Borrowed(path);
    for _ in 0..MAX_DECODING {
        let is_odd = |c: char| c.is_ascii_control() || c == '\\' || c == ';';
        let is_step = |part: &str| [".", ".."].contains(&part.trim());
        if decoded.contains(is_odd) || decoded.contains("//") || decoded.split('/').any(is_step) {
            return Err(odd_path());
        }
        match percent_decode_str(&decoded).decode_utf8() {
            Ok(next) if next == decoded => {
                let lower = path.to_ascii_lowercase();
                let is_odd = path.contains('@')
                    || has_broken_code(path)
                    || lower.contains("%2e")
                    || !path.is_ascii();
                return if is_odd { Err(odd_path()) } else { Ok(decoded) };
            }
            Ok(next) => decoded = Cow::Owned(next.into_owned()),
            Err(_) => return Err(odd_path()),
        }
    }
    Err(odd_path())
}

/// Whether a `%` is not followed by two hexadecimal digits.
fn has_broken_code(path: &str) -> bool {
    let is_code =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    !path.split('%').skip(1).all(is_code)
}

/// Returns the method that a parameter of the query puts in place of that of the request.
fn override_in_query(parameter: &str) -> Option<String> {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut name = name.to_owned();
    for _ in 0..MAX_DECODING {
        name = decode(&name);
    }
    let is_override = name == "_method" || {
        name.retain(|c| c.is_ascii_alphabetic());
        name.eq_ignore_ascii_case("httpmethod")
    };
    is_override.then(|| decode(value))
}

/// `v65.0`
fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix('v').and_then(|text| text.split_once('.'));
    parts.is_some_and(|(major, minor)| number(major) && number(minor))
}

fn odd_path() -> ErrorResponse {
    ErrorResponse::rejection(
        7,
        StatusCode::BAD_REQUEST,
        "gate.target",
        "the path is ambiguous",
        "send a path without `.` and `..`, `//`, `\\`, `;`, `@` and `%2e`; write `@` in an id as %40",
    )
}

fn not_allowed(why: &'static str) -> ErrorResponse {
    let hint = "`allow_methods` and `allow_paths` of the profile say which calls are forwarded";
    ErrorResponse::rejection(7, StatusCode::FORBIDDEN, "gate.call", why, hint)
}

const READ: [&str; 5] = ["limits", "query", "queryAll", "search", "sobjects"];
const DATA: &str = "/services/data";
pub(crate) const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
const MAX_DECODING: usize = 4;
pub(crate) const OVERRIDES: [&str; 4] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-method"];

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn status(rules: &CallRules, method: &str, target: &str, headers: &[(&str, &str)]) -> u16 {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let (method, target) = (method.parse().unwrap(), target.parse().unwrap());
        let checked = rules.check(&method, &target, &headers.collect());
        checked.map_or_else(|rejection| rejection.status.as_u16(), |()| 200)
    }

    #[test]
    fn default_allows_reading_data_and_nothing_else() {
        for (method, target, expected) in [
            ("GET", "/services/data", 200),
            ("GET", "/services/data/", 200),
            ("GET", "/services/data/v65.0/query?q=SELECT+Id+FROM+Account", 200),
            ("GET", "/services/data/v65.0/query/01gxx-2000", 200),
            ("GET", "/services/data/v65.0/queryAll?q=x", 200),
            ("GET", "/services/data/v65.0/search/?q=x", 200),
            ("HEAD", "/services/data/v65.0/sobjects/Account/001", 200),
            ("GET", "/services/data/v65.0/sobjects/Contact/Email__c/a%40acme.com", 200),
            ("GET", "/services/data/v65.0/sobjects/Account/Ext__c/a%2Fb", 200),
            ("GET", "/services/data/v65.0/limits/recordCount", 200),
            ("POST", "/services/data/v65.0/query", 403),
            ("DELETE", "/services/data/v65.0/sobjects/Account/001", 403),
            ("CONNECT", "/services/data/v65.0/query", 403),
            ("get", "/services/data/v65.0/query", 403),
            ("GET", "/services/data/v65.0", 403),
            ("GET", "/services/data/v65.0/queryx", 403),
            ("GET", "/services/data/v65.0/Query", 403),
            ("GET", "/services/data/v65.0/tooling/executeAnonymous?anonymousBody=x", 403),
            ("GET", "/services/data/v65.0/composite/sobjects/Account", 403),
            ("GET", "/services/data/vXX/query", 403),
            ("GET", "/services/data/tooling/query", 403),
            ("GET", "/services/oauth2/userinfo", 403),
            ("GET", "/services/datax/v65.0/query", 403),
            ("GET", "/secur/frontdoor.jsp", 403),
            ("GET", "/", 403),
        ] {
            assert_eq!(status(&CallRules::default(), method, target, &[]), expected, "{target}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for path in [
            "query/../tooling",
            "query/.",
            "query/%2e%2e/tooling",
            "query/%2E./tooling",
            "query/..%2ftooling",
            "query%2f..%2ftooling",
            "query/..;/tooling",
            "query/%2e%2e%3b/tooling",
            "query;x/1",
            "query/%252e%252e/tooling",
            "query/%25252e%25252e/tooling",
            "query/%252525252525252e/tooling",
            "query//tooling",
            "query\\tooling",
            "query/%5c..%5ctooling",
            "query/..\\tooling",
            "query/%00",
            "query/%0d%0aX",
            "query/user@evil.example",
            "query/%ff",
            "query/å",
            "query/a%2eb",
            "query/%zz",
            "query/%",
            "query/%2f%2fx",
            "query/%20../x",
        ] {
            let target = format!("/services/data/v65.0/{path}");
            // hyper refuses a request whose path `http` cannot parse.
            if target.parse::<PathAndQuery>().is_ok() {
                assert_eq!(status(&CallRules::default(), "GET", &target, &[]), 400, "{path}");
            }
        }
    }

    #[test]
    fn method_that_replaces_another_has_to_be_allowed_too() {
        let target = "/services/data/v65.0/sobjects/Account/001";
        let write = CallRules::default().methods([Method::POST, Method::PATCH]);
        for (name, query, header, reading, writing) in [
            ("none", "", None, 403, 200),
            ("patch", "?_HttpMethod=PATCH", None, 403, 200),
            ("delete", "?_HttpMethod=DELETE", None, 403, 403),
            ("another case", "?a=b&_HTTPMETHOD=DELETE", None, 403, 403),
            ("another spelling", "?_HTTP_Method=DELETE", None, 403, 403),
            ("encoded", "?%5fHttp%4dethod=DELETE", None, 403, 403),
            ("encoded twice", "?%255fHttpMethod=DELETE", None, 403, 403),
            ("after a semicolon", "?a=1;_HttpMethod=DELETE", None, 403, 403),
            ("with a zero byte", "?_HttpMethod%00=DELETE", None, 403, 403),
            ("of other servers", "?_method=DELETE", None, 403, 403),
            ("a form", "", Some(("content-type", "application/x-www-form-urlencoded")), 403, 403),
            ("no value", "?_HttpMethod", None, 403, 403),
            ("two", "?_HttpMethod=PATCH&_HttpMethod=DELETE", None, 403, 403),
            ("a header", "", Some(("x-http-method-override", "DELETE")), 403, 403),
            ("an allowed header", "", Some(("x-http-method-override", "PATCH")), 403, 200),
            ("another header", "", Some(("x-http-method", "DELETE")), 403, 403),
        ] {
            let target = format!("{target}{query}");
            let headers: Vec<_> = header.into_iter().collect();
            let default = CallRules::default();
            assert_eq!(status(&default, "POST", &target, &headers), reading, "{name}");
            assert_eq!(status(&write, "POST", &target, &headers), writing, "{name}");
            let get = if name == "none" { 200 } else { 403 };
            assert_eq!(status(&default, "GET", &target, &headers), get, "{name}, GET");
        }
    }

    #[test]
    fn paths_of_a_profile_replace_the_default() {
        let rules = CallRules::default().paths(["sobjects/Account/", "/services/apexrest/orders"]);
        for (target, expected) in [
            ("/services/data", 200),
            ("/services/data/v65.0/sobjects/Account", 200),
            ("/services/data/v65.0/sobjects/Account/001/Name", 200),
            ("/services/data/v65.0/sobjects/AccountX", 403),
            ("/services/data/v65.0/sobjects", 403),
            ("/services/data/v65.0/query", 403),
            ("/services/apexrest/orders/1", 200),
            ("/services/apexrest/ordersX", 403),
            ("/services/apexrest", 403),
        ] {
            assert_eq!(status(&rules, "GET", target, &[]), expected, "{target}");
        }
    }

    #[test]
    fn paths_that_return_sessions_cannot_be_allowed() {
        let rules = CallRules::default().paths(["/services"]);
        assert_eq!(status(&rules, "GET", "/services/apexrest/orders", &[]), 200);
        for path in ["oauth2", "oauth2/singleaccess", "OAuth2/userinfo", "%6fauth2/userinfo"] {
            let target = format!("/services/{path}");
            assert_eq!(status(&rules, "GET", &target, &[]), 403, "{target}");
        }
    }
}
