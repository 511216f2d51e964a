//! `sobjects`: objects, their descriptions and their records.

pub(super) mod changes;
pub(super) mod records;
pub(super) mod values;

use http::{Method, StatusCode};
use serde_json::json;

use super::{Answer, AuthorizedCall, RestError, conditions};
use crate::reply;
use crate::rest::schema::ObjectType;

/// `GET sobjects`.
pub(super) fn list(session: &AuthorizedCall<'_>) -> Answer {
    session.only_get()?;
    let state = session.org.state();
    let objects: Vec<_> =
        session.schema(&state).objects().map(|object| object.summary(&session.base)).collect();
    let body = json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects });
    Ok(reply::json(StatusCode::OK, &body))
}

/// `GET sobjects/Account` and `POST sobjects/Account`.
pub(super) fn object(session: &AuthorizedCall<'_>, name: &str) -> Answer {
    let object = find(session, name)?;
    match session.method() {
        Method::GET => {
            let body =
                json!({ "objectDescribe": object.summary(&session.base), "recentItems": [] });
            Ok(reply::json(StatusCode::OK, &body))
        }
        Method::POST => records::create(session, &object),
        other => Err(RestError::method(&other, "HEAD,GET,POST")),
    }
}

/// `GET sobjects/Account/describe`.
pub(super) fn describe(session: &AuthorizedCall<'_>, name: &str) -> Answer {
    session.only_get()?;
    let object = find(session, name)?;
    let started = session.org.state().rest.started.clone();
    if conditions::is_unchanged(session.call, &started) {
        return Ok(reply::empty(StatusCode::NOT_MODIFIED));
    }
    Ok(reply::json(StatusCode::OK, &object.describe(&session.base)))
}

/// Finds an object. An unknown object is a 404.
pub(super) fn find(session: &AuthorizedCall<'_>, name: &str) -> Result<ObjectType, RestError> {
    let state = session.org.state();
    session.schema(&state).object(name).cloned().ok_or_else(RestError::not_found)
}
