//! The org over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod client;

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, SystemTime};

use orgtoken_fake_org::{AppKey, Scenario, StartError, User};

use client::{builder, get_request, plain, secure, through_proxy, token_of, token_request};

#[test]
fn login_and_a_call_over_tls() {
    let org = builder().tls(true).start().unwrap();
    let answer = secure(&org, &token_request("robot@acme.com", org.address())).unwrap();
    let token = token_of(&answer);
    let limits = get_request("/services/data/v66.0/limits", org.address(), &token);
    let limits = secure(&org, &limits).unwrap();
    assert!(limits.starts_with("HTTP/1.1 200 OK"), "{limits}");
    assert!(limits.contains("sforce-limit-info: api-usage=1/15000"), "{limits}");
    assert_eq!((org.logins(), org.logins_of("ROBOT@acme.com"), org.logins_of("x")), (1, 1, 0));
}

#[test]
fn responses_have_the_headers_of_salesforce() {
    let org = builder().start().unwrap();
    let answer = plain(&org, "GET /services/data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = answer.unwrap();
    for header in [
        "content-type: application/json;charset=UTF-8",
        "cache-control: no-cache,must-revalidate,max-age=0,no-store,private",
        "set-cookie: BrowserId=",
        "date: ",
    ] {
        assert!(answer.contains(header), "{header} in {answer}");
    }
}

#[test]
fn clock_can_be_set() {
    let org = builder().clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1)).start().unwrap();
    let request = get_request("/services/data", org.address(), "");
    assert!(plain(&org, &request).unwrap().contains("date: Thu, 01 Jan 1970 00:00:01 GMT"));
}

#[test]
fn proxy_leads_every_salesforce_host_to_the_org() {
    let org = builder().tls(true).start().unwrap();
    for host in
        ["login.salesforce.com", "acme.my.salesforce.com", "acme--uat.sandbox.my.salesforce.com"]
    {
        let answer = through_proxy(&org, host, &token_request("robot@acme.com", host)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{host}: {answer}");
    }
    let hosts: Vec<_> = org.requests().iter().map(|request| request.origin()).collect();
    assert_eq!(hosts[..2], ["https://login.salesforce.com", "https://acme.my.salesforce.com"]);
}

#[test]
fn plain_http_is_refused_by_an_org_with_tls() {
    let org = builder().tls(true).start().unwrap();
    let answer = plain(&org, &token_request("robot@acme.com", org.address())).unwrap();
    assert!(answer.contains("HTTPS required"), "{answer}");
    assert_eq!(org.logins(), 0);
}

#[test]
fn without_tls_there_is_no_ca_and_no_tunnel() {
    let org = builder().start().unwrap();
    assert!(org.ca_pem().is_none());
    let connect =
        "CONNECT login.salesforce.com:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(plain(&org, connect).unwrap().starts_with("HTTP/1.1 405"));
}

#[test]
fn scenarios_break_connections() {
    let met = |name: &str| User::new(format!("{name}@acme.com")).scenario(name.parse().unwrap());
    let org = builder().user(met("wire-closed")).user(met("wire-cut")).start().unwrap();
    let ask = |name: &str| plain(&org, &token_request(&format!("{name}@acme.com"), "x"));
    assert_eq!(ask("wire-closed").unwrap_or_default(), "");
    let cut = ask("wire-cut").unwrap_or_default();
    let (head, body) = cut.split_once("\r\n\r\n").unwrap_or_default();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let promised: usize = promised.unwrap().parse().unwrap();
    assert!(promised > body.len() && body.contains("access_token"), "{cut}");
}

#[test]
fn held_responses_wait_for_the_test() {
    let org = builder().start().unwrap();
    let hold = org.hold("/services/oauth2/token");
    thread::scope(|scope| {
        let ask = || plain(&org, &token_request("robot@acme.com", "x")).unwrap();
        let clients = [scope.spawn(ask), scope.spawn(ask)];
        hold.wait(2);
        assert_eq!((hold.count(), org.requests().len(), org.logins()), (2, 2, 0));
        hold.release();
        for client in clients {
            assert!(client.join().unwrap().starts_with("HTTP/1.1 200 OK"));
        }
    });
    assert_eq!(org.logins(), 2);
}

#[test]
fn scenario_of_a_user_can_change() {
    let org = builder().start().unwrap();
    let ask = || plain(&org, &token_request("robot@acme.com", "x")).unwrap();
    assert!(org.set_scenario("Robot@acme.com", Scenario::refusal(400, "new_code", "never seen")));
    assert!(ask().contains(r#"{"error":"new_code","error_description":"never seen"}"#));
    assert!(
        org.set_scenario("robot@acme.com", Scenario::page(503, "text/html", "<html>").times(1))
    );
    assert!(ask().starts_with("HTTP/1.1 503"));
    assert!(ask().starts_with("HTTP/1.1 200"));
    assert!(org.set_scenario("robot@acme.com", None));
    assert!(!org.set_scenario("nobody@acme.com", None));
}

#[test]
fn sessions_can_be_ended() {
    let org = builder().start().unwrap();
    let token = token_of(&plain(&org, &token_request("robot@acme.com", "x")).unwrap());
    let limits = get_request("/services/data/v66.0/limits", "x", &token);
    assert!(plain(&org, &limits).unwrap().starts_with("HTTP/1.1 200"));
    org.expire_all();
    assert!(plain(&org, &limits).unwrap().contains("INVALID_SESSION_ID"));
}

#[test]
fn new_certificate_replaces_the_old_one() {
    let org = builder().start().unwrap();
    org.upload_certificate(AppKey::generate().certificate_pem().as_bytes()).unwrap();
    let answer = plain(&org, &token_request("robot@acme.com", "x")).unwrap();
    assert!(answer.contains("invalid assertion"), "{answer}");
}

#[test]
fn tests_in_other_languages_control_the_org_over_http() {
    let org = builder().start().unwrap();
    let post = |path: &str, form: &str| {
        let request = format!(
            "POST /__fake/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        plain(&org, &request).unwrap()
    };
    for (path, form, status, reason) in [
        ("scenario", "username=robot@acme.com&scenario=rate", "204", ""),
        ("scenario", "username=robot@acme.com&scenario=no-such-thing", "400", "no such scenario"),
        ("scenario", "username=nobody@acme.com", "404", "no such user"),
        ("jobs", "fail=InternalServerError&after_rows=5", "204", ""),
        ("jobs", "after_rows=5", "400", "after_rows without fail"),
        ("jobs", "fail=InternalServerError&after_rows=x", "400", "not a number"),
    ] {
        let answer = post(path, form);
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert_eq!((&answer[9..12], body), (status, reason), "{path}: {form}");
    }
    plain(&org, &token_request("robot@acme.com", "x")).unwrap();
    let logins = plain(&org, &get_request("/__fake/logins", "x", "")).unwrap();
    assert!(
        logins.contains(r#""granted":0"#) && logins.contains("login rate exceeded"),
        "{logins}"
    );
}

#[test]
fn dropped_org_does_not_listen() {
    let org = builder().start().unwrap();
    let address = org.address().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    let debug = format!("{org:?}");
    assert!(debug.contains(&address), "{debug}");
    drop(org);
    // The runtime closes the listener some time after the drop.
    while TcpStream::connect(&address).is_ok() {
        thread::yield_now();
    }
}

#[test]
fn start_errors_name_the_cause() {
    let taken = builder().start().unwrap();
    let again = builder().listen(taken.address().parse().unwrap()).start();
    assert!(matches!(again, Err(StartError::Listen { .. })));
    let no_certificate = builder().certificate("-----BEGIN CERTIFICATE-----").start();
    assert!(matches!(no_certificate, Err(StartError::Certificate(_))));
    let no_name = builder().tls(true).host_name("not a host name é").start();
    assert!(matches!(no_name, Err(StartError::Tls(_))));
}
