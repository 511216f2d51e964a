//! Attacks on the plan: every kind of response, from every kind of host, in any order.

use std::collections::HashSet;

use http::Response;
use orgtoken_assertion::{SigningKey, Unverified};
use proptest::prelude::*;

use super::*;
use crate::{AllowedHosts, Audience, InstanceUrl, LoginUrl, Token, TokenResponseError};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const LEFT: Duration = Duration::from_secs(20);

/// The key of RFC 7515, Appendix A.2.
const KEY: &[u8] = include_bytes!("../../../assertion/testdata/rfc7515-a2.pem");

const DAY: i64 = 24 * 60 * 60;

/// The endpoint's clock, in seconds after the local one.
const CLOCKS: [i64; 15] = [
    0,
    59,
    -59,
    61,
    -61,
    300,
    -300,
    301,
    -301,
    3600,
    -3600,
    30 * DAY,
    -30 * DAY,
    50 * 365 * DAY,
    -1_700_000_000,
];

const BODIES: [&str; 14] = [
    r#"{"error":"invalid_grant","error_description":"audience is invalid"}"#,
    r#"{"error":"invalid_grant","error_description":"Audience validation failed"}"#,
    r#"{"error":"invalid_grant","error_description":"expired authorization code"}"#,
    r#"{"error":"invalid_grant","error_description":"invalid assertion"}"#,
    r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#,
    r#"{"error":"invalid_grant","error_description":"login rate exceeded"}"#,
    r#"{"error":"invalid_grant","error_description":"aud: sign for login.salesforce.com"}"#,
    r#"{"error":"app_not_found","error_description":"app is not installed in this org"}"#,
    r#"{"error":"unknown_error","error_description":"retry your request"}"#,
    r#"{"error":"server_error"}"#,
    r#"{"error":"never_seen"}"#,
    r#"{"access_token":1}"#,
    "<html>Data Not Available",
    "",
];

const STATUSES: [u16; 9] = [200, 302, 400, 401, 408, 420, 429, 500, 503];

/// Returns the error for a response with this status, body, clock and `Retry-After`.
fn response(status: u16, body: &str, clock: i64, retry_after: &str) -> TokenResponseError {
    let date = NOW.as_secs().saturating_add_signed(clock);
    let date = std::time::UNIX_EPOCH + Duration::from_secs(date);
    let mut response = Response::builder()
        .status(status)
        .header("Content-Type", "application/json")
        .header("Location", "https://login.salesforce.com/services/oauth2/token")
        .header("Date", httpdate::fmt_http_date(date));
    if !retry_after.is_empty() {
        response = response.header("Retry-After", retry_after);
    }
    let response = response.body(body.as_bytes()).unwrap();
    Token::from_http(&response, NOW, &allowed()).unwrap_err()
}

fn responses() -> Vec<TokenResponseError> {
    let statuses = STATUSES.into_iter();
    let pairs = statuses.flat_map(|status| BODIES.map(|body| (status, body)));
    let clocks = pairs.flat_map(|(status, body)| CLOCKS.map(|clock| (status, body, clock)));
    clocks.map(|(status, body, clock)| response(status, body, clock, "")).collect()
}

fn allowed() -> AllowedHosts {
    AllowedHosts::parse(["acme.my.site.com", "login.acme.com", "127.0.0.1", "localhost"]).unwrap()
}

/// The resolution of a login, and the audience that is set.
type Case = (Resolution, Option<Audience>);

/// Every kind of login URL with every kind of instance URL and audience, also where the
/// fallback has worked before.
fn cases() -> Vec<Case> {
    const URLS: [&str; 13] = [
        "",
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        "https://acme.my.salesforce.com",
        "https://acme--sbx.sandbox.my.salesforce.com",
        "https://acme.my.salesforce.mil",
        "https://acme.my.sfcrmproducts.cn",
        "https://login.sfcrmproducts.cn",
        "https://na139.salesforce.com",
        "https://gs1.salesforce.com",
        "https://acme.my.site.com",
        "https://login.acme.com",
        "http://127.0.0.1:8443",
    ];
    let mut cases = Vec::new();
    for login in URLS {
        for instance in URLS {
            for audience in ["", "https://login.salesforce.com", "https://login.acme.com", login] {
                let set = |text: &'static str| (!text.is_empty()).then_some(text);
                let login = set(login).map(|url| LoginUrl::parse(url, &allowed()).unwrap());
                let instance =
                    set(instance).map(|url| InstanceUrl::parse(url, &allowed()).unwrap());
                let audience = set(audience).map(|url| Audience::parse(url, &allowed()).unwrap());
                let resolution =
                    Resolution::resolve(login.as_ref(), instance.as_ref(), audience.as_ref());
                // An audience that does not match the host is refused earlier.
                let Ok(resolution) = resolution else { continue };
                let remembered = resolution.fallback();
                cases.push((resolution, audience.clone()));
                cases.extend(remembered.map(|resolution| (resolution, audience)));
            }
        }
    }
    cases
}

fn is_salesforce(host: &str) -> bool {
    host.ends_with(".salesforce.com")
        || host.ends_with(".salesforce.mil")
        || host.ends_with(".sfcrmproducts.cn")
}

/// Runs a login against an endpoint with these responses, and checks every assertion by the rules.
fn attack<'a>(
    (resolution, set): &Case,
    lifetime: Lifetime,
    retry: RetryPolicy,
    answers: impl IntoIterator<Item = (Option<&'a Refusal>, Fault)>,
) {
    let mut plan = LoginPlan::new(resolution.clone(), lifetime, retry);
    let mut contents = Vec::new();
    for (refusal, fault) in answers {
        let claims = plan.claims("3MVG9", "user@acme.com", NOW).unwrap();
        let (endpoint, audience) = (plan.resolution().endpoint(), plan.resolution().audience());
        let context = format!("{} for {}", endpoint.as_str(), audience.as_str());
        match set {
            Some(set) => {
                assert_eq!(audience, set, "a set audience is sent as it was set: {context}");
                assert_eq!(endpoint, resolution.endpoint(), "and to its host: {context}");
            }
            None => assert!(
                audience.host() == endpoint.host() || is_salesforce(endpoint.host()),
                "another host gets its own audience alone: {context}"
            ),
        }
        let in_china = |host: &str| host.ends_with(".sfcrmproducts.cn");
        assert!(
            set.is_some() || in_china(audience.host()) == in_china(endpoint.host()),
            "no assertion for one cloud goes to the other: {context}"
        );
        let ahead = claims.expires_at().as_secs().saturating_sub(NOW.as_secs());
        assert!(ahead <= 180 + 300, "`exp` is {ahead} s ahead: {context}");
        contents.push((
            endpoint.as_str().to_owned(),
            audience.as_str().to_owned(),
            claims.expires_at(),
        ));
        if plan.after(refusal, fault, LEFT, 0).is_none() {
            break;
        }
    }
    assert!(contents.len() <= 3, "{} assertions", contents.len());
    let (first_endpoint, first_audience, first_end) = &contents[0];
    let differs = |(endpoint, audience, end): &&(String, String, UnixTime)| {
        let by = end.as_secs().abs_diff(first_end.as_secs());
        endpoint != first_endpoint || audience != first_audience || by > 2
    };
    assert!(contents.iter().filter(differs).count() <= 1, "{contents:?}");
    assert_eq!(contents.iter().collect::<HashSet<_>>().len(), contents.len(), "none is repeated");
}

fn fault(error: &TokenResponseError) -> (Option<&Refusal>, Fault) {
    let refusal = match error {
        TokenResponseError::Refused(refusal) => Some(refusal),
        _ => None,
    };
    let fault = Fault { transient: error.is_transient(), retry_after: error.retry_after() };
    (refusal, fault)
}

#[test]
fn no_response_gets_more_than_three_assertions_or_one_for_another_host() {
    let (cases, answers) = (cases(), responses());
    assert!(cases.len() > 300 && answers.len() > 1000);
    let many = RetryPolicy::DEFAULT.attempts(u32::MAX);
    for case in &cases {
        for answer in &answers {
            attack(case, Lifetime::MAX, many, std::iter::repeat_n(fault(answer), 10));
        }
        // The network fails, or the endpoint never responds.
        let lost = Fault { transient: true, retry_after: None };
        attack(case, Lifetime::MAX, many, std::iter::repeat_n((None, lost), 10));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_order_of_responses_gets_more_than_three_assertions_or_one_for_another_host(
        case in prop::sample::select(cases()),
        answers in prop::collection::vec(
            (
                prop::sample::select(STATUSES.to_vec()),
                prop::sample::select(BODIES.to_vec()),
                prop::sample::select(CLOCKS.to_vec()),
                prop::sample::select(vec!["", "0", "5", "86400", "Tue, 14 Nov 2023 22:13:29 GMT"]),
            ),
            1..10,
        ),
        lifetime in 1_u64..=180,
        attempts in 1_u32..10,
    ) {
        let answers: Vec<_> = answers
            .into_iter()
            .map(|(status, body, clock, retry)| response(status, body, clock, retry))
            .collect();
        let lifetime = Lifetime::new(Duration::from_secs(lifetime)).unwrap();
        let retry = RetryPolicy::DEFAULT.attempts(attempts);
        attack(&case, lifetime, retry, answers.iter().map(fault));
    }
}

fn acme() -> LoginPlan {
    let acme = LoginUrl::parse("https://acme.my.salesforce.com", &allowed()).unwrap();
    let resolution = Resolution::resolve(Some(&acme), None, None).unwrap();
    LoginPlan::new(resolution, Lifetime::DEFAULT, RetryPolicy::DEFAULT)
}

#[test]
fn skew_within_five_minutes_is_corrected_once_and_a_larger_one_never() {
    const LATE: &str = BODIES[2];
    for (clock, corrected) in [
        (0, false),
        (60, false),
        (61, true),
        (-61, true),
        (300, true),
        (-300, true),
        (301, false),
        (-301, false),
        (30 * DAY, false),
        (-1_700_000_000, false),
    ] {
        let (mut plan, late) = (acme(), response(400, LATE, clock, ""));
        let (refusal, fault) = fault(&late);
        plan.claims("3MVG9", "user@acme.com", NOW).unwrap();
        assert_eq!(plan.after(refusal, fault, LEFT, 0).is_some(), corrected, "{clock} s");
        if corrected {
            let claims = plan.claims("3MVG9", "user@acme.com", NOW).unwrap();
            let end = NOW.as_secs().saturating_add_signed(clock) + 150;
            assert_eq!(claims.expires_at(), UnixTime::from_secs(end), "{clock} s");
            assert_eq!(plan.after(refusal, fault, LEFT, 0), None, "{clock} s: once");
        }
    }
}

#[test]
fn there_is_no_attempt_after_a_change_of_audience_or_clock() {
    let (audience, busy) = (response(400, BODIES[0], 0, ""), response(503, "", 0, ""));
    let (refused, busy) = (fault(&audience), fault(&busy));
    for (name, answers, assertions) in [
        ("audience", vec![refused, refused], 2),
        ("audience, then 503", vec![refused, busy], 2),
        ("503, then audience", vec![busy, refused, busy], 3),
        ("503 twice, then audience", vec![busy, busy, refused], 3),
        ("503", vec![busy, busy, busy], 3),
    ] {
        let (mut plan, mut signed) = (acme(), 0);
        for (refusal, fault) in answers {
            plan.claims("3MVG9", "user@acme.com", NOW).unwrap();
            signed += 1;
            if plan.after(refusal, fault, LEFT, 0).is_none() {
                break;
            }
        }
        assert_eq!(signed, assertions, "{name}");
    }
}

#[test]
fn claims_are_those_of_the_resolution() {
    let mut plan = acme();
    let claims = plan.claims("3MVG9", "user@acme.com", NOW).unwrap();
    let assertion = claims.sign(&SigningKey::from_bytes(KEY).unwrap()).unwrap();
    let read = Unverified::parse(assertion.secret()).unwrap();
    assert_eq!(read.claims().audience(), Some("https://acme.my.salesforce.com"));
    assert_eq!(read.claims().subject(), Some("user@acme.com"));
    assert_eq!(read.claims().expires_at(), Some(UnixTime::from_secs(NOW.as_secs() + 150)));
}

#[test]
fn no_assertion_is_repeated_at_the_beginning_or_the_end_of_time() {
    for now in [0, 1, 2, u64::MAX - 200] {
        let mut plan = acme();
        let mut ends: Vec<_> = (0..3)
            .map(|_| plan.claims("3MVG9", "user@acme.com", UnixTime::from_secs(now)).unwrap())
            .map(|claims| claims.expires_at())
            .collect();
        ends.sort_unstable();
        ends.dedup();
        assert_eq!(ends.len(), 3, "{now}");
    }
}
