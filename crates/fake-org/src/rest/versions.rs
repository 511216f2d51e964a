//! The versions of the API, their resources and limits.

use serde_json::{Value, json};

use super::{Answer, RestCall, RestError, Result, ok};

/// Returns every version, the oldest first.
pub(super) fn list() -> Value {
    let entry = |version| {
        json!({
            "label": label(version),
            "url": format!("/services/data/v{version}.0"),
            "version": format!("{version}.0"),
        })
    };
    (OLDEST..=NEWEST).map(entry).collect()
}

/// Parses `v66.0`.
pub(super) fn parse(text: &str) -> Result<u32> {
    if text == "latest" {
        return Ok(NEWEST);
    }
    let number = text.strip_prefix('v').and_then(|text| text.strip_suffix(".0"));
    match number.filter(|digits| !digits.starts_with('0')).and_then(|digits| digits.parse().ok()) {
        Some(version) if (OLDEST..=NEWEST).contains(&version) => Ok(version),
        Some(version) if version < OLDEST => {
            let message = format!("API version {text} has been retired.");
            Err(RestError::new(410, "UNSUPPORTED_API_VERSION", message))
        }
        _ => Err(RestError::not_found()),
    }
}

/// Returns the resources of a version.
pub(super) fn resources(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let mut resources = json!({});
    for name in
        ["composite", "jobs", "limits", "query", "queryAll", "search", "sobjects", "tooling"]
    {
        resources[name] = Value::from(format!("{}/{name}", call.base));
    }
    let identity = call.org.identity_url(call.request, &call.user_id);
    resources["identity"] = Value::from(identity);
    ok(&resources)
}

/// `GET limits`
pub(super) fn limits(call: &RestCall<'_>) -> Answer {
    call.only_get()?;
    let of = |max: u64, remaining: u64| json!({ "Max": max, "Remaining": remaining });
    let max = call.org.setup.api_limit;
    let used = call.org.state().rest.api_calls;
    ok(&json!({
        "DataStorageMB": of(5, 5), "FileStorageMB": of(20, 20), "SingleEmail": of(15, 15),
        "DailyApiRequests": of(max, max.saturating_sub(used)),
    }))
}

/// Returns the name of the release; there are three in a year.
fn label(version: u32) -> String {
    let season = ["Spring", "Summer", "Winter"][(version % 3) as usize];
    format!("{season} '{}", (version + 13) / 3)
}

/// Older versions were retired in Summer '25.
const OLDEST: u32 = 31;
/// Winter '27.
const NEWEST: u32 = 68;

#[cfg(test)]
mod tests {
    use super::{label, list, parse};

    #[test]
    fn versions_have_the_names_of_their_releases() {
        for (version, name) in [
            (31, "Summer '14"),
            (32, "Winter '15"),
            (33, "Spring '15"),
            (51, "Spring '21"),
            (65, "Winter '26"),
            (66, "Spring '26"),
            (67, "Summer '26"),
            (68, "Winter '27"),
        ] {
            assert_eq!(label(version), name);
        }
        assert_eq!(list()[35]["label"], "Spring '26");
    }

    #[test]
    fn only_listed_versions_are_accepted() {
        for (text, version) in [
            ("v66.0", Some(66)),
            ("v31.0", Some(31)),
            ("v30.0", None),
            ("v68.0", Some(68)),
            ("latest", Some(68)),
            ("v69.0", None),
            ("66.0", None),
            ("v66", None),
            ("v066.0", None),
            ("v66.1", None),
        ] {
            assert_eq!(parse(text).ok(), version, "{text}");
        }
    }
}
