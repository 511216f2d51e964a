use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::app::AppKind;
use crate::app_key::AppKey;
use crate::call::Call;
use crate::route;
use crate::scenario::{Outcome, Scenario, Step};
use crate::tests::{
    NOW, URL, body, builder, claims, form, login, open, org_with, post_form, said, sign, sign_by,
    signer,
};
use crate::user::User;

#[test]
fn responses_of_the_token_endpoint() {
    for (name, scenario, reply) in [
        ("ok", None, "200"),
        ("not approved", Some("not-approved"), "invalid_grant: user hasn't approved this consumer"),
        (
            "not approved, typographic",
            Some("not-approved-typographic"),
            "invalid_grant: user hasn\u{2019}t approved this consumer",
        ),
        (
            "not admin approved",
            Some("not-admin-approved"),
            "invalid_app_access: user is not admin approved to access this app",
        ),
        ("bad signature", Some("bad-assertion"), "invalid_grant: invalid assertion"),
        ("bad aud", Some("bad-audience"), "invalid_grant: audience is invalid"),
        ("expired", Some("expired"), "invalid_grant: expired authorization code"),
        ("bad key", Some("bad-client-id"), "invalid_client_id: client identifier invalid"),
        (
            "ECA on generic host",
            Some("app-not-found"),
            "app_not_found: External client app is not installed in this org",
        ),
        (
            "wrong encoding",
            Some("bad-grant-type"),
            "unsupported_grant_type: grant type not supported",
        ),
        ("transient", Some("transient-once"), "unknown_error: retry your request"),
        ("rate", Some("rate"), "invalid_grant: login rate exceeded"),
        ("maintenance", Some("maintenance-503"), "503"),
        ("maintenance that says 200", Some("maintenance-200"), "200"),
    ] {
        let username = scenario.map_or("robot@acme.com", |_| "scenario@acme.com");
        let org = org_with(scenario.unwrap_or("not-approved"));
        assert_eq!(said(&login(&org, &claims(username))), reply, "{name}");
    }
}

#[test]
fn every_scenario_has_its_response() {
    for scenario in Scenario::all() {
        let reply = login(&org_with(scenario.name()), &claims("scenario@acme.com"));
        let status = match &scenario.outcome {
            Outcome::Page { status, .. } | Outcome::Redirect { status, .. } => *status,
            Outcome::Refusal { status, error, description } => {
                let refusal = json!({ "error": error, "error_description": description });
                assert_eq!(body(&reply), refusal, "{}", scenario.name());
                *status
            }
            Outcome::Api(_) | Outcome::Token(_) | Outcome::Wire(_) => 200,
        };
        assert_eq!(reply.status(), status, "{}", scenario.name());
        assert!(scenario.step >= Step::Token || body(&reply)["instance_url"].is_null());
    }
}

#[test]
fn scenario_with_a_limit_ends() {
    let org = org_with("transient-once");
    assert_eq!(
        said(&login(&org, &claims("scenario@acme.com"))),
        "unknown_error: retry your request"
    );
    assert_eq!(said(&login(&org, &claims("scenario@acme.com"))), "200");
}

/// Each assertion is right in one more point than the one before it.
#[test]
fn checks_are_made_in_order() {
    let other_key = signer(&AppKey::generate());
    let wrong =
        json!({ "iss": "3MVG0", "sub": "nobody@acme.com", "aud": "https://x.example", "exp": 1 });
    let with = |changes: Value| {
        let mut claims = wrong.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims
    };
    let known = with(json!({ "iss": "3MVG9" }));
    let in_audience = with(json!({ "iss": "3MVG9", "aud": "https://login.salesforce.com" }));
    let in_time =
        with(json!({ "iss": "3MVG9", "aud": "https://login.salesforce.com", "exp": NOW }));

    let org = open(builder().app_kind(AppKind::ExternalClientApp));
    let at =
        |origin: &str, form: String| said(&post_form(&org, origin, "/services/oauth2/token", form));
    for (name, origin, form, reply) in [
        (
            "grant type",
            URL,
            "assertion=x".to_owned(),
            "unsupported_grant_type: grant type not supported",
        ),
        ("form of the assertion", URL, form("x"), "invalid_grant: invalid assertion"),
        (
            "issuer",
            URL,
            form(&sign_by(&other_key, &wrong)),
            "invalid_client_id: client identifier invalid",
        ),
        ("signature", URL, form(&sign_by(&other_key, &known)), "invalid_grant: invalid assertion"),
        ("audience", URL, form(&sign(&known)), "invalid_grant: audience is invalid"),
        ("time", URL, form(&sign(&in_audience)), "invalid_grant: expired authorization code"),
        (
            "app",
            "https://login.salesforce.com",
            form(&sign(&in_time)),
            "app_not_found: External client app is not installed in this org",
        ),
        ("user", URL, form(&sign(&in_time)), "invalid_grant: user hasn't approved this consumer"),
        ("nothing left", URL, form(&sign(&claims("ROBOT@acme.com"))), "200"),
    ] {
        assert_eq!(at(origin, form), reply, "{name}");
    }
}

#[test]
fn audiences() {
    for (name, origin, audience, accepted) in [
        ("own address", URL, URL, true),
        ("own address with a slash", URL, "https://127.0.0.1:1/", true),
        ("as the client called it", "https://localhost:1", "https://localhost:1", true),
        ("My Domain", URL, "https://acme.my.salesforce.com", true),
        ("generic host", URL, "https://login.salesforce.com", true),
        ("generic host of sandboxes", URL, "https://test.salesforce.com", false),
        ("a site", URL, "https://acme.my.site.com/customers", true),
        ("the wrong site", URL, "https://acme.my.site.com/partners", false),
        ("Lightning", URL, "https://acme.lightning.force.com", false),
        ("path", URL, "https://login.salesforce.com/services/oauth2/token", false),
        ("empty", URL, "", false),
        ("login at login", LOGIN, LOGIN, true),
        ("My Domain at login", LOGIN, "https://acme.my.salesforce.com", false),
        ("login at test", "https://test.salesforce.com", LOGIN, false),
        ("test at test", "https://test.salesforce.com", "https://test.salesforce.com", true),
    ] {
        let site = User::new("site@acme.com").community("https://acme.my.site.com/customers");
        let org = open(builder().user(site).sandbox(origin.ends_with("test.salesforce.com")));
        let mut claims = claims("robot@acme.com");
        claims["aud"] = Value::from(audience);
        let reply = post_form(&org, origin, "/services/oauth2/token", form(&sign(&claims)));
        assert_eq!(reply.status() == 200, accepted, "{name}");
    }
}

#[test]
fn generic_host_knows_only_the_users_of_its_orgs() {
    for (host, sandbox, wanted) in [
        (LOGIN, false, "200"),
        (LOGIN, true, "invalid_grant: user hasn't approved this consumer"),
        ("https://test.salesforce.com", true, "200"),
        ("https://test.salesforce.com", false, "invalid_grant: user hasn't approved this consumer"),
    ] {
        let org = open(builder().sandbox(sandbox));
        let mut claims = claims("robot@acme.com");
        claims["aud"] = Value::from(host);
        let reply = post_form(&org, host, "/services/oauth2/token", form(&sign(&claims)));
        assert_eq!(said(&reply), wanted, "{host}, sandbox: {sandbox}");
    }
}

#[test]
fn audiences_can_be_configured() {
    let org = open(builder().audience("https://only.example"));
    assert_eq!(said(&login(&org, &claims("robot@acme.com"))), "invalid_grant: audience is invalid");
    let mut claims = claims("robot@acme.com");
    claims["aud"] = json!(["https://only.example"]);
    assert_eq!(said(&login(&org, &claims)), "200");
}

#[test]
fn expiry_is_checked_strictly_or_leniently() {
    for (name, expires_at, lenient, strict) in [
        ("in two minutes", json!(NOW + 120), true, true),
        ("as a text", json!((NOW + 120).to_string()), true, true),
        ("in three minutes", json!(NOW + 180), true, true),
        ("in five minutes", json!(NOW + 300), true, false),
        ("in milliseconds, as sf has it", json!(NOW * 1000 + 300), true, false),
        ("now, as CumulusCI has it", json!(NOW), true, false),
        ("three minutes ago", json!(NOW - 180), true, false),
        ("an hour ago", json!(NOW - 3600), false, false),
    ] {
        for (strictness, accepted) in [(false, lenient), (true, strict)] {
            let org = open(builder().strict_expiry(strictness));
            let mut claims = claims("robot@acme.com");
            claims["exp"] = expires_at.clone();
            let said = said(&login(&org, &claims));
            let reply = if accepted { "200" } else { "invalid_grant: expired authorization code" };
            assert_eq!(said, reply, "{name}, strict: {strictness}");
        }
    }
}

#[test]
fn malformed_requests_are_refused() {
    let good = form(&sign(&claims("robot@acme.com")));
    let grant = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
    let twice = format!("{good}&assertion=x");
    let json = json!({ "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer" }).to_string();
    const FORM: &str = "application/x-www-form-urlencoded";
    for (name, method, content_type, body, reply) in [
        (
            "as it should be",
            Method::POST,
            "application/x-www-form-urlencoded; charset=UTF-8",
            good.as_str(),
            "200",
        ),
        ("GET", Method::GET, FORM, &good, "invalid_request: must use HTTP POST"),
        (
            "JSON",
            Method::POST,
            "application/json",
            &json,
            "unsupported_grant_type: grant type not supported",
        ),
        (
            "no type",
            Method::POST,
            "text/plain",
            &good,
            "unsupported_grant_type: grant type not supported",
        ),
        ("empty", Method::POST, FORM, "", "unsupported_grant_type: grant type not supported"),
        (
            "encoded twice",
            Method::POST,
            FORM,
            "grant_type=urn%253Aietf",
            "unsupported_grant_type: grant type not supported",
        ),
        (
            "other grant",
            Method::POST,
            FORM,
            "grant_type=password",
            "unsupported_grant_type: grant type not supported",
        ),
        ("no assertion", Method::POST, FORM, grant, "invalid_grant: invalid assertion"),
        ("two assertions", Method::POST, FORM, &twice, "invalid_request: repeated parameter"),
        (
            "half an escape",
            Method::POST,
            FORM,
            "grant_type=%",
            "invalid_request: malformed request",
        ),
    ] {
        let request = Request::builder()
            .method(method)
            .uri("/services/oauth2/token")
            .header("host", "127.0.0.1:1")
            .header("content-type", content_type)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        let org = open(builder());
        assert_eq!(said(&route::answer(&org, &Call::new(request, "https"))), reply, "{name}");
    }
}

#[test]
fn assertion_with_an_id_is_accepted_once() {
    let org = open(builder());
    let mut claims = claims("robot@acme.com");
    claims["jti"] = json!("7c5aef");
    assert_eq!(said(&login(&org, &claims)), "200");
    assert_eq!(said(&login(&org, &claims)), "bad_jti_claim: jti already in use");
}

#[test]
fn older_name_of_the_subject_is_accepted() {
    let mut claims = claims("robot@acme.com");
    claims["prn"] = claims.as_object_mut().unwrap().remove("sub").unwrap();
    assert_eq!(said(&login(&open(builder()), &claims)), "200");
}

#[test]
fn missing_and_mistyped_claims_are_refused() {
    for (name, claim, value, reply) in [
        ("no end", "exp", None, "invalid_grant: expired authorization code"),
        ("a date for an end", "exp", Some(json!("tomorrow")), "invalid_grant: invalid assertion"),
        ("no audience", "aud", None, "invalid_grant: audience is invalid"),
        ("two audiences", "aud", Some(json!([URL, LOGIN])), "invalid_grant: invalid assertion"),
        ("no issuer", "iss", None, "invalid_client_id: client identifier invalid"),
        ("no user", "sub", None, "invalid_grant: user hasn't approved this consumer"),
        ("one claim more", "alg", Some(json!("RS256")), "200"),
    ] {
        let mut claims = claims("robot@acme.com");
        match value {
            Some(value) => claims[claim] = value,
            None => drop(claims.as_object_mut().unwrap().remove(claim)),
        }
        assert_eq!(said(&login(&open(builder()), &claims)), reply, "{name}");
    }
}

#[test]
fn token_response_has_the_fields_of_a_real_one() {
    let org = open(builder());
    let answer = body(&login(&org, &claims("robot@acme.com")));
    let names: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["access_token", "scope", "instance_url", "id", "token_type"]);
    assert!(answer["access_token"].as_str().unwrap().starts_with("00Dxx0000000001!AQ"));
    assert_eq!(answer["instance_url"], URL);
}

#[test]
fn token_may_be_a_jwt() {
    let org = org_with("token-jwt");
    let answer = body(&login(&org, &claims("scenario@acme.com")));
    assert_eq!(
        (&answer["token_format"], &answer["issued_at"]),
        (&json!("jwt"), &json!("1800000000000"))
    );
    assert_eq!(answer["access_token"].as_str().unwrap().split('.').count(), 3);
}

#[test]
fn members_of_a_site_get_its_url() {
    let site = "https://acme.my.site.com/customers";
    let org = open(builder().user(User::new("site@acme.com").community(site)));
    let path = "/customers/services/oauth2/token";
    let reply = post_form(&org, URL, path, form(&sign(&claims("site@acme.com"))));
    assert_eq!(body(&reply)["sfdc_community_url"], site);
}

#[test]
fn instance_url_is_the_called_host() {
    let org = open(builder());
    for (origin, audience, instance) in [
        (URL, LOGIN, URL),
        ("https://localhost:1", LOGIN, "https://localhost:1"),
        (LOGIN, LOGIN, "https://acme.my.salesforce.com"),
    ] {
        let mut claims = claims("robot@acme.com");
        claims["aud"] = Value::from(audience);
        let reply = post_form(&org, origin, "/services/oauth2/token", form(&sign(&claims)));
        assert_eq!(body(&reply)["instance_url"], instance);
    }
}

#[test]
fn attempts_are_recorded_with_their_reasons() {
    let org = org_with("inactive-user");
    login(&org, &claims("scenario@acme.com"));
    login(&org, &claims("robot@acme.com"));
    let refusals: Vec<_> =
        org.state().history.iter().map(|it| it.refusal().map(str::to_owned)).collect();
    assert_eq!(refusals, [Some("inactive user".to_owned()), None]);
}

const LOGIN: &str = "https://login.salesforce.com";
