//! `sobjects`: objects, their descriptions and their records.

pub(super) mod changes;
pub(super) mod records;
pub(super) mod values;

use http::Method;
use serde_json::json;

use super::{Answer, RestCall, RestError, Result, ok};
use crate::rest::schema::ObjectType;

/// `GET sobjects`.
pub(super) fn list(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let state = call.org.state();
    let objects: Vec<_> =
        call.schema(&state).objects().map(|object| object.summary(&call.base)).collect();
    let body = json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects });
    ok(&body)
}

/// `GET sobjects/Account` and `POST sobjects/Account`.
pub(super) fn object(call: &RestCall<'_>, name: &str) -> Answer {
    let object = find(call, name)?;
    match call.method() {
        Method::GET => {
            let body = json!({ "objectDescribe": object.summary(&call.base), "recentItems": [] });
            ok(&body)
        }
        Method::POST => records::create(call, &object),
        other => Err(RestError::method(&other, "HEAD,GET,POST")),
    }
}

/// `GET sobjects/Account/describe`.
pub(super) fn describe(call: &RestCall<'_>, name: &str) -> Answer {
    call.only_get()?;
    ok(&find(call, name)?.describe(&call.base))
}

/// Finds an object. An unknown object is a 404.
pub(super) fn find(call: &RestCall<'_>, name: &str) -> Result<ObjectType> {
    let state = call.org.state();
    call.schema(&state).object(name).cloned().ok_or_else(RestError::not_found)
}
