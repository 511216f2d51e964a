//! What is answered, and what has to come of it.

use std::time::Duration;

use conformance::raw::Answer;

/// Each comes with a good token in it.
pub(super) fn good() -> Vec<(&'static str, Answer)> {
    let with = |fields: &str| json("200 OK", &format!("{{{fields},{}}}", fields_but("")));
    vec![
        (
            "extra fields and issued_at as a string",
            with(r#""issued_at":"1700000000000","x":{"y":[]}"#),
        ),
        ("expires_in as a string", with(r#""expires_in":"3600""#)),
        ("expires_in of zero", with(r#""expires_in":0"#)),
        ("expires_in below zero", with(r#""expires_in":-1"#)),
        ("expires_in beyond everything", with(r#""expires_in":1e308"#)),
        ("expires_in of 63 bits", with(r#""expires_in":9223372036854775808"#)),
        (
            "headers that ask for more",
            Answer::Bytes(response(
                "200 OK",
                "Content-Type: application/json\r\nSet-Cookie: a=b\r\nAlt-Svc: h3=\":443\"\r\n\
                 Refresh: 0;url=https://evil.example\r\nLink: <https://evil.example>; rel=next\r\n",
                format!("{{{}}}", fields_but("")).as_bytes(),
            )),
        ),
    ]
}

/// Answers of 200 whose token is none.
pub(super) fn tokens() -> Vec<(&'static str, &'static str, Answer)> {
    let ok = |body: &str| json("200 OK", body);
    let but = |name: &str, field: &str| ok(&format!("{{{field}{}}}", fields_but(name)));
    vec![
        ("no token", "resp.missing_token", but("access_token", "")),
        ("empty token", "resp.missing_token", but("access_token", r#""access_token":"","#)),
        ("token of null", "resp.missing_token", but("access_token", r#""access_token":null,"#)),
        ("a number for a token", "resp.missing_token", but("access_token", r#""access_token":7,"#)),
        ("a list for a token", "resp.missing_token", but("access_token", r#""access_token":[],"#)),
        (
            "line break in the token",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanary\r\nX: y","#),
        ),
        (
            "blank in the token",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanary X","#),
        ),
        (
            "control in the token",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanary\u0007","#),
        ),
        (
            "token that is not ASCII",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanaré","#),
        ),
        (
            "token of 9 KiB",
            "resp.token_syntax",
            but("access_token", &format!(r#""access_token":"{}","#, "x".repeat(9216))),
        ),
        ("token of type mac", "resp.token_type", but("token_type", r#""token_type":"mac","#)),
    ]
}

/// Answers of 200 that say something else.
pub(super) fn bodies() -> Vec<(&'static str, &'static str, Answer)> {
    let ok = |body: &str| json("200 OK", body);
    let but = |name: &str, field: &str| ok(&format!("{{{field}{}}}", fields_but(name)));
    let html = |kind: &str| {
        let headers = format!("Content-Type: {kind}\r\n");
        Answer::Bytes(response("200 OK", &headers, b"<html><body>Log in</body></html>"))
    };
    vec![
        ("two tokens", "resp.json", but("", r#""access_token":"00Dother!AQ","#)),
        ("login page with 200", "resp.content_type", html("text/html;charset=UTF-8")),
        ("text/plain", "resp.content_type", html("text/plain")),
        ("no Content-Type", "resp.content_type", Answer::Bytes(response("200 OK", "", b"<html>"))),
        ("64 KiB of brackets", "resp.json", ok(&"[".repeat(64 * 1024))),
        ("200 without a body", "resp.empty", ok("")),
        ("204", "resp.empty", Answer::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())),
    ]
}

/// Answers of 200 whose text cannot be read.
pub(super) fn encodings() -> Vec<(&'static str, &'static str, Answer)> {
    let surrogate =
        format!(r#"{{"access_token":"00Dcanary\ud800",{}}}"#, fields_but("access_token"));
    vec![
        (
            "bytes that are not UTF-8",
            "resp.encoding",
            Answer::Bytes(response("200 OK", JSON, b"{\"access_token\":\"\xff\xfe\"}")),
        ),
        (
            "UTF-16",
            "resp.encoding",
            Answer::Bytes(response(
                "200 OK",
                "Content-Type: application/json;charset=UTF-16\r\n",
                b"\xfe\xff\0{\0}",
            )),
        ),
        ("half a surrogate pair", "resp.json", json("200 OK", &surrogate)),
        ("gzip", "resp.encoding", encoded("gzip", b"\x1f\x8b\x08")),
        ("br", "resp.encoding", encoded("br", b"\x0b\x02\x80")),
        ("zstd", "resp.encoding", encoded("zstd", b"\x28\xb5\x2f\xfd")),
    ]
}

/// Answers of 200 whose token is for somewhere else.
pub(super) fn instance_urls() -> Vec<(&'static str, &'static str, Answer)> {
    let rest = fields_but("instance_url");
    let at = |url: &str| json("200 OK", &format!(r#"{{"instance_url":"{url}",{rest}}}"#));
    vec![
        ("instance URL in plain http", "resp.instance_url", at("http://acme.my.salesforce.com")),
        ("instance URL of a stranger", "resp.instance_url", at("https://evil.example")),
        (
            "instance URL with a user",
            "resp.instance_url",
            at("https://canary@acme.my.salesforce.com"),
        ),
        ("no instance URL", "resp.instance_url", json("200 OK", &format!("{{{rest}}}"))),
    ]
}

/// More than anyone should read, or slower than anyone should wait.
pub(super) fn long() -> Vec<(&'static str, &'static str, Answer)> {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    let slow = Duration::from_millis(50);
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    vec![
        (
            "Content-Length of 64 KiB and one",
            "resp.too_large",
            Answer::Flood(head(&format!("{JSON}Content-Length: 65537\r\n"))),
        ),
        ("no end", "resp.too_large", Answer::Flood(head(JSON))),
        (
            "a chunk of 1 GiB",
            "resp.too_large",
            Answer::Flood(
                [head(&format!("{JSON}Transfer-Encoding: chunked\r\n")), b"40000000\r\n".into()]
                    .concat(),
            ),
        ),
        (
            "body of 20 bytes a second",
            "resp.timeout",
            Answer::Drip(head(&format!("{JSON}Content-Length: 1000\r\n")), b' ', slow),
        ),
        (
            "head of 20 bytes a second",
            "resp.timeout",
            Answer::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), b'y', slow),
        ),
        ("silence", "resp.timeout", Answer::Silence),
        ("101 headers", "resp.headers", Answer::Bytes(head(&format!("{many}{JSON}")))),
        (
            "head of 64 KiB",
            "resp.headers",
            Answer::Bytes(head(&format!("X: {}\r\n", "y".repeat(65536)))),
        ),
    ]
}

/// No HTTP, or half of it.
pub(super) fn broken() -> Vec<(&'static str, &'static str, Answer)> {
    let raw = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    vec![
        (
            "folded header",
            "resp.headers",
            raw("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        ),
        ("banner of SSH", "resp.protocol", raw("SSH-2.0-OpenSSH_9.2\r\n")),
        ("HTTP/0.9", "resp.protocol", raw("<html></html>")),
        (
            "a length and chunks",
            "resp.protocol",
            raw(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
        ),
        ("garbage", "resp.protocol", Answer::Bytes(vec![0x16, 3, 1, 0, 0, 7, 9, 0xff])),
        (
            "two lengths",
            "resp.protocol",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ),
        (
            "body cut",
            "resp.truncated",
            Answer::Bytes(format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 90\r\n\r\n{{").into()),
        ),
        (
            "chunks cut",
            "resp.truncated",
            Answer::Bytes(
                format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n5\r\n{{}}")
                    .into(),
            ),
        ),
    ]
}

/// The assertion is not to go there.
pub(super) fn redirects() -> Vec<(&'static str, &'static str, Answer)> {
    vec![
        ("301 to another host", "resp.redirect", redirect("301", ELSEWHERE)),
        ("302 to another host", "resp.redirect", redirect("302", ELSEWHERE)),
        ("303 to another host", "resp.redirect", redirect("303", ELSEWHERE)),
        ("307 to another host", "resp.redirect", redirect("307", ELSEWHERE)),
        ("308 to another host", "resp.redirect", redirect("308", ELSEWHERE)),
        (
            "307 to plain http",
            "resp.redirect",
            redirect("307", "http://acme.my.salesforce.com/services/oauth2/token"),
        ),
        (
            "307 to the same place, for ever",
            "resp.redirect",
            redirect("307", "/services/oauth2/token"),
        ),
        ("308 to nowhere", "resp.redirect", redirect("308", "//")),
    ]
}

/// No, and why.
pub(super) fn refusals() -> Vec<(&'static str, i32, &'static str, Answer)> {
    let refusal = |description: &str| {
        json(
            "400 Bad Request",
            &format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#),
        )
    };
    vec![
        (
            "error in a 200",
            4,
            "refused.user_not_approved",
            json(
                "200 OK",
                r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
            ),
        ),
        (
            "escapes of a terminal",
            4,
            "refused.unknown",
            refusal(r"\u001b[31mred\u001b]0;title\u0007"),
        ),
        (
            "a token in the description",
            4,
            "refused.unknown",
            refusal("session 00Dxx0000006JFr!AQcanary.canary_canary ended"),
        ),
        ("10 KiB of description", 4, "refused.unknown", refusal(&"words and words ".repeat(640))),
        (
            "error as a list",
            4,
            "refused.session_expired",
            json("401 Unauthorized", r#"[{"errorCode":"INVALID_AUTH_HEADER","message":"no"}]"#),
        ),
    ]
}

/// No, without a word of why.
pub(super) fn statuses() -> Vec<(&'static str, i32, &'static str, Answer)> {
    let page = |status: &str| {
        Answer::Bytes(response(status, "Content-Type: text/html\r\n", CANARY_PAGE.as_bytes()))
    };
    vec![
        ("429", 7, "rate.limited", page("429 Too Many Requests")),
        ("500", 8, "unavailable.status", page("500 Internal Server Error")),
        ("502", 8, "unavailable.status", page("502 Bad Gateway")),
        ("503", 8, "unavailable.status", page("503 Service Unavailable")),
        ("504", 8, "unavailable.status", page("504 Gateway Timeout")),
        ("401 without JSON", 6, "resp.status", page("401 Unauthorized")),
        ("403 without JSON", 6, "resp.status", page("403 Forbidden")),
        ("404 without JSON", 6, "resp.status", page("404 Not Found")),
        ("405 without JSON", 6, "resp.status", page("405 Method Not Allowed")),
        ("415 without JSON", 6, "resp.status", page("415 Unsupported Media Type")),
    ]
}

fn redirect(status: &str, target: &str) -> Answer {
    Answer::Bytes(response(&format!("{status} Go"), &format!("Location: {target}\r\n"), b""))
}

fn encoded(coding: &str, body: &[u8]) -> Answer {
    let headers = format!("Content-Type: application/json\r\nContent-Encoding: {coding}\r\n");
    Answer::Bytes(response("200 OK", &headers, body))
}

fn json(status: &str, body: &str) -> Answer {
    Answer::Bytes(response(status, JSON, body.as_bytes()))
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// The fields of a good answer, but for one.
fn fields_but(name: &str) -> String {
    let fields = [
        ("access_token", TOKEN),
        ("instance_url", "https://acme.my.salesforce.com"),
        ("token_type", "Bearer"),
    ];
    let kept = fields.into_iter().filter(|(field, _)| *field != name);
    let fields: Vec<_> = kept.map(|(field, value)| format!("\"{field}\":\"{value}\"")).collect();
    fields.join(",")
}

const JSON: &str = "Content-Type: application/json;charset=UTF-8\r\n";
const ELSEWHERE: &str = "https://evil.example/services/oauth2/token";
const CANARY_PAGE: &str = "<html><body>session canary.canary_canary</body></html>";

pub(super) const TOKEN: &str = "00Dxx0000006JFr!AQcanary.of_this_token";
