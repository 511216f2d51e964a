//! `/__fake`: the methods of the library for tests in other languages.

use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use crate::call::Call;
use crate::history::RecordedRequest;
use crate::org::Org;
use crate::reply::{self, Reply};
use crate::scenario::Scenario;

/// Answers a call below `/__fake`.
pub(crate) fn answer(org: &Org, call: &Call, segments: &[&str]) -> Reply {
    match (call.method(), segments) {
        (&Method::GET, ["logins"]) => reply::json(StatusCode::OK, &logins(org)),
        (&Method::GET, ["requests"]) => reply::json(StatusCode::OK, &requests(org)),
        (&Method::GET, ["scenarios"]) => reply::json(StatusCode::OK, &scenarios()),
        (&Method::POST, ["expire" | "revoke"]) => {
            org.state().sessions.clear();
            reply::empty(StatusCode::NO_CONTENT)
        }
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

fn scenarios() -> Value {
    let row =
        |it: Scenario| json!({ "name": it.name(), "answer": it.answer(), "meaning": it.meaning() });
    Scenario::all().map(row).collect()
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
