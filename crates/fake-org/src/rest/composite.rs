//! `composite`: up to 25 subrequests in one call, which may refer to each other.

pub(super) mod collections;
pub(super) mod tree;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, RestCall, RestError, Result, dispatch, ok, versions};
use crate::call::Call;
use crate::reply::Reply;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    /// Null is the default as well.
    all_or_none: Option<bool>,
    composite_request: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    method: String,
    url: String,
    reference_id: String,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    http_headers: BTreeMap<String, String>,
}

pub(super) fn answer(call: &RestCall<'_>) -> Answer {
    call.only(Method::POST)?;
    let Sent { all_or_none, composite_request: parts } = call.body()?;
    let all_or_none = all_or_none.unwrap_or(false);
    if parts.len() > MOST_PARTS {
        let message = "Limit of 25 reached for number of subrequests";
        return Err(RestError::new(400, "LIMIT_EXCEEDED", message));
    }
    let before = all_or_none.then(|| call.org.state().rest.records.clone());
    let mut answers = Vec::new();
    for part in parts {
        let answer = answer_part(call, part, &answers);
        answers.push(answer);
    }
    if let Some(before) = before.filter(|_| !answers.iter().all(is_success)) {
        call.org.state().rest.records.roll_back(before);
        answers.iter_mut().filter(|answer| is_success(answer)).for_each(undo);
    }
    ok(&json!({ "compositeResponse": answers }))
}

fn answer_part(call: &RestCall<'_>, part: Part, before: &[Value]) -> Value {
    let name = part.reference_id.clone();
    let reply = carry_out(call, part, before).unwrap_or_else(RestError::into_reply);
    let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
    let location = reply.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    let headers = location.map_or_else(|| json!({}), |place| json!({ "Location": place }));
    json!({
        "body": body,
        "httpHeaders": headers,
        "httpStatusCode": reply.status().as_u16(),
        "referenceId": name,
    })
}

/// Answers a call inside another one. Its URL begins with `/services/data/v66.0`.
fn carry_out(call: &RestCall<'_>, part: Part, before: &[Value]) -> Result<Reply> {
    let wrong = || RestError::new(400, "INVALID_INPUT", "Invalid URL or method");
    let url = filled_in(&part.url, before, str::to_owned)?.replace(' ', "+");
    let body = match &part.body {
        Value::Null => Bytes::new(),
        body => Bytes::from(filled_in(&body.to_string(), before, escaped)?),
    };
    let request = Request::builder()
        .method(part.method.as_str())
        .uri(url)
        .header(header::CONTENT_TYPE, "application/json");
    let headers = part.http_headers.iter();
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    let request = Call::new(request.body(body).map_err(|_| wrong())?, "https");
    let segments: Vec<_> =
        request.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let ["services", "data", version, rest @ ..] = segments.as_slice() else {
        return Err(RestError::not_found());
    };
    let version = versions::parse(version)?;
    let base = format!("/services/data/v{version}.0");
    let inner = RestCall { request: &request, version, base, ..call.clone() };
    match rest {
        ["composite"] => Err(RestError::not_found()),
        rest => dispatch(&inner, rest),
    }
}

/// Replaces `@{name.field}` by a value of an earlier response.
fn filled_in(text: &str, before: &[Value], escape: impl Fn(&str) -> String) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((plain, reference)) = rest.split_once("@{") {
        let (reference, after) = reference.split_once('}').ok_or_else(|| unknown(reference))?;
        let (name, way) = reference.split_once('.').unwrap_or((reference, ""));
        let answer = before.iter().find(|answer| answer["referenceId"] == name);
        let body = &answer.ok_or_else(|| unknown(reference))?["body"];
        let steps = way.split(['.', '[', ']']).filter(|step| !step.is_empty());
        let found = steps.fold(body, |value, step| match step.parse::<usize>() {
            Ok(index) => &value[index],
            Err(_) => &value[step],
        });
        let found = found.as_str().ok_or_else(|| unknown(reference))?;
        filled += plain;
        filled += &escape(found);
        rest = after;
    }
    Ok(filled + rest)
}

/// Returns a text as it is between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn unknown(reference: &str) -> RestError {
    let message = format!("Invalid reference specified. No value for {reference} found");
    RestError::new(400, "PROCESSING_HALTED", message)
}

fn is_success(answer: &Value) -> bool {
    answer["httpStatusCode"].as_u64().is_some_and(|status| status < 300)
}

fn undo(answer: &mut Value) {
    let message = "The transaction was rolled back since another operation in the same \
                   transaction failed.";
    answer["body"] = json!([{ "errorCode": "PROCESSING_HALTED", "message": message }]);
    answer["httpStatusCode"] = Value::from(400);
}

const MOST_PARTS: usize = 25;
