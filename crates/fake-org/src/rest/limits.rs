//! `limits`.

use serde_json::{Value, json};

use super::{Answer, RestCall, ok};

pub(super) fn answer(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let max = call.org.setup.api_limit;
    let used = call.org.state().rest.api_calls;
    let mut limits = json!({});
    for (name, limit) in [("DataStorageMB", 5), ("FileStorageMB", 20), ("SingleEmail", 15)] {
        limits[name] = of(limit, limit);
    }
    limits["DailyApiRequests"] = of(max, max.saturating_sub(used));
    ok(&limits)
}

/// `GET limits/recordCount?sObjects=Account,Contact`
pub(super) fn record_count(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let query = call.query();
    let wanted = query.list("sObjects");
    let is_wanted = |name: &str| wanted.iter().any(|it| it.eq_ignore_ascii_case(name));
    let state = call.org.state();
    let objects = state.rest.schema.objects();
    let counted = objects.filter(|object| wanted.is_empty() || is_wanted(&object.name));
    let counts: Value = counted
        .map(|object| {
            let rows = state.rest.records.all(&object.name).filter(|row| !row.is_deleted());
            json!({ "count": rows.count(), "name": object.name })
        })
        .collect();
    ok(&json!({ "sObjects": counts }))
}

fn of(max: u64, remaining: u64) -> Value {
    json!({ "Max": max, "Remaining": remaining })
}
