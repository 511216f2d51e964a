//! `/services/data`: a part of the REST API.

mod composite;
mod conditions;
mod error;
pub(crate) mod jobs;
mod limits;
mod query;
pub(crate) mod schema;
mod search;
mod seed;
mod sobjects;
mod soql;
pub(crate) mod store;
mod versions;
mod wildcard;

use http::{HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::{Value, json};

use composite::{batch, collections, tree};
pub(crate) use error::RestError;
use sobjects::{changes, records};

use crate::call::{Bearer, Call};
use crate::history::Login;
use crate::org::{Org, State};
use crate::reply::{self, Reply};
use crate::scenario::{Outcome, Step, WireFault};
use schema::Schema;
pub(crate) use seed::Data;

/// The response of a handler.
type Answer = Result<Reply, RestError>;

/// A call with a valid token.
#[derive(Clone)]
struct AuthorizedCall<'a> {
    org: &'a Org,
    call: &'a Call,
    user_id: String,
    /// `/services/data/v66.0`, with the version that the client named.
    base: String,
    version: u32,
    /// Whether the call is of the Tooling API, which has other objects.
    is_tooling: bool,
    /// The way in which the connection is broken.
    fault: Option<WireFault>,
}

/// Answers a call below `/services/data`.
pub(crate) fn answer(org: &Org, call: &Call, segments: &[&str]) -> Reply {
    let Some((version, rest)) = segments.split_first() else {
        return only_get(call)
            .map(|()| reply::json(StatusCode::OK, &versions::list()))
            .unwrap_or_else(RestError::into_reply);
    };
    if call.target_length() > MAX_TARGET {
        return reply::empty(StatusCode::URI_TOO_LONG);
    }
    let session = match authenticate(org, call, version) {
        Ok(session) => session,
        Err(error) => return error.into_reply(),
    };
    let calls = count(org);
    if calls > org.setup.api_limit {
        return RestError::request_limit().into_reply();
    }
    let mut reply = dispatch(&session, rest).unwrap_or_else(RestError::into_reply);
    if let Some(fault) = session.fault {
        reply.extensions_mut().insert(fault);
    }
    let usage = format!("api-usage={calls}/{}", org.setup.api_limit);
    reply.headers_mut().extend(HeaderValue::try_from(usage).ok().map(|usage| (LIMIT_INFO, usage)));
    reply
}

fn dispatch(session: &AuthorizedCall<'_>, segments: &[&str]) -> Answer {
    match segments {
        [] => versions::resources(session),
        ["limits"] => limits::answer(session),
        ["limits", "recordCount"] => limits::record_count(session),
        ["query"] => query::answer(session, false),
        ["queryAll"] => query::answer(session, true),
        ["query" | "queryAll", locator] => query::next_page(session, locator),
        ["composite"] => composite::answer(session),
        ["composite", "batch"] => batch::answer(session),
        ["composite", "tree", object] => tree::answer(session, object),
        ["composite", "sobjects"] => collections::answer(session),
        ["composite", "sobjects", object] => collections::retrieve(session, object),
        ["composite", "sobjects", object, field] => collections::upsert(session, object, field),
        ["jobs", rest @ ..] => jobs::answer(session, rest),
        ["search"] => search::answer(session),
        ["parameterizedSearch"] => search::parameterized(session),
        ["sobjects"] => sobjects::list(session),
        ["sobjects", object] => sobjects::object(session, object),
        ["sobjects", object, "describe"] => sobjects::describe(session, object),
        ["sobjects", object, "updated"] => changes::updated(session, object),
        ["sobjects", object, "deleted"] => changes::deleted(session, object),
        ["sobjects", object, id] => records::by_id(session, object, id),
        ["sobjects", object, field, value] => records::by_key(session, object, field, value),
        ["tooling", rest @ ..] if !session.is_tooling => tooling(&session.tooling(), rest),
        _ => Err(RestError::not_found()),
    }
}

/// Answers a call of the Tooling API, which is read-only here.
fn tooling(session: &AuthorizedCall<'_>, segments: &[&str]) -> Answer {
    match segments {
        ["query", ..] | ["sobjects", ..] => {
            session.only_get()?;
            dispatch(session, segments)
        }
        _ => Err(RestError::not_found()),
    }
}

fn authenticate<'a>(
    org: &'a Org,
    call: &'a Call,
    version: &str,
) -> Result<AuthorizedCall<'a>, RestError> {
    let token = match call.bearer() {
        Bearer::Token(token) => token,
        Bearer::Absent => return Err(RestError::invalid_session()),
        Bearer::Malformed => {
            return Err(RestError::new(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
        }
    };
    let mut state = org.state();
    let session = state.sessions.touch(token, org.now(), org.setup.token_lifetime);
    let user_id = session.ok_or_else(RestError::invalid_session)?.user_id;
    let outcome = state.member_by_id(&user_id).and_then(|member| member.apply_scenario(Step::Api));
    let fault = match outcome {
        Some(Outcome::Api(fault)) => {
            if fault.ends_session {
                state.sessions.revoke(token);
            }
            return Err(RestError::new(fault.status, fault.code, fault.message));
        }
        Some(Outcome::Wire(fault)) => Some(fault),
        _ => None,
    };
    let (base, version) = (format!("/services/data/{version}"), versions::parse(version)?);
    Ok(AuthorizedCall { org, call, user_id, base, version, is_tooling: false, fault })
}

/// Adds a row to Login History, if the user is known.
pub(crate) fn note_login(org: &Org, call: &Call, login: &Login) {
    let mut state = org.state();
    let Some(member) = state.member(login.username()) else { return };
    let row = json!({
        "UserId": member.id, "LoginTime": org.now().to_api(), "LoginType": "Remote Access 2.0",
        "SourceIp": "127.0.0.1", "Status": login.refusal().unwrap_or("Success"),
        "Application": "orgtoken", "LoginUrl": call.host(),
    });
    if let Value::Object(record) = row {
        state.rest.records.insert("LoginHistory", "0Ya", record);
    }
}

fn count(org: &Org) -> u64 {
    let mut state = org.state();
    state.rest.api_calls += 1;
    state.rest.api_calls
}

impl<'a> AuthorizedCall<'a> {
    /// Returns the same call of the Tooling API.
    fn tooling(&self) -> Self {
        Self { base: format!("{}/tooling", self.base), is_tooling: true, ..self.clone() }
    }

    fn schema<'s>(&self, state: &'s State) -> &'s Schema {
        if self.is_tooling { &state.rest.tooling } else { &state.rest.schema }
    }

    /// Returns the method, or the one of `?_HttpMethod=` for clients without PATCH.
    fn method(&self) -> Method {
        let query = self.call.query().unwrap_or_default();
        let named = query.first("_HttpMethod").filter(|_| self.call.method() == Method::POST);
        let method = named.and_then(|name| Method::from_bytes(name.as_bytes()).ok());
        match method.unwrap_or_else(|| self.call.method().clone()) {
            // hyper leaves out the body.
            Method::HEAD => Method::GET,
            method => method,
        }
    }

    /// Returns the date in UTC.
    fn today(&self) -> Date {
        let now = Timestamp::from_second(self.org.now().as_secs().try_into().unwrap_or(0));
        Offset::UTC.to_datetime(now.unwrap_or_default()).date()
    }

    fn only_get(&self) -> Result<(), RestError> {
        only_get(self.call)
    }
}

fn only_get(call: &Call) -> Result<(), RestError> {
    match *call.method() {
        Method::GET | Method::HEAD => Ok(()),
        ref other => Err(RestError::method(other, "HEAD,GET")),
    }
}

/// Salesforce limits URL and headers to 16,384 bytes together.
const MAX_TARGET: usize = 14_000;
const LIMIT_INFO: http::HeaderName = http::HeaderName::from_static("sforce-limit-info");

#[cfg(test)]
mod tests;
