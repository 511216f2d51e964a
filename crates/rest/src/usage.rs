use http::HeaderMap;

/// The number of API calls of the org in the last 24 hours, and its limit.
///
/// Salesforce sends it with every response, in `Sforce-Limit-Info`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Usage {
    /// Calls made.
    pub used: u64,
    /// Calls allowed.
    pub allowed: u64,
}

impl Usage {
    /// Reads `api-usage=18/5000`; `None` if it is missing. The usage of a single app is ignored.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let info = headers.get("sforce-limit-info")?.to_str().ok()?;
        let usage =
            info.split([',', ';']).find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, allowed) = usage.split_once('/')?;
        Some(Self { used: used.parse().ok()?, allowed: allowed.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_from_the_header() {
        for (text, expected) in [
            ("api-usage=18/5000", Some((18, 5000))),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)", Some((25, 5000))),
            ("per-app-api-usage=17/250(appName=x), api-usage=25/5000", Some((25, 5000))),
            ("per-app-api-usage=17/250(appName=x)", None),
            ("api-usage=-1/5000", None),
            ("api-usage=1", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("sforce-limit-info"),
                text.parse().unwrap(),
            )]);
            let found = Usage::from_headers(&headers).map(|usage| (usage.used, usage.allowed));
            assert_eq!(found, expected, "{text}");
        }
    }
}
