//! Answers that no org gives, from a socket that says what it likes.

use std::time::Duration;

use anyhow::{Result, ensure};
use conformance::cases::Cases;
use conformance::home::{Home, RECORD, USER};
use conformance::program::Ran;
use conformance::raw::{Answer, Raw};
use conformance::secret::shows;

pub(crate) fn run(cases: &mut Cases) -> Result<()> {
    for (name, answer) in good() {
        cases.case(name, || accepted(answer));
    }
    for (name, code, answer) in [tokens(), bodies(), long(), broken()].concat() {
        cases.case(name, || refused(answer, code));
    }
    for (name, exit, answer) in statuses() {
        cases.case(name, || status(answer, exit));
    }
    Ok(())
}

/// Each comes with a good token in it.
fn good() -> Vec<(&'static str, Answer)> {
    let with = |fields: &str| json("200 OK", &format!("{{{fields},{}}}", fields_but("")));
    vec![
        (
            "A93 extra fields and issued_at as a string",
            with(r#""issued_at":"1700000000000","x":{"y":[]}"#),
        ),
        ("A99 expires_in as a string", with(r#""expires_in":"3600""#)),
        ("A99 expires_in of zero", with(r#""expires_in":0"#)),
        ("A99 expires_in below zero", with(r#""expires_in":-1"#)),
        ("A99 expires_in beyond everything", with(r#""expires_in":1e308"#)),
        ("A99 expires_in of 63 bits", with(r#""expires_in":9223372036854775808"#)),
        (
            "A116 headers that ask for more",
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
fn tokens() -> Vec<(&'static str, &'static str, Answer)> {
    let ok = |body: &str| json("200 OK", body);
    let but = |name: &str, field: &str| ok(&format!("{{{field}{}}}", fields_but(name)));
    vec![
        ("A94 no token", "resp.missing_token", but("access_token", "")),
        ("A94 empty token", "resp.missing_token", but("access_token", r#""access_token":"","#)),
        ("A94 token of null", "resp.missing_token", but("access_token", r#""access_token":null,"#)),
        (
            "A94 a list for a token",
            "resp.missing_token",
            but("access_token", r#""access_token":[],"#),
        ),
        (
            "A95 line break in the token",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanary\r\nX: y","#),
        ),
        (
            "A95 token that is not ASCII",
            "resp.token_syntax",
            but("access_token", r#""access_token":"00Dcanaré","#),
        ),
        (
            "A95 token of 9 KiB",
            "resp.token_syntax",
            but("access_token", &format!(r#""access_token":"{}","#, "x".repeat(9216))),
        ),
        ("A96 token of type mac", "resp.token_type", but("token_type", r#""token_type":"mac","#)),
    ]
}

/// Answers of 200 that say something else.
fn bodies() -> Vec<(&'static str, &'static str, Answer)> {
    let ok = |body: &str| json("200 OK", body);
    let but = |name: &str, field: &str| ok(&format!("{{{field}{}}}", fields_but(name)));
    let html = |kind: &str| {
        let headers = format!("Content-Type: {kind}\r\n");
        Answer::Bytes(response("200 OK", &headers, b"<html><body>Log in</body></html>"))
    };
    vec![
        ("A97 two tokens", "resp.json", but("", r#""access_token":"00Dother!AQ","#)),
        ("A100 login page with 200", "resp.content_type", html("text/html;charset=UTF-8")),
        ("A100 text/plain", "resp.content_type", html("text/plain")),
        (
            "A100 no Content-Type",
            "resp.content_type",
            Answer::Bytes(response("200 OK", "", b"<html>")),
        ),
        (
            "A101 bytes that are not UTF-8",
            "resp.encoding",
            Answer::Bytes(response("200 OK", JSON, b"{\"access_token\":\"\xff\xfe\"}")),
        ),
        (
            "A102 gzip",
            "resp.encoding",
            Answer::Bytes(response(
                "200 OK",
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                b"\x1f\x8b\x08",
            )),
        ),
        ("A110 64 KiB of brackets", "resp.json", ok(&"[".repeat(64 * 1024))),
        (
            "A111 instance URL in plain http",
            "resp.instance_url",
            but("instance_url", r#""instance_url":"http://acme.my.salesforce.com","#),
        ),
        (
            "A111 instance URL of a stranger",
            "resp.instance_url",
            but("instance_url", r#""instance_url":"https://evil.example","#),
        ),
        ("A111 no instance URL", "resp.instance_url", but("instance_url", "")),
        ("A109 200 without a body", "resp.empty", ok("")),
        ("A109 204", "resp.empty", Answer::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())),
    ]
}

/// More than anyone should read, or slower than anyone should wait.
fn long() -> Vec<(&'static str, &'static str, Answer)> {
    let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    let slow = Duration::from_millis(50);
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    vec![
        (
            "A103 Content-Length of 64 KiB and one",
            "resp.too_large",
            Answer::Flood(head(&format!("{JSON}Content-Length: 65537\r\n"))),
        ),
        ("A103 no end", "resp.too_large", Answer::Flood(head(JSON))),
        (
            "A104 body of 20 bytes a second",
            "resp.timeout",
            Answer::Drip(head(&format!("{JSON}Content-Length: 1000\r\n")), b' ', slow),
        ),
        (
            "A104 head of 20 bytes a second",
            "resp.timeout",
            Answer::Drip(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), b'y', slow),
        ),
        ("A104 silence", "resp.timeout", Answer::Silence),
        ("A105 101 headers", "resp.headers", Answer::Bytes(head(&format!("{many}{JSON}")))),
        (
            "A105 head of 64 KiB",
            "resp.headers",
            Answer::Bytes(head(&format!("X: {}\r\n", "y".repeat(65536)))),
        ),
    ]
}

/// No HTTP, half of it, or a way out.
fn broken() -> Vec<(&'static str, &'static str, Answer)> {
    let raw = |text: &str| Answer::Bytes(text.as_bytes().to_vec());
    vec![
        (
            "A105 folded header",
            "resp.headers",
            raw("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        ),
        ("A106 banner of SSH", "resp.protocol", raw("SSH-2.0-OpenSSH_9.2\r\n")),
        ("A106 garbage", "resp.protocol", Answer::Bytes(vec![0x16, 3, 1, 0, 0, 7, 9, 0xff])),
        (
            "A106 two lengths",
            "resp.protocol",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        ),
        (
            "A107 body cut",
            "resp.truncated",
            Answer::Bytes(format!("HTTP/1.1 200 OK\r\n{JSON}Content-Length: 90\r\n\r\n{{").into()),
        ),
        (
            "A107 chunks cut",
            "resp.truncated",
            Answer::Bytes(
                format!("HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n5\r\n{{}}")
                    .into(),
            ),
        ),
        ("A108 301 to another host", "resp.redirect", redirect("301 Moved Permanently")),
        ("A108 302 to another host", "resp.redirect", redirect("302 Found")),
        ("A108 303 to another host", "resp.redirect", redirect("303 See Other")),
        ("A108 307 to another host", "resp.redirect", redirect("307 Temporary Redirect")),
        ("A108 308 to another host", "resp.redirect", redirect("308 Permanent Redirect")),
    ]
}

/// Refusals, in the words of the platform and in nobody's.
fn statuses() -> Vec<(&'static str, i32, Answer)> {
    let page = |status: &str| {
        Answer::Bytes(response(status, "Content-Type: text/html\r\n", CANARY_PAGE.as_bytes()))
    };
    let refusal = |description: &str| {
        json(
            "400 Bad Request",
            &format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#),
        )
    };
    vec![
        (
            "A98 error in a 200",
            4,
            json(
                "200 OK",
                r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
            ),
        ),
        ("A112 escapes of a terminal", 4, refusal(r"\u001b[31mred\u001b]0;title\u0007")),
        (
            "A112 a token in the description",
            4,
            refusal("session 00Dxx0000006JFr!AQcanary.canary_canary ended"),
        ),
        ("A112 10 KiB of description", 4, refusal(&"words and words ".repeat(640))),
        ("A113 429", 7, page("429 Too Many Requests")),
        ("A113 500", 8, page("500 Internal Server Error")),
        ("A113 502", 8, page("502 Bad Gateway")),
        ("A113 503", 8, page("503 Service Unavailable")),
        ("A113 504", 8, page("504 Gateway Timeout")),
        ("A113 403 without JSON", 6, page("403 Forbidden")),
        ("A113 404 without JSON", 6, page("404 Not Found")),
        (
            "A114 error as a list",
            4,
            json("401 Unauthorized", r#"[{"errorCode":"INVALID_AUTH_HEADER","message":"no"}]"#),
        ),
    ]
}

fn accepted(answer: Answer) -> Result<()> {
    let (ran, _) = login(answer)?;
    ensure!(ran.good()?.trim_end() == TOKEN, "it printed something else");
    Ok(())
}

fn refused(answer: Answer, code: &str) -> Result<()> {
    let (ran, requests) = login(answer)?;
    ensure!(ran.exit != 0, "accepted");
    let error = ran.error()?;
    ensure!(error["code"] == code, "{}, not {code}: {}", error["code"], error["message"]);
    ensure!(ran.exit == 6, "exit code {}, not 6", ran.exit);
    if code == "resp.redirect" {
        ensure!(requests == 1, "the assertion was sent {requests} times");
    }
    Ok(())
}

fn status(answer: Answer, exit: i32) -> Result<()> {
    let (ran, _) = login(answer)?;
    ensure!(ran.exit == exit, "exit code {}, not {exit}: {}", ran.exit, ran.stderr.trim());
    let printable = |c: char| c == '\n' || !c.is_control();
    ensure!(ran.stderr.chars().all(printable), "controls reach the terminal");
    ensure!(ran.stderr.len() < 4096, "{} bytes of error", ran.stderr.len());
    Ok(())
}

/// What the program said, and how many requests came.
fn login(answer: Answer) -> Result<(Ran, usize)> {
    // What never ends is waited for in vain; for all else there is time, however busy the machine.
    let timeout = match answer {
        Answer::Drip(..) | Answer::Silence => "2s",
        Answer::Bytes(_) | Answer::Flood(_) => "60s",
    };
    let socket = Raw::answering(answer)?;
    let mut home = Home::new()?;
    home.write_record(USER, &format!("http://{}", socket.host()))?;
    home.set_flags(["--json", "-s", RECORD, "--allow-host", &socket.host(), "--timeout", timeout]);
    let ran = home.orgtoken(&["token", "--output", "raw"])?;

    home.is_kept_by(&ran)?;
    ensure!(ran.exit == 0 || ran.stdout.is_empty(), "something on standard output");
    for secret in [TOKEN, "canary.canary_canary", "eyJhbGciOiJSUzI1NiJ9."] {
        ensure!(!shows(&ran.stderr, secret), "standard error shows a secret");
    }
    Ok((ran, socket.requests()))
}

fn redirect(status: &str) -> Answer {
    let location = "Location: https://evil.example/services/oauth2/token\r\n";
    Answer::Bytes(response(status, location, b""))
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
const TOKEN: &str = "00Dxx0000006JFr!AQcanary.of_this_token";
const CANARY_PAGE: &str = "<html><body>session canary.canary_canary</body></html>";
