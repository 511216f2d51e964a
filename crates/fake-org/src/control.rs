//! `/__fake`: the methods of the library for tests in other languages.

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use crate::call::Call;
use crate::history::RecordedRequest;
use crate::org::Org;
use crate::reply::{self, Reply};
#[cfg(feature = "rest")]
use crate::rest::jobs::Failure;

/// Answers a call below `/__fake`.
pub(crate) fn answer(org: &Org, call: &Call, segments: &[&str]) -> Reply {
    match (call.method(), segments) {
        (&Method::GET, ["logins"]) => reply::json(StatusCode::OK, &logins(org)),
        (&Method::GET, ["requests"]) => reply::json(StatusCode::OK, &requests(org)),
        (&Method::POST, ["expire"]) => {
            org.state().sessions.clear();
            reply::empty(StatusCode::NO_CONTENT)
        }
        #[cfg(feature = "rest")]
        (&Method::POST, ["jobs"]) => set_jobs(org, call),
        (&Method::POST, ["scenario"]) => set_scenario(org, call),
        _ => reply::empty(StatusCode::NOT_FOUND),
    }
}

fn logins(org: &Org) -> Value {
    let state = org.state();
    let attempts = state.history.iter().map(|login| {
        json!({ "username": login.username(), "at": login.at_secs, "refusal": login.refusal() })
    });
    let granted = state.history.iter().filter(|login| login.is_granted()).count();
    json!({ "granted": granted, "attempts": attempts.collect::<Vec<_>>() })
}

/// Returns the requests without bodies and credentials, which may belong to another client.
fn requests(org: &Org) -> Value {
    let row = |request: &RecordedRequest| {
        let names = request.headers().keys().map(HeaderName::as_str);
        json!({
            "method": request.method().as_str(), "origin": request.origin(),
            "target": request.target(), "headers": names.collect::<Vec<_>>(),
        })
    };
    org.state().requests.iter().map(row).collect()
}

/// Sets the progress of bulk jobs from a form with `polls` (a number or `never`), and the failure of
/// the next job from one with `fail` (its message) and perhaps `after_rows`.
#[cfg(feature = "rest")]
fn set_jobs(org: &Org, call: &Call) -> Reply {
    let form = call.form().unwrap_or_default();
    let number = |name: &str| form.first(name).map(str::parse::<u32>).transpose();
    let polls = match form.first("polls") {
        Some("never") => Ok(Some(None)),
        _ => number("polls").map(|polls| polls.map(Some)),
    };
    let (Ok(polls), Ok(after_rows)) = (polls, number("after_rows")) else {
        return reply::text(StatusCode::BAD_REQUEST, "not a number");
    };
    if after_rows.is_some() && form.first("fail").is_none() {
        return reply::text(StatusCode::BAD_REQUEST, "after_rows without fail");
    }
    let mut state = org.state();
    if let Some(polls) = polls {
        state.rest.jobs.polls = polls;
    }
    if let Some(message) = form.first("fail") {
        let after_rows = after_rows.unwrap_or(0) as usize;
        state.rest.jobs.failure = Some(Failure { after_rows, message: message.to_owned() });
    }
    reply::empty(StatusCode::NO_CONTENT)
}

/// Sets the scenario of a user from a form with `username` and `scenario`. Without `scenario`,
/// logins succeed again.
fn set_scenario(org: &Org, call: &Call) -> Reply {
    let form = call.form().unwrap_or_default();
    let scenario = match form.first("scenario").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match text.parse() {
            Ok(scenario) => Some(scenario),
            Err(_) => return reply::text(StatusCode::BAD_REQUEST, "no such scenario"),
        },
    };
    let mut state = org.state();
    match form.first("username").and_then(|username| state.member(username)) {
        Some(member) => {
            member.set_scenario(scenario);
            reply::empty(StatusCode::NO_CONTENT)
        }
        None => reply::text(StatusCode::NOT_FOUND, "no such user"),
    }
}
