//! `limits`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, AuthorizedCall};
use crate::reply;

pub(super) fn answer(session: &AuthorizedCall<'_>) -> Answer {
    session.only_get()?;
    let max = session.org.setup.api_limit;
    let used = session.org.state().rest.api_calls;
    let mut limits = json!({});
    for (name, limit) in [("DataStorageMB", 5), ("FileStorageMB", 20), ("SingleEmail", 15)] {
        limits[name] = of(limit, limit);
    }
    limits["DailyApiRequests"] = of(max, max.saturating_sub(used));
    Ok(reply::json(StatusCode::OK, &limits))
}

fn of(max: u64, remaining: u64) -> Value {
    json!({ "Max": max, "Remaining": remaining })
}
