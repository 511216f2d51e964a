//! `POST /services/oauth2/token`: the checks, in the order in which Salesforce makes them.

mod answer;

use std::time::Duration;

use http::Method;

use crate::app::AppKind;
use crate::call::Call;
use crate::claims::Assertion;
use crate::history::Login;
use crate::org::{Org, Role};
use crate::reply::{self, Reply};
use crate::scenario::{Play, Stage, Twist};

/// Trades an assertion for a token, and keeps note of it.
pub(crate) fn answer(org: &Org, call: &Call) -> Reply {
    let mut username = String::new();
    let outcome = exchange(org, call, &mut username);
    let outcome_for_history = match &outcome {
        Ok(_) => Ok(()),
        Err(Denial::Refused(_, description)) => Err((*description).to_owned()),
        Err(Denial::Played(Play::Refusal { description, .. })) => Err(description.to_string()),
        Err(Denial::Played(_)) => Err("no answer in JSON".to_owned()),
    };
    note(org, call, username, outcome_for_history);

    match outcome {
        Ok(reply) => reply,
        Err(Denial::Refused(error, description)) => reply::refusal(400, error, description),
        Err(Denial::Played(play)) => reply::play(&play)
            .unwrap_or_else(|| reply::refusal(400, "unknown_error", "no such play")),
    }
}

/// Why no token is given.
enum Denial {
    Played(Play),
    Refused(&'static str, &'static str),
}

fn exchange(org: &Org, call: &Call, username: &mut String) -> Result<Reply, Denial> {
    let form = read_form(call)?;
    let assertion = Assertion::parse(&form).ok_or(INVALID_ASSERTION)?;
    assertion.subject().clone_into(username);

    strike(org, username, Stage::Edge)?;
    check_assertion(org, call, &assertion)?;
    strike(org, username, Stage::Assertion)?;
    check_app(org, call)?;
    strike(org, username, Stage::App)?;
    let user_id = org.state().member(username).map(|member| member.id.clone());
    strike(org, username, Stage::User)?;
    // What an unknown user is told has not been captured; people who forget a sandbox's suffix
    // report this text.
    let user_id = user_id.ok_or(NOT_APPROVED)?;
    strike(org, username, Stage::Approval)?;
    strike(org, username, Stage::Policy)?;
    check_rate(org, username)?;

    let twist = match org.state().member(username).and_then(|member| member.strike(Stage::Token)) {
        Some(Play::Token(twist)) => Some(twist),
        _ => None,
    };
    Ok(answer::token(org, call, &user_id, twist))
}

fn read_form(call: &Call) -> Result<String, Denial> {
    if call.method() != Method::POST {
        return Err(Denial::Refused("invalid_request", "must use HTTP POST"));
    }
    let form = call.form().map_err(|_| Denial::Refused("invalid_request", "malformed request"))?;
    if form.repeats("grant_type") || form.repeats("assertion") {
        return Err(Denial::Refused("invalid_request", "repeated parameter"));
    }
    if form.first("grant_type") != Some(GRANT_TYPE) {
        return Err(Denial::Refused("unsupported_grant_type", "grant type not supported"));
    }
    form.first("assertion").map(str::to_owned).ok_or(INVALID_ASSERTION)
}

fn check_assertion(org: &Org, call: &Call, assertion: &Assertion<'_>) -> Result<(), Denial> {
    if assertion.issuer() != org.setup.client_id {
        return Err(Denial::Refused("invalid_client_id", "client identifier invalid"));
    }
    if !assertion.is_signed_by(&org.state().key) {
        return Err(INVALID_ASSERTION);
    }
    if !org.accepts_audience(call, assertion.audience()) {
        return Err(Denial::Refused("invalid_grant", "audience is invalid"));
    }
    check_expiry(org, assertion)?;
    match assertion.token_id() {
        Some(token_id) if !org.state().token_ids.insert(token_id.to_owned()) => {
            Err(Denial::Refused("bad_jti_claim", "jti already in use"))
        }
        _ => Ok(()),
    }
}

/// Lenient, as observed: some minutes late are let pass, and any time ahead. Strict, as documented:
/// neither late nor more than three minutes ahead.
fn check_expiry(org: &Org, assertion: &Assertion<'_>) -> Result<(), Denial> {
    let now = org.now().as_secs();
    let in_time = assertion.expires_at().is_some_and(|expires_at| {
        if org.setup.strict_expiry {
            now < expires_at && expires_at <= now + THREE_MINUTES.as_secs()
        } else {
            now <= expires_at.saturating_add(THREE_MINUTES.as_secs())
        }
    });
    if in_time {
        Ok(())
    } else {
        Err(Denial::Refused("invalid_grant", "expired authorization code"))
    }
}

fn check_app(org: &Org, call: &Call) -> Result<(), Denial> {
    if org.setup.kind == AppKind::ExternalClientApp && org.role(call) != Role::MyDomain {
        let description = "External client app is not installed in this org";
        return Err(Denial::Refused("app_not_found", description));
    }
    Ok(())
}

fn check_rate(org: &Org, username: &str) -> Result<(), Denial> {
    let since = org.now().as_secs().saturating_sub(HOUR.as_secs());
    let state = org.state();
    let of_user = state.history.iter().filter(|login| login.is_granted());
    let recent = of_user
        .filter(|login| login.at_secs() > since && login.username().eq_ignore_ascii_case(username));
    if recent.count() < org.setup.login_limit {
        return Ok(());
    }
    Err(Denial::Refused("invalid_grant", "login rate exceeded"))
}

fn strike(org: &Org, username: &str, stage: Stage) -> Result<(), Denial> {
    let play = org.state().member(username).and_then(|member| member.strike(stage));
    play.map_or(Ok(()), |play| Err(Denial::Played(play)))
}

fn note(org: &Org, call: &Call, username: String, outcome: Result<(), String>) {
    let login = Login { username, at_secs: org.now().as_secs(), outcome };
    let url = call.host();
    org.state().note_login(login, &org.now().to_api(), &url);
}

/// What a twist does, if it is this one.
fn is(twist: Option<Twist>, this: Twist) -> bool {
    twist == Some(this)
}

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const INVALID_ASSERTION: Denial = Denial::Refused("invalid_grant", "invalid assertion");
const NOT_APPROVED: Denial = Denial::Refused("invalid_grant", "user hasn't approved this consumer");
const THREE_MINUTES: Duration = Duration::from_secs(180);
const HOUR: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests;
