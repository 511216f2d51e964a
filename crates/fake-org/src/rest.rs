//! `/services/data`: a part of the REST API.

mod call;
mod composite;
mod error;
pub(crate) mod jobs;
mod number;
mod query;
pub(crate) mod schema;
mod search;
mod seed;
mod sobjects;
mod soql;
pub(crate) mod store;
mod versions;
mod wildcard;

use call::{RestCall, ok, only_get};
use composite::{collections, tree};
pub(crate) use error::RestError;
use http::{StatusCode, header};
use sobjects::{changes, records};

use crate::call::Call;
use crate::org::Org;
use crate::reply::{self, Reply};
pub(crate) use seed::Data;

type Result<T, E = RestError> = std::result::Result<T, E>;

/// The response of a handler.
type Answer = Result<Reply>;

/// Answers a call below `/services/data`.
pub(crate) fn answer(org: &Org, request: &Call, segments: &[&str]) -> Reply {
    let Some((version, rest)) = segments.split_first() else {
        let versions = only_get(request).and_then(|()| ok(&versions::list()));
        return versions.unwrap_or_else(RestError::into_reply);
    };
    if request.target_length() > MAX_TARGET {
        return reply::empty(StatusCode::URI_TOO_LONG);
    }
    let call = match RestCall::authenticate(org, request, version) {
        Ok(call) => call,
        Err(error) => return error.into_reply(),
    };
    let calls = count(org);
    if calls > org.setup.api_limit {
        return RestError::request_limit().into_reply();
    }
    let mut reply = dispatch(&call, rest).unwrap_or_else(RestError::into_reply);
    if let Some(fault) = call.fault {
        reply.extensions_mut().insert(fault);
    }
    let usage = format!("api-usage={calls}/{}", org.setup.api_limit);
    reply::set_header(&mut reply, LIMIT_INFO, &usage);
    reply
}

/// Answers a call, or a subrequest of one.
fn dispatch(call: &RestCall<'_>, segments: &[&str]) -> Answer {
    // A client that sends one of these must not overwrite the change of another one.
    for name in [header::IF_UNMODIFIED_SINCE, header::IF_MATCH] {
        if call.request.header(name.clone()).is_some() {
            let message = format!("{name} is not offered by the fake org: see its README");
            return Err(RestError::new(501, "FUNCTIONALITY_NOT_ENABLED", message));
        }
    }
    match segments {
        [] => versions::resources(call),
        ["limits"] => versions::limits(call),
        ["query"] => query::answer(call, false),
        ["queryAll"] => query::answer(call, true),
        ["query" | "queryAll", locator] => query::next_page(call, locator),
        ["composite"] => composite::answer(call),
        ["composite", "tree", object] => tree::answer(call, object),
        ["composite", "sobjects"] => collections::answer(call),
        ["composite", "sobjects", object] => collections::retrieve(call, object),
        ["composite", "sobjects", object, field] => collections::upsert(call, object, field),
        ["jobs", rest @ ..] => jobs::answer(call, rest),
        ["search"] => search::answer(call),
        ["sobjects"] => sobjects::list(call),
        ["sobjects", object] => sobjects::object(call, object),
        ["sobjects", object, "describe"] => sobjects::describe(call, object),
        ["sobjects", object, "updated"] => changes::updated(call, object),
        ["sobjects", object, "deleted"] => changes::deleted(call, object),
        ["sobjects", object, id] => records::by_id(call, object, id),
        ["sobjects", object, field, value] => records::by_key(call, object, field, value),
        ["tooling", rest @ ..] if !call.is_tooling => tooling(&call.tooling(), rest),
        [first, ..] | ["composite" | "limits", first] if NOT_OFFERED.contains(first) => {
            Ok(reply::not_offered(call.request.path()))
        }
        _ => Err(RestError::not_found()),
    }
}

/// Answers a call of the Tooling API, which is read-only here.
fn tooling(call: &RestCall<'_>, segments: &[&str]) -> Answer {
    match segments {
        ["query", ..] | ["sobjects", ..] => {
            call.only_get()?;
            dispatch(call, segments)
        }
        _ => Ok(reply::not_offered(call.request.path())),
    }
}

fn count(org: &Org) -> u64 {
    let mut state = org.state();
    state.rest.api_calls += 1;
    state.rest.api_calls
}

/// Resources of Salesforce that users may look for here.
const NOT_OFFERED: [&str; 13] = [
    "actions",
    "analytics",
    "batch",
    "chatter",
    "connect",
    "graph",
    "knowledgeManagement",
    "metadata",
    "parameterizedSearch",
    "process",
    "recent",
    "recordCount",
    "ui-api",
];

/// Salesforce limits URL and headers to 16,384 bytes together.
const MAX_TARGET: usize = 14_000;
const LIMIT_INFO: http::HeaderName = http::HeaderName::from_static("sforce-limit-info");

#[cfg(test)]
mod tests;
