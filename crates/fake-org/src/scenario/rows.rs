//! The scenarios. Texts are captured. Where none was, the description is the code in words.

use std::borrow::Cow;

use super::{ApiFault, Outcome, Scenario, Step, TokenVariant, WireFault};

// One row, one line.
#[rustfmt::skip]
pub(super) const ROWS: &[Scenario] = &[
    page("maintenance-503", 503, MAINTENANCE, "the org is in maintenance"),
    page("maintenance-200", 200, NOT_AVAILABLE, "the org is in maintenance, and says so with a 200"),
    page("edge-420", 420, EDGE, "Salesforce Edge fails"),
    page("edge-500", 500, EDGE, "the generic host fails; My Domain may work"),
    page("edge-502", 502, EDGE, "no response from the host behind Salesforce Edge"),
    page("html-login", 200, LOGIN_PAGE, "a login page: the host or the path is not the token endpoint"),
    page("html-old-tls", 403, OLD_TLS, "an instance host that requires a newer TLS version"),
    page("empty-400", 400, "", "a refusal without a body"),
    page("empty-503", 503, "", "a failure without a body"),
    row("html-redirect", Step::Edge, Outcome::Redirect { status: 302, location: "/?ec=302" }, "a redirect to the login page"),
    row("redirect-elsewhere", Step::Edge, Outcome::Redirect { status: 307, location: "https://evil.example/services/oauth2/token" }, "a redirect to another host, which must not get the assertion"),
    row("wire-closed", Step::Edge, Outcome::Wire(WireFault::Closed), "the connection ends without an answer"),
    row("wire-cut", Step::Edge, Outcome::Wire(WireFault::Cut), "the answer ends in the middle of its body"),
    row("wire-silence", Step::Edge, Outcome::Wire(WireFault::Silence), "no response"),
    refusal("transient-once", Step::Edge, "unknown_error", "retry your request", "a transient fault in spite of the status; the next attempt succeeds").first_only(),
    refusal("unknown-error", Step::Edge, "unknown_error", "retry your request", "the same fault in every attempt"),
    refusal("server-error", Step::Edge, "server_error", "server error", "an internal fault of Salesforce"),
    refusal("service-unavailable", Step::Edge, "service_unavailable", "service unavailable", "an internal fault of Salesforce").with_status(503),
    refusal("system-down", Step::Edge, "system_down", "system down", "an internal fault of Salesforce").with_status(503),
    refusal("slow-down", Step::Edge, "slow_down", "slow down", "too many requests"),
    refusal("too-many-requests", Step::Edge, "rate_limit_exceeded", "too many requests", "too many requests, in HTTP's words").with_status(429),
    refusal("bad-grant-type", Step::Assertion, "unsupported_grant_type", "grant type not supported", "a wrong host or encoding, or an app without the JWT flow"),
    refusal("must-use-post", Step::Assertion, "invalid_request", "must use HTTP POST", "the request was not a POST"),
    refusal("https-required", Step::Assertion, "invalid_request", "HTTPS required", "the request came over plain HTTP"),
    refusal("bad-client-id", Step::Assertion, "invalid_client_id", "client identifier invalid", "the consumer key is unknown to this org"),
    refusal("bad-client", Step::Assertion, "invalid_client", "invalid client credentials", "the consumer secret is wrong (other grants)"),
    refusal("bad-assertion", Step::Assertion, "invalid_grant", "invalid assertion", "certificate and private key do not match"),
    refusal("bad-assertion-type", Step::Assertion, "invalid_assertion_type", "specified assertion type is invalid", "a parameter of the SAML grant"),
    refusal("bad-scope", Step::Assertion, "invalid_scope", "requested scope is invalid, unknown or malformed", "the request named a scope"),
    refusal("bad-jti", Step::Assertion, "bad_jti_claim", "jti already in use", "the assertion was sent before"),
    refusal("bad-dpop", Step::Assertion, "invalid_dpop_proof", "invalid dpop proof", "the app requires proof of possession"),
    refusal("dpop-nonce", Step::Assertion, "use_dpop_nonce", "use dpop nonce", "the app requires proof of possession, with a nonce"),
    refusal("bad-audience", Step::Assertion, "invalid_grant", "audience is invalid", "the audience does not fit the host or the org"),
    refusal("bad-audience-validation", Step::Assertion, "invalid_grant", "Audience validation failed", "the same, in the words of the documentation"),
    refusal("expired", Step::Assertion, "invalid_grant", "expired authorization code", "the assertion has expired: a clock is wrong"),
    refusal("expired-token", Step::Assertion, "invalid_grant", "expired access/refresh token", "a text of other grants"),
    refusal("bad-code", Step::Assertion, "invalid_grant", "invalid authorization code", "a text of other grants"),
    refusal("app-not-found", Step::App, "app_not_found", "External client app is not installed in this org", "the External Client App is in another org, or the login went to a generic host"),
    refusal("app-blocked", Step::App, "app_blocked", "this app is blocked by admin", "an administrator has blocked the app"),
    refusal("app-blocked-closed", Step::App, "fail_close_app_blocked", "fail close app blocked", "the app is blocked because its policy cannot be read"),
    refusal("flow-disabled", Step::App, "oauth_flow_disabled", "oauth flow disabled", "the JWT flow is disabled"),
    refusal("app-policy-missing", Step::App, "ecapp_policy_not_found", "ecapp policy not found", "the External Client App has no policies in this org"),
    refusal("oauth-policy-missing", Step::App, "oauth_policy_not_found", "oauth policy not found", "the app has no OAuth policies in this org"),
    refusal("bad-distribution", Step::App, "invalid_distribution_state", "invalid distribution state", "the app is local to another org"),
    refusal("installation-error", Step::App, "installation_error", "installation error", "the app could not be installed in this org"),
    refusal("invalid-user", Step::User, "invalid_grant", "user is invalid", "no user of that name"),
    refusal("inactive-user", Step::User, "invalid_grant", "inactive user", "the user is deactivated or frozen"),
    refusal("inactive-user-text", Step::User, "invalid_grant", "user is inactive", "the same, in other words"),
    refusal("inactive-user-code", Step::User, "inactive_user", "user is inactive", "the same, as a code"),
    refusal("inactive-org", Step::User, "invalid_grant", "inactive organization", "the org is locked, closed or suspended"),
    refusal("inactive-org-code", Step::User, "inactive_org", "org is locked, closed, or suspended", "the same, as a code"),
    refusal("bad-credentials", Step::User, "invalid_grant", "invalid user credentials", "a text of other grants"),
    refusal("authentication-failure", Step::User, "invalid_grant", "authentication failure", "the API is off for the user or the org, or the host is wrong"),
    refusal("login-error", Step::User, "login_error", "login error", "Login History shows the reason"),
    refusal("not-approved", Step::Approval, "invalid_grant", "user hasn't approved this consumer", "the user is not pre-authorised for the app"),
    refusal("not-approved-typographic", Step::Approval, "invalid_grant", "user hasn\u{2019}t approved this consumer", "the same, with a typographic apostrophe"),
    not_approved("self-authorize", "users may self-authorize, and this user has not"),
    not_approved("sandbox-refreshed", "the sandbox was refreshed, and the assignments are lost"),
    not_approved("licence-bound", "the permission set is tied to a licence that cannot carry an app"),
    not_approved("no-scope", "the app has no scope beside `refresh_token`"),
    not_approved("propagating-once", "the app is minutes old; the next attempt succeeds").first_only(),
    refusal("not-admin-approved", Step::Approval, "invalid_app_access", "user is not admin approved to access this app", "the user lacks the profile or permission set that the app requires"),
    refusal("ip-restricted", Step::Policy, "invalid_grant", "ip restricted", "the caller's address is not in the login ranges"),
    refusal("ip-or-hours", Step::Policy, "invalid_grant", "ip restricted or invalid login hours", "the address or the hour is not allowed"),
    refusal("activation-secret", Step::Policy, "invalid_grant", "activation secret invalid", "Salesforce requires a verification of the user's identity"),
    refusal("session-level", Step::Policy, "invalid_session_level", "invalid session level", "a policy requires a high-assurance session"),
    refusal("rate", Step::Policy, "invalid_grant", "login rate exceeded", "more than 3,600 logins of the user in an hour"),
    refusal("rate-code", Step::Policy, "LOGIN_RATE_EXCEEDED", "login rate exceeded", "the same, as a code"),
    refusal("rate-old", Step::Policy, "rate_limit_exceeded", "number of logins exceeded", "the same, in older words"),
    token("token-minimal", TokenVariant::Minimal, "the answer has no `issued_at`, `signature` or `scope`"),
    token("token-signed", TokenVariant::Signed, "the answer has `issued_at` and `signature`"),
    token("token-jwt", TokenVariant::Jwt, "the token is a JWT"),
    token("token-empty", TokenVariant::EmptyToken, "the token is empty"),
    token("token-mac", TokenVariant::MacToken, "the token is not a bearer token"),
    token("instance-url-missing", TokenVariant::NoInstanceUrl, "the answer has no `instance_url`"),
    token("instance-url-elsewhere", TokenVariant::InstanceUrl("https://acme.my.salesforce.com.evil.example"), "the `instance_url` is not a host of Salesforce"),
    token("instance-url-plain", TokenVariant::InstanceUrl("http://acme.my.salesforce.com"), "the `instance_url` is plain HTTP"),
    api("session-expires-once", 401, "INVALID_SESSION_ID", EXPIRED, "the first token expires at its first use; the next one is valid").ending_session().first_only(),
    api("session-expires-midway", 401, "INVALID_SESSION_ID", EXPIRED, "the token expires at its third use; the next one is valid").ending_session().first_only().skip_first(2),
    api("session-never-valid", 401, "INVALID_SESSION_ID", EXPIRED, "no token is valid: a client must stop after one new login"),
    api("session-not-for-rest", 401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", "a policy, not an expiry: a new login does not help"),
    api("api-disabled", 403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", "the user lacks API Enabled"),
    api("api-disabled-user", 403, "API_CURRENTLY_DISABLED", "API is currently disabled for this user.", "the same, for the user alone"),
    api("request-limit", 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "the org has used up its calls of the day"),
    api("api-unavailable-once", 503, "SERVER_UNAVAILABLE", "Service Unavailable", "the server is overloaded at the first call").first_only(),
    row("api-cut-once", Step::Api, Outcome::Wire(WireFault::Cut), "the first call's answer ends in the middle of its body").first_only(),
];

/// Every code of the server's enum.
pub(super) const SERVER_ENUM: &str = "\
    access_denied app_attest_failed app_attest_failed_retry app_blocked app_not_found \
    authorization_pending bad_jti_claim client_blocked client_blocked_retry \
    ecapp_policy_not_found exceeded_registration_limit fail_close_app_blocked \
    failed_registration immediate_unsuccessful installation_error invalid_app_access \
    invalid_assertion_type invalid_basic_auth_header invalid_client invalid_client_id \
    invalid_distribution_state invalid_dpop_proof invalid_expid invalid_grant invalid_otp \
    invalid_request invalid_scope invalid_session_level invalid_token login_error \
    oauth_flow_disabled oauth_policy_not_found otp_error redirect_uri_mismatch \
    redirect_uri_missing registration_error server_error service_unavailable slow_down \
    system_down unknown_error unsupported_expid unsupported_grant_type unsupported_response_type \
    unsupported_token_type use_dpop_nonce";

impl Scenario {
    const fn first_only(mut self) -> Self {
        self.times = Some(1);
        self
    }

    const fn skip_first(mut self, calls: u32) -> Self {
        self.skip_first = calls;
        self
    }

    const fn with_status(mut self, code: u16) -> Self {
        if let Outcome::Refusal { status, .. } = &mut self.outcome {
            *status = code;
        }
        self
    }

    const fn ending_session(mut self) -> Self {
        if let Outcome::Api(fault) = &mut self.outcome {
            fault.ends_session = true;
        }
        self
    }
}

const fn row(name: &'static str, step: Step, outcome: Outcome, meaning: &'static str) -> Scenario {
    Scenario { name: Cow::Borrowed(name), meaning, step, skip_first: 0, times: None, outcome }
}

const fn refusal(
    name: &'static str,
    step: Step,
    error: &'static str,
    description: &'static str,
    meaning: &'static str,
) -> Scenario {
    let (error, description) = (Cow::Borrowed(error), Cow::Borrowed(description));
    row(name, step, Outcome::Refusal { status: 400, error, description }, meaning)
}

/// Salesforce has one text for many causes.
const fn not_approved(name: &'static str, meaning: &'static str) -> Scenario {
    let text = "user hasn't approved this consumer";
    refusal(name, Step::Approval, "invalid_grant", text, meaning)
}

const fn page(
    name: &'static str,
    status: u16,
    body: &'static str,
    meaning: &'static str,
) -> Scenario {
    let (content_type, body) = (Cow::Borrowed("text/html;charset=UTF-8"), Cow::Borrowed(body));
    row(name, Step::Edge, Outcome::Page { status, content_type, body }, meaning)
}

const fn token(name: &'static str, variant: TokenVariant, meaning: &'static str) -> Scenario {
    row(name, Step::Token, Outcome::Token(variant), meaning)
}

const fn api(
    name: &'static str,
    status: u16,
    code: &'static str,
    message: &'static str,
    meaning: &'static str,
) -> Scenario {
    let fault = ApiFault { status, code, message, ends_session: false };
    row(name, Step::Api, Outcome::Api(fault), meaning)
}

const EXPIRED: &str = "Session expired or invalid";
const MAINTENANCE: &str = "<html><head><title>Salesforce - Maintenance</title></head><body>\
    <h1>We are down for maintenance.</h1><p>Sorry for the inconvenience. \
    We'll be back shortly.</p></body></html>";
const NOT_AVAILABLE: &str = "<html><head><title>Data Not Available</title></head><body>\
    <h1>Data Not Available</h1><p>The data you were trying to access could not be found. \
    It may be due to another user deleting the data or a system error.</p></body></html>";
const EDGE: &str = "<html><head><title>Error</title></head><body>\
    <p>The request could not be served. Please try again.</p></body></html>";
const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Login | Salesforce</title></head><body>\
    <form id=\"login_form\" method=\"post\"><input name=\"username\"><input name=\"pw\" \
    type=\"password\"></form></body></html>";
const OLD_TLS: &str = "<html><head><title>Stronger security is required</title></head><body>\
    <p>Stronger security is required. To access this website, update your web browser or upgrade \
    your operating system to support TLS 1.2.</p></body></html>";
