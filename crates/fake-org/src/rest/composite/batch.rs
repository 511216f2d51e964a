//! `composite/batch`: up to 25 independent calls in one.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MOST_PARTS, call_inside};
use crate::rest::{Answer, RestCall, RestError, ok};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    batch_requests: Vec<Part>,
    halt_on_error: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    method: String,
    /// `v66.0/sobjects/Account/001…`
    url: String,
    #[serde(default)]
    rich_input: Value,
}

/// `POST composite/batch`
pub(in crate::rest) fn answer(call: &RestCall<'_>) -> Answer {
    call.only(Method::POST)?;
    let Sent { batch_requests: parts, halt_on_error } = call.body()?;
    if parts.len() > MOST_PARTS {
        let message = "Limit of 25 reached for number of subrequests";
        return Err(RestError::new(400, "LIMIT_EXCEEDED", message));
    }
    let mut failed = false;
    let mut results = Vec::new();
    for part in parts {
        let reply = if failed && halt_on_error == Some(true) {
            let message = "Batch processing halted per request";
            RestError::new(412, "BATCH_PROCESSING_HALTED", message).into_reply()
        } else {
            carry_out(call, &part).unwrap_or_else(RestError::into_reply)
        };
        failed |= !reply.status().is_success();
        let result: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        results.push(json!({ "statusCode": reply.status().as_u16(), "result": result }));
    }
    let body = json!({ "hasErrors": failed, "results": results });
    ok(&body)
}

fn carry_out(call: &RestCall<'_>, part: &Part) -> Answer {
    let path = part.url.trim_start_matches('/');
    let path = path.strip_prefix("services/data/").unwrap_or(path);
    let body = match &part.rich_input {
        Value::Null => Bytes::new(),
        input => Bytes::from(input.to_string()),
    };
    let url = format!("/services/data/{path}");
    call_inside(call, &part.method, &url, &BTreeMap::new(), body)
}
