use http::Response;
use orgtoken_assertion::Diagnostic;

use super::*;
use crate::Skew;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const SESSION: &str = "00Dxx0000006JFr!AR8AQcanary.canary_canary";

/// Returns a response. `headers` has one `Name: value` per line.
fn answer(status: u16, headers: &str, body: &[u8]) -> Response<Vec<u8>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    response.body(body.to_vec()).unwrap()
}

fn read(status: u16, headers: &str, body: &[u8]) -> Result<Token, TokenResponseError> {
    Token::from_http(&answer(status, headers, body), NOW, &AllowedHosts::none())
}

fn json(body: &str) -> Result<Token, TokenResponseError> {
    read(200, "Content-Type: application/json;charset=UTF-8", body.as_bytes())
}

/// Returns the JSON of a valid response with the fields of `changes`.
fn with(changes: &str) -> String {
    let mut fields = vec![changes.to_owned()];
    for (name, value) in [
        ("access_token", SESSION),
        ("instance_url", "https://acme.my.salesforce.com"),
        ("token_type", "Bearer"),
    ] {
        if !changes.contains(&format!("\"{name}\"")) {
            fields.push(format!("\"{name}\":\"{value}\""));
        }
    }
    format!(
        "{{{}}}",
        fields.into_iter().filter(|field| !field.is_empty()).collect::<Vec<_>>().join(",")
    )
}

// https://www.rfc-editor.org/rfc/rfc6749#section-5.1
#[test]
fn token_responses_are_read() {
    let minimal = format!(
        r#"{{"access_token":"{SESSION}","instance_url":"https://acme.my.salesforce.com"}}"#
    );
    let extra = with(r#""x":{"y":[1,null]},"signature":"c2ln","refresh_token":"r","z":1e308"#);
    for (name, body) in [
        ("minimal", minimal.as_str()),
        ("extra fields", &extra),
        ("issued_at as string", &with(r#""issued_at":"1736530186928""#)),
        ("issued_at as number", &with(r#""issued_at":1736530186928"#)),
        ("type first, lower case", &with(r#""token_type":"bearer""#)),
        ("escapes", &with(r#""access_token":"00Dxx0000006JFr\u0021AR8AQcanary.canary_canary""#)),
        ("white space", &format!("\r\n {} \n", with(""))),
    ] {
        let token = json(body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(token.access_token().secret(), SESSION, "{name}");
        assert_eq!(token.instance_url().as_str(), "https://acme.my.salesforce.com", "{name}");
        assert_eq!(token.received_at(), NOW, "{name}");
        assert!(!format!("{token:?}").contains("canary"), "{name}");
    }
}

#[test]
fn optional_fields_are_validated() {
    let body = with(
        r#""id":"https://login.salesforce.com/id/00Dxx0000006JFrEAM/005xx000001X9hBAAS","scope":"api id",
           "sfdc_community_url":"https://acme.my.site.com/customers""#,
    );
    let listed = AllowedHosts::parse(["acme.my.site.com"]).unwrap();
    let response = answer(200, "Content-Type: application/json", body.as_bytes());
    let token = Token::from_http(&response, NOW, &listed).unwrap();
    assert_eq!(token.scope(), Some("api id"));
    assert_eq!(token.base_url(), "https://acme.my.site.com/customers");

    for (name, field) in [
        ("control in scope", r#""scope":"api\u001b[31m""#),
        ("foreign site", r#""sfdc_community_url":"https://evil.example/x""#),
    ] {
        let token = json(&with(field)).unwrap();
        assert!(token.scope().is_none(), "{name}");
        assert_eq!(token.base_url(), token.instance_url().as_str(), "{name}");
    }
}

#[test]
fn responses_of_status_200_without_a_token_are_refused() {
    let long = with(&format!(r#""access_token":"{}""#, "x".repeat(8193)));
    for (name, body, code, said) in [
        (
            "missing",
            r#"{"instance_url":"https://acme.my.salesforce.com"}"#,
            "resp.missing_token",
            "missing",
        ),
        ("empty", &with(r#""access_token":"""#), "resp.missing_token", "empty"),
        ("null", &with(r#""access_token":null"#), "resp.missing_token", "null"),
        ("number", &with(r#""access_token":7"#), "resp.missing_token", "a number"),
        ("list", &with(r#""access_token":["canary"]"#), "resp.missing_token", "a list"),
        ("CR LF", &with(r#""access_token":"canary\r\nX: y""#), "resp.token_syntax", "control"),
        ("blank", &with(r#""access_token":"canary x""#), "resp.token_syntax", "blank"),
        ("control", &with(r#""access_token":"canary\u0000""#), "resp.token_syntax", "control"),
        ("not ASCII", &with(r#""access_token":"canaryé""#), "resp.token_syntax", "ASCII"),
        ("8193 bytes", &long, "resp.token_syntax", "token of 8193 bytes is longer than 8 KiB"),
        ("mac", &with(r#""token_type":"mac""#), "resp.token_type", "`mac`"),
        ("null", &with(r#""token_type":null"#), "resp.token_type", "something else"),
        (
            "not a word",
            &with(r#""token_type":"canary-canary""#),
            "resp.token_type",
            "something else",
        ),
        (
            "twice",
            &with(r#""access_token":"canary","access_token":"canary""#),
            "resp.json",
            "has the field `access_token` twice",
        ),
        (
            "instance twice",
            &with(
                r#""instance_url":"https://a.my.salesforce.com","instance_url":"https://b.my.salesforce.com""#,
            ),
            "resp.json",
            "`instance_url`",
        ),
        ("lone surrogate", &with(r#""scope":"canary\ud800""#), "resp.json", "line 1"),
        ("empty", "", "resp.empty", "200"),
        ("blank", " \r\n", "resp.empty", "200"),
        ("brackets", &"[".repeat(64 * 1024), "resp.json", "line 1"),
        ("braces", &r#"{"x":"#.repeat(10_000), "resp.json", "line 1"),
        ("string", r#""canary""#, "resp.json", "line 1"),
        ("rest after the end", &format!("{} canary", with("")), "resp.json", "line 1"),
        ("cut", r#"{"access_token":"canary"#, "resp.json", "line 1"),
        ("missing", r#"{"access_token":"canary"}"#, "resp.instance_url", "missing"),
        (
            "http",
            &with(r#""instance_url":"http://acme.my.salesforce.com""#),
            "resp.instance_url",
            "https",
        ),
        (
            "no scheme",
            &with(r#""instance_url":"acme.my.salesforce.com""#),
            "resp.instance_url",
            "https",
        ),
        (
            "foreign",
            &with(r#""instance_url":"https://evil.example""#),
            "resp.instance_url",
            "`evil.example`",
        ),
        (
            "user",
            &with(r#""instance_url":"https://canary@acme.my.salesforce.com""#),
            "resp.instance_url",
            "user name",
        ),
        (
            "path",
            &with(r#""instance_url":"https://acme.my.salesforce.com/canary""#),
            "resp.instance_url",
            "path",
        ),
        (
            "64 KiB and one",
            &with(&format!(r#""x":"{}""#, "y".repeat(64 * 1024))),
            "resp.too_large",
            "65536",
        ),
    ] {
        let error = json(body).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(!error.is_transient(), "{name}");
        let shown = format!("{error} {error:?} {:?}", error.hint().expect(name));
        assert!(!shown.contains("canary"), "{name}: {shown}");
    }
}

#[test]
fn content_type_and_encoding_are_checked() {
    let good = with("");
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let page = b"<html><title>Login | Salesforce</title>canary";
    for (name, headers, body, code, said) in [
        ("HTML", "Content-Type: text/html", page.as_slice(), "resp.content_type", "HTML"),
        ("HTML as JSON", "Content-Type: application/json", page, "resp.json", "line 1"),
        ("text", "Content-Type: text/plain", b"canary", "resp.content_type", "text"),
        ("JSON as text", "Content-Type: text/plain", good.as_bytes(), "resp.content_type", "JSON"),
        ("no type", "", good.as_bytes(), "resp.content_type", "JSON"),
        (
            "UTF-16",
            "Content-Type: application/json; charset=utf-16",
            &utf_16,
            "resp.encoding",
            "charset",
        ),
        (
            "Latin-1",
            "Content-Type: application/json; charset=\"ISO-8859-1\"",
            good.as_bytes(),
            "resp.encoding",
            "charset",
        ),
        (
            "bytes",
            "Content-Type: application/json",
            b"{\"access_token\":\"canary\xff\"}",
            "resp.encoding",
            "UTF-8",
        ),
        (
            "gzip",
            "Content-Type: application/json\nContent-Encoding: gzip",
            b"\x1f\x8b\x08canary",
            "resp.encoding",
            "content encoding",
        ),
        (
            "br",
            "Content-Type: application/json\nContent-Encoding: br",
            good.as_bytes(),
            "resp.encoding",
            "content encoding",
        ),
        (
            "zstd",
            "Content-Type: application/json\nContent-Encoding: zstd",
            good.as_bytes(),
            "resp.encoding",
            "content encoding",
        ),
        (
            "twice",
            "Content-Type: application/json\nContent-Encoding: identity\nContent-Encoding: gzip",
            good.as_bytes(),
            "resp.encoding",
            "content encoding",
        ),
    ] {
        let error = read(200, headers, body).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{name}");
    }
}

#[test]
fn other_headers_are_ignored() {
    let headers = "Content-Type: application/json\nContent-Encoding: identity\n\
                   Set-Cookie: BrowserId=x\nAlt-Svc: h3=\":443\"\nRefresh: 0;url=https://evil.example\n\
                   Link: <https://evil.example>; rel=preload\nRetry-After: 5";
    assert!(read(200, headers, with("").as_bytes()).is_ok());
}

#[test]
fn redirects_are_refused_and_only_their_host_is_named() {
    for (name, status, location, target) in [
        ("same host", 301, "https://acme.my.salesforce.com/canary", Some("acme.my.salesforce.com")),
        ("other host", 302, "https://evil.example/?canary", Some("evil.example")),
        ("http", 303, "http://acme.my.salesforce.com/", None),
        ("path only", 307, "/canary", None),
        ("nowhere", 308, "//", None),
        ("user", 308, "https://canary@evil.example/", None),
    ] {
        let error = read(status, &format!("Location: {location}"), b"").expect_err(name);
        assert_eq!(error.code(), "resp.redirect", "{name}");
        let TokenResponseError::Redirect { target: seen, .. } = &error else {
            panic!("{name}: {error}")
        };
        assert_eq!(seen.as_deref(), target, "{name}");
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("canary"), "{name}");
    }
}

#[test]
fn statuses_without_a_refusal_have_a_class_and_no_body() {
    for (name, status, body, code, transient) in [
        ("no content", 204, "", "resp.empty", false),
        ("created", 201, r#"{"access_token":"canary"}"#, "resp.status", false),
        ("bad request", 400, "canary", "resp.status", false),
        ("unauthorised", 401, "<html>canary", "resp.status", false),
        ("forbidden", 403, "canary", "resp.status", false),
        ("not found", 404, "<html>canary", "resp.status", false),
        ("method", 405, "", "resp.status", false),
        ("timeout", 408, "", "resp.status", true),
        ("media type", 415, r#"{"canary":1}"#, "resp.status", false),
        ("Edge", 420, "canary", "unavailable.status", true),
        ("too many", 429, "canary", "rate.limited", false),
        ("broken", 500, "<html>canary", "unavailable.status", true),
        ("gateway", 502, "", "unavailable.status", true),
        ("down", 503, "<html>canary", "unavailable.status", true),
        ("gateway timeout", 504, "canary", "unavailable.status", true),
        (
            "maintenance with 200",
            200,
            "<html>The data you were trying to access could not be found. canary",
            "unavailable.maintenance",
            true,
        ),
        (
            "a footer about maintenance with 404",
            404,
            "<html>News: our shop is down for Maintenance canary",
            "resp.status",
            false,
        ),
        (
            "maintenance with 503",
            503,
            "<html>scheduled maintenance canary",
            "unavailable.maintenance",
            true,
        ),
        ("400 without JSON", 400, "<html>canary", "resp.status", false),
    ] {
        let error = read(status, "Content-Type: text/html", body.as_bytes()).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert_eq!(error.is_transient(), transient, "{name}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{name}");
    }
    let error = read(502, "", b"<html>canary</html>").unwrap_err();
    assert_eq!(error.to_string(), "response has status 502 with 19 bytes of HTML");
}

#[test]
fn refusals_keep_code_description_status_and_class() {
    use crate::RefusalClass::{CoolDown, Permanent, PropagationDelay, Transient};
    const NOT_APPROVED: &str = "{\"error\":\"invalid_grant\",\"error_description\":\"user hasn\u{2019}t approved this consumer\"}";
    const EXPIRED: &str =
        r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
    const BUSY: &str = r#"{"error":"unknown_error","error_description":"retry your request"}"#;
    const RATE: &str = r#"{"error":"invalid_grant","error_description":"login rate exceeded"}"#;
    for (name, status, body, display, code, class) in [
        (
            "not approved",
            400,
            NOT_APPROVED,
            "invalid_grant: user hasn't approved this consumer",
            "refused.user_not_approved",
            PropagationDelay,
        ),
        (
            "error with 200",
            200,
            NOT_APPROVED,
            "invalid_grant: user hasn't approved this consumer",
            "refused.user_not_approved",
            PropagationDelay,
        ),
        (
            "error and token",
            200,
            r#"{"error":"x","access_token":"canary"}"#,
            "x",
            "refused.unknown",
            Permanent,
        ),
        (
            "list",
            401,
            EXPIRED,
            "INVALID_SESSION_ID: Session expired or invalid",
            "refused.session_expired",
            Permanent,
        ),
        (
            "list with 503",
            503,
            EXPIRED,
            "INVALID_SESSION_ID: Session expired or invalid",
            "unavailable.refused",
            Transient,
        ),
        ("empty list", 400, "[]", "", "resp.status", Permanent),
        (
            "retry your request",
            400,
            BUSY,
            "unknown_error: retry your request",
            "refused.retry_your_request",
            Transient,
        ),
        ("login rate", 400, RATE, "invalid_grant: login rate exceeded", "rate.login", CoolDown),
        ("429", 429, r#"{"error":"x"}"#, "x", "rate.limited", CoolDown),
        ("unknown", 400, r#"{"error":"never_seen"}"#, "never_seen", "refused.unknown", Permanent),
        (
            "server error",
            500,
            r#"{"error":"never_seen"}"#,
            "never_seen",
            "unavailable.refused",
            Transient,
        ),
        ("error twice", 400, r#"{"error":"a","error":"b"}"#, "b", "refused.unknown", Permanent),
        ("no code", 400, r#"{"error":7}"#, "", "resp.status", Permanent),
    ] {
        let error =
            read(status, "Content-Type: application/json", body.as_bytes()).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert_eq!(error.is_transient(), class == Transient, "{name}");
        if let TokenResponseError::Refused(refusal) = &error {
            assert_eq!(refusal.to_string(), display, "{name}");
            assert_eq!(refusal.class(), class, "{name}");
            assert_eq!(refusal.status().unwrap().as_u16(), status, "{name}");
        }
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("canary"), "{name}");
    }
}

#[test]
fn hostile_descriptions_are_sanitized() {
    let session = "00Dxx0000006JFr!AR8AQcanary.canary_canary";
    for (name, description) in [
        ("HTML", "<script>alert(1)</script>".to_owned()),
        ("escapes", r"\u001b]8;;https://evil.example\u0007click\u001b[2J".to_owned()),
        ("long", "x".repeat(10 * 1024)),
        ("session id", format!("bad token {session}")),
        ("JWT", "bad eyJhbGciOiJSUzI1NiJ9canary.eyJpc3MiOiJcanary.canary".to_owned()),
        ("key", r"bad -----BEGIN RSA PRIVATE KEY-----\ncanary".to_owned()),
    ] {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
        let error = read(400, "Content-Type: application/json", body.as_bytes()).expect_err(name);
        let TokenResponseError::Refused(refusal) = &error else { panic!("{name}: {error}") };
        let shown = refusal.description().unwrap();
        assert!(shown.len() <= 300, "{name}");
        assert!(
            shown.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'),
            "{name}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"), "{name}: {shown}");
    }
}

#[test]
fn expires_in_is_read_in_any_form() {
    const DEFAULT: u64 = 600;
    for (name, value, life) in [
        ("number", "7191", 7191),
        ("string", r#""3600""#, 3600),
        ("float", "3600.0", 3600),
        ("zero", "0", DEFAULT),
        ("negative", "-1", DEFAULT),
        ("1e308", "1e308", DEFAULT),
        ("2^63", "9223372036854775808", DEFAULT),
        ("2^64", "18446744073709551616", DEFAULT),
        ("more than a day", "86401", DEFAULT),
        ("text", r#""soon""#, DEFAULT),
        ("null", "null", DEFAULT),
        ("list", "[3600]", DEFAULT),
    ] {
        let token = json(&with(&format!(r#""expires_in":{value}"#))).unwrap();
        assert_eq!(token.expires_at().as_secs() - NOW.as_secs(), life, "{name}");
    }
}

#[test]
fn jwt_expires_before_its_exp() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let life = |exp: &str, lifetime: Option<u64>| {
        let claims =
            Base64UrlUnpadded::encode_string(format!(r#"{{"aud":["x"],"exp":{exp}}}"#).as_bytes());
        let token = json(&with(&format!(r#""access_token":"eyJhbGciOiJSUzI1NiJ9.{claims}.c2ln""#)))
            .unwrap();
        let token = match lifetime {
            Some(lifetime) => token.lifetime(Duration::from_secs(lifetime)),
            None => token,
        };
        token.expires_at().as_secs() - NOW.as_secs()
    };
    assert_eq!(life("1700001800", None), 1740);
    assert_eq!(life("1700000060", None), 30, "a life of one minute is halved");
    assert_eq!(life("1700001800", Some(300)), 300, "a shorter expires_in");
    assert_eq!(life("1700001800", Some(7200)), 1740, "a longer expires_in");
    assert_eq!(life("1699999999", None), 600, "ended before it began: the clock is wrong");
    assert_eq!(life("1e300", None), 600);
    assert_eq!(life("\"soon\"", None), 600);
}

#[test]
fn operator_may_set_the_lifetime_of_an_opaque_token() {
    let token = json(&with("")).unwrap().lifetime(Duration::from_secs(7200));
    assert_eq!(token.expires_at().as_secs() - NOW.as_secs(), 7200);
    let token = token.lifetime(Duration::MAX);
    assert_eq!(token.expires_at().as_secs(), u64::MAX);
}

#[test]
fn allowed_but_unexpected_host_has_a_notice() {
    let token = json(&with("")).unwrap();
    let url = |text| InstanceUrl::parse(text, &AllowedHosts::none()).unwrap();
    assert_eq!(token.instance_notice(&url("https://acme.my.salesforce.com")), None);
    let notice = token.instance_notice(&url("https://other.my.salesforce.com")).unwrap();
    assert!(
        notice.contains("acme.my.salesforce.com") && notice.contains("other.my.salesforce.com")
    );
}

#[test]
fn wrong_clock_is_part_of_the_hint() {
    const BODY: &[u8] =
        br#"{"error":"invalid_grant","error_description":"expired authorization code"}"#;
    for (name, date, said) in [
        ("behind", "Tue, 14 Nov 2023 22:23:20 GMT", Some("the local clock is 600 s behind")),
        ("ahead", "Tue, 14 Nov 2023 22:03:20 GMT", Some("the local clock is 600 s ahead")),
        ("a minute", "Tue, 14 Nov 2023 22:14:20 GMT", None),
        ("no date", "soon", None),
    ] {
        let headers = format!("Content-Type: application/json\nDate: {date}");
        let error = read(400, &headers, BODY).expect_err(name);
        let hint = error.hint().unwrap();
        assert_eq!(said.is_some(), hint.contains("the local clock is"), "{name}: {hint}");
        assert!(hint.contains(said.unwrap_or_default()), "{name}: {hint}");
        assert_eq!(
            Skew::of(answer(400, &headers, BODY).headers(), NOW).is_some(),
            said.is_some(),
            "{name}"
        );
    }
}

#[test]
fn retry_after_is_read_in_both_forms() {
    for (name, value, seconds) in [
        ("seconds", "5", Some(5)),
        ("a day", "86400", Some(86_400)),
        ("date", "Tue, 14 Nov 2023 22:13:50 GMT", Some(30)),
        ("date gone by", "Tue, 14 Nov 2023 22:00:00 GMT", Some(0)),
        ("overflow", "99999999999999999999999", Some(86_400)),
        ("garbage", "soon", None),
        ("negative", "-5", None),
        ("empty", "", None),
    ] {
        let error = read(503, &format!("Retry-After: {value}"), b"").expect_err(name);
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{name}");
    }
}

/// The local clock shows 22:13:20, and the server's an hour more or less.
#[test]
fn retry_after_as_a_date_is_compared_with_the_date_of_the_same_response() {
    for (name, date, until, seconds) in [
        ("local clock behind", "23:13:20", "23:13:50", 30),
        ("local clock ahead", "21:13:20", "21:13:50", 30),
        ("gone by", "23:13:20", "22:13:50", 0),
        ("no date that can be read", "yesterday", "22:13:50", 30),
    ] {
        let headers =
            format!("Date: Tue, 14 Nov 2023 {date} GMT\nRetry-After: Tue, 14 Nov 2023 {until} GMT");
        let error = read(503, &headers, b"").expect_err(name);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{name}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_panic(status in 200_u16..600, body in any::<Vec<u8>>()) {
            let _ = read(status, "Content-Type: application/json", &body);
        }

        #[test]
        fn no_error_shows_a_canary(
            status in prop::sample::select(vec![200_u16, 400, 401, 503]),
            name in prop::sample::select(vec!["access_token", "id", "instance_url", "token_type", "x"]),
            before in "[\\[\\]{}\",:a-z0-9\\\\]{0,12}",
            after in "[\\[\\]{}\",:a-z0-9\\\\]{0,12}",
        ) {
            let body = format!(r#"{{"{name}":{before}"s3cr3t-c4n4ry"{after}}}"#);
            if let Err(error) = read(status, "Content-Type: application/json", body.as_bytes()) {
                let shown = format!("{error} {error:?} {:?}", error.hint());
                prop_assert!(!shown.contains("c4n4ry"), "{}", shown);
            }
        }
    }
}
