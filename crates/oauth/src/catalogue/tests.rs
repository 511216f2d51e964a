use std::collections::HashSet;

use super::*;
use crate::Refusal;

/// All values of `OauthErrorCode` in Salesforce's Mobile SDK.
const SERVER_ENUM: &str = "access_denied app_blocked app_not_found authorization_pending \
    bad_jti_claim app_attest_failed app_attest_failed_retry client_blocked client_blocked_retry \
    ecapp_policy_not_found exceeded_registration_limit fail_close_app_blocked \
    failed_registration immediate_unsuccessful installation_error invalid_app_access \
    invalid_assertion_type invalid_basic_auth_header invalid_dpop_proof invalid_client \
    invalid_client_id invalid_distribution_state invalid_expid invalid_grant invalid_otp \
    invalid_request invalid_scope invalid_session_level invalid_token login_error \
    oauth_flow_disabled oauth_policy_not_found otp_error redirect_uri_missing \
    redirect_uri_mismatch registration_error server_error service_unavailable slow_down \
    system_down unknown_error unsupported_expid unsupported_grant_type \
    unsupported_response_type unsupported_token_type use_dpop_nonce";

#[test]
fn every_error_code_of_the_mobile_sdk_has_an_entry() {
    for name in SERVER_ENUM.split_whitespace() {
        let advice = find(name, "");
        assert!(advice.entry.codes.contains(&name), "{name}");
        assert_eq!(advice.exact, name != "invalid_grant", "{name}");
    }
}

#[test]
fn every_known_refusal_has_its_entry() {
    for (id, code, descriptions) in [
        (
            "user_not_approved",
            "invalid_grant",
            &[
                "user hasn't approved this consumer",
                "user hasn\u{2019}t approved this consumer",
                "USER HASN'T APPROVED THIS CONSUMER",
                "user has not approved this consumer",
            ][..],
        ),
        (
            "user_not_admin_approved",
            "invalid_app_access",
            &["user is not admin approved to access this app", ""],
        ),
        ("invalid_assertion", "invalid_grant", &["invalid assertion", "Invalid assertion."]),
        (
            "audience_is_invalid",
            "invalid_grant",
            &["audience is invalid", "Audience validation failed"],
        ),
        (
            "assertion_expired",
            "invalid_grant",
            &["expired authorization code", "assertion is expired"],
        ),
        ("user_is_invalid", "invalid_grant", &["user is invalid"]),
        ("user_inactive", "invalid_grant", &["inactive user", "user is inactive"]),
        ("user_inactive", "inactive_user", &["", "user is inactive"]),
        ("org_inactive", "invalid_grant", &["inactive organization"]),
        ("org_inactive", "inactive_org", &["organization is locked, closed, or suspended"]),
        (
            "ip_restricted",
            "invalid_grant",
            &["ip restricted", "ip restricted or invalid login hours"],
        ),
        (
            "authentication_failure",
            "invalid_grant",
            &[
                "authentication failure",
                "authentication failure - Failed: API security token required",
            ],
        ),
        ("rate.login", "invalid_grant", &["login rate exceeded", "Login Rate Exceeded"]),
        ("rate.login", "LOGIN_RATE_EXCEEDED", &[""]),
        ("rate.login", "rate_limit_exceeded", &["number of logins exceeded", ""]),
        ("activation_secret", "invalid_grant", &["activation secret invalid"]),
        (
            "other_grant",
            "invalid_grant",
            &[
                "expired access/refresh token",
                "invalid authorization code",
                "invalid user credentials",
            ],
        ),
        ("client_identifier_invalid", "invalid_client_id", &["client identifier invalid", ""]),
        ("client_credentials_invalid", "invalid_client", &["invalid client credentials", ""]),
        ("client_credentials_invalid", "invalid_client_credentials", &["client secret invalid"]),
        (
            "app_not_found",
            "app_not_found",
            &["External client app is not installed in this org", ""],
        ),
        ("app_not_found", "OAUTH_EC_APP_NOT_FOUND", &[""]),
        ("app_blocked", "app_blocked", &["this app is blocked by admin", ""]),
        ("app_blocked", "OAUTH_APP_BLOCKED", &[""]),
        ("app_blocked", "fail_close_app_blocked", &["never seen"]),
        ("grant_type", "unsupported_grant_type", &["grant type not supported", ""]),
        ("flow_disabled", "oauth_flow_disabled", &["never seen"]),
        ("app_incomplete", "ecapp_policy_not_found", &["never seen"]),
        ("app_incomplete", "installation_error", &["never seen"]),
        ("session_level", "invalid_session_level", &["never seen"]),
        ("assertion_type", "invalid_assertion_type", &["specified assertion type is invalid"]),
        ("assertion_replayed", "bad_jti_claim", &["never seen"]),
        ("assertion_replayed", "invalid_request", &["jti already in use"]),
        ("invalid_scope", "invalid_scope", &["requested scope is invalid, unknown or malformed"]),
        (
            "invalid_request",
            "invalid_request",
            &["must use HTTP POST", "HTTPS required", "never seen"],
        ),
        ("dpop", "invalid_dpop_proof", &["never seen"]),
        ("token_not_known", "invalid_token", &["", "invalid token: 00D"]),
        ("token_not_known", "unsupported_token_type", &[""]),
        ("retry_your_request", "unknown_error", &["retry your request", ""]),
        ("salesforce_fault", "server_error", &["never seen"]),
        ("login_error", "login_error", &["never seen"]),
        ("wrong_domain", "invalid_grant", &["request not supported on this domain"]),
        ("session_expired", "INVALID_SESSION_ID", &["Session expired or invalid"]),
        ("session_expired", "Bad_OAuth_Token", &[""]),
        ("api_disabled", "API_DISABLED_FOR_ORG", &["API is disabled for this User"]),
    ] {
        for description in descriptions {
            let advice = find(code, description);
            assert_eq!((advice.entry.id(), advice.exact), (id, true), "{code}: {description}");
        }
    }
}

/// Every text contains words of a known refusal, or is a network fault in another tool.
#[test]
fn unknown_description_never_matches_a_known_one() {
    for (id, code, description) in [
        ("invalid_grant", "invalid_grant", "approval is missing"),
        ("invalid_grant", "invalid_grant", "the audience claim is wrong"),
        ("invalid_grant", "invalid_grant", "audience is invalid for this org"),
        ("invalid_grant", "invalid_grant", "bad signature on JWT"),
        ("invalid_grant", "invalid_grant", "hourly limit reached"),
        ("invalid_grant", "invalid_grant", "this IP may not"),
        ("invalid_grant", "invalid_grant", "read timed out"),
        ("invalid_grant", "invalid_grant", "the org wants something else"),
        ("invalid_grant", "invalid_grant", ""),
        ("unknown", "app_quarantined", "app was blocked by policy engine"),
        ("unknown", "brand_new", "permission denied"),
        ("unknown", "ETIMEDOUT", "connection reset by peer"),
        ("unknown", "", ""),
    ] {
        let refusal = Refusal::new(code, Some(description));
        assert_eq!(refusal.advice().entry.id(), id, "{code}: {description}");
        assert!(!refusal.advice().exact, "{code}: {description}");
        assert_eq!(refusal.class(), RefusalClass::Permanent, "{code}: {description}");
        assert!(refusal.to_string().contains(description), "{code}: {description}");
    }
}

#[test]
fn inserted_values_match_the_star_in_a_text() {
    for (known, text, is_same) in [
        ("invalid token: *", "invalid token: 00d", true),
        ("invalid token: *", "invalid token: ", true),
        ("invalid token: *", "an invalid token: 00d", false),
        ("the * field is not in *", "the a field is not in b", true),
        ("the * field", "the a field of a field", true),
        ("the * field", "the a field there", false),
        ("a * a", "a a", false),
        ("inactive user", "inactive user x", false),
    ] {
        assert_eq!(matches(known, text), is_same, "{known}: {text}");
    }
}

#[test]
fn entries_are_complete_and_well_formed() {
    let (mut ids, mut codes) = (HashSet::new(), HashSet::new());
    for entry in entries() {
        let id = entry.id();
        assert!(ids.insert(id), "{id} is there twice");
        assert!(
            entry.codes.iter().all(|code| codes.insert(*code)),
            "{id}: a code of another entry"
        );
        assert!(!entry.causes.is_empty(), "{id} has no cause");
        for sentence in [entry.meaning, entry.first] {
            assert!(
                sentence.starts_with(|c: char| c.is_lowercase() || "`".contains(c))
                    || sentence.starts_with("Salesforce"),
                "{id}: {sentence}"
            );
            assert!(!sentence.ends_with('.'), "{id}: {sentence}");
        }
        for Cause { cause, how_to_tell, .. } in &entry.causes {
            assert!(
                [cause, how_to_tell].iter().all(|text| text.ends_with(['.', '?'])),
                "{id}: {cause} {how_to_tell}"
            );
        }
        for text in &entry.texts {
            assert_eq!(*text, text::normalize(text), "{id}");
        }
        for words in &entry.words {
            assert_eq!(*words, words.to_ascii_lowercase(), "{id}");
        }
        assert_eq!(by_code(entry.code), Some(entry));
        assert_eq!(entry.explain_command(), format!("orgtoken explain {}", entry.code));
    }
}

#[test]
fn only_the_entry_for_unknown_refusals_has_no_code_and_no_text() {
    let mute = entries().filter(|entry| entry.codes.is_empty() && entry.texts.is_empty());
    assert_eq!(mute.map(Entry::id).collect::<Vec<_>>(), ["unknown"]);
}

proptest::proptest! {
    #[test]
    fn every_refusal_has_an_entry(code in ".*", description in ".*") {
        let refusal = Refusal::new(&code, Some(&description));
        assert!(!refusal.hint().is_empty());
        assert!(refusal.to_string().is_ascii());
    }
}
