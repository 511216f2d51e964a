//! `POST /services/oauth2/token`: the checks, in the order of Salesforce.

mod answer;

use http::Method;

use crate::app::AppKind;
use crate::call::Call;
use crate::claims::Assertion;
use crate::history::Login;
use crate::org::{Org, Role};
use crate::reply::{self, Reply};
use crate::scenario::{Outcome, Step, TokenVariant};

/// Exchanges an assertion for a token, and records the login.
pub(crate) fn answer(org: &Org, call: &Call) -> Reply {
    let mut username = String::new();
    let outcome = exchange(org, call, &mut username);
    let login = login(org, username, outcome.as_ref().err());
    org.state().history.push(login);
    outcome.unwrap_or_else(|instead| reply::from_outcome(&instead))
}

fn exchange(org: &Org, call: &Call, username: &mut String) -> Result<Reply, Outcome> {
    let form = read_form(call)?;
    let assertion = Assertion::parse(&form).ok_or_else(invalid_assertion)?;
    assertion.subject().clone_into(username);

    apply_scenario(org, username, Step::Edge)?;
    check_assertion(org, call, &assertion)?;
    apply_scenario(org, username, Step::Assertion)?;
    check_app(org, call)?;
    apply_scenario(org, username, Step::App)?;
    // A generic host knows only the users of its own orgs: production, or sandboxes.
    let is_other =
        matches!((org.role(call), org.setup.sandbox), (Role::Login, true) | (Role::Test, false));
    let user_id = org.state().member(username).map(|member| member.id.clone());
    let user_id = user_id.filter(|_| !is_other);
    apply_scenario(org, username, Step::User)?;
    // The real response for an unknown user has not been captured. This text is reported by users
    // who forget the suffix of a sandbox.
    let not_approved = || refused("invalid_grant", "user hasn't approved this consumer");
    let user_id = user_id.ok_or_else(not_approved)?;
    apply_scenario(org, username, Step::Approval)?;
    apply_scenario(org, username, Step::Policy)?;

    let outcome =
        org.state().member(username).and_then(|member| member.apply_scenario(Step::Token));
    let Some(Outcome::Token(variant)) = outcome else {
        return Ok(answer::token(org, call, &user_id, &TokenVariant::default()));
    };
    Ok(answer::token(org, call, &user_id, &variant))
}

fn read_form(call: &Call) -> Result<String, Outcome> {
    if call.method() != Method::POST {
        return Err(refused("invalid_request", "must use HTTP POST"));
    }
    let form = call.form().map_err(|_| refused("invalid_request", "malformed request"))?;
    if form.repeats("grant_type") || form.repeats("assertion") {
        return Err(refused("invalid_request", "repeated parameter"));
    }
    if form.first("grant_type") != Some(GRANT_TYPE) {
        return Err(refused("unsupported_grant_type", "grant type not supported"));
    }
    form.first("assertion").map(str::to_owned).ok_or_else(invalid_assertion)
}

fn check_assertion(org: &Org, call: &Call, assertion: &Assertion<'_>) -> Result<(), Outcome> {
    if assertion.issuer() != org.setup.client_id {
        return Err(refused("invalid_client_id", "client identifier invalid"));
    }
    // Cloned to release the lock: checking a signature takes longer than all the rest.
    let key = org.state().key.clone();
    if !assertion.is_signed_by(&key) {
        return Err(invalid_assertion());
    }
    if !org.accepts_audience(call, assertion.audience()) {
        return Err(refused("invalid_grant", "audience is invalid"));
    }
    check_expiry(org, assertion)?;
    match assertion.token_id() {
        Some(token_id) if !org.state().token_ids.insert(token_id.to_owned()) => {
            Err(refused("bad_jti_claim", "jti already in use"))
        }
        _ => Ok(()),
    }
}

/// Checks the expiry. By default it may be three minutes past and any time ahead, as observed. In
/// strict mode it may not be past and at most three minutes ahead, as documented.
fn check_expiry(org: &Org, assertion: &Assertion<'_>) -> Result<(), Outcome> {
    let now = org.now().as_second();
    let in_time = assertion.expires_at().is_some_and(|expires_at| {
        if org.setup.strict_expiry {
            now < expires_at && expires_at <= now + THREE_MINUTES
        } else {
            now <= expires_at.saturating_add(THREE_MINUTES)
        }
    });
    if in_time { Ok(()) } else { Err(refused("invalid_grant", "expired authorization code")) }
}

fn check_app(org: &Org, call: &Call) -> Result<(), Outcome> {
    if org.setup.kind == AppKind::ExternalClientApp && org.role(call) != Role::MyDomain {
        let description = "External client app is not installed in this org";
        return Err(refused("app_not_found", description));
    }
    Ok(())
}

fn apply_scenario(org: &Org, username: &str, step: Step) -> Result<(), Outcome> {
    let outcome = org.state().member(username).and_then(|member| member.apply_scenario(step));
    outcome.map_or(Ok(()), Err)
}

fn login(org: &Org, username: String, instead: Option<&Outcome>) -> Login {
    let outcome = match instead {
        None => Ok(()),
        Some(Outcome::Refusal { description, .. }) => Err(description.to_string()),
        Some(other) => Err(other.to_string()),
    };
    Login { username, at_secs: org.now().as_second(), outcome }
}

fn refused(error: &str, description: &str) -> Outcome {
    let (error, description) = (error.to_owned(), description.to_owned());
    Outcome::Refusal { status: 400, error, description }
}

fn invalid_assertion() -> Outcome {
    refused("invalid_grant", "invalid assertion")
}

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// In seconds.
const THREE_MINUTES: i64 = 180;

#[cfg(test)]
mod tests;
