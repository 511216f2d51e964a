use bytes::Bytes;
use http::Response;
use serde::Deserialize;

use crate::path::encode;

/// The path of the page after this one; `None` after the last page. `path` is that of this page.
///
/// Query results and lists name the next page in their JSON. Results of Bulk API jobs are CSV and
/// name it in the header `Sforce-Locator`.
pub fn next_page(path: &str, page: &Response<Bytes>) -> Option<String> {
    if let Some(locator) = page.headers().get("sforce-locator") {
        let locator = locator.to_str().ok().filter(|locator| !["", "null"].contains(locator))?;
        return Some(with_locator(path, locator));
    }
    let links: Links = serde_json::from_slice(page.body()).ok()?;
    links.next_records_url.or(links.next_page_url)
}

fn with_locator(path: &str, locator: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_kept = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some("locator");
    let kept: String = query.split('&').filter(is_kept).flat_map(|pair| [pair, "&"]).collect();
    format!("{path}?{kept}locator={}", encode(locator))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Links {
    next_page_url: Option<String>,
    next_records_url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_is_named_in_a_header_or_in_the_json() {
        for (path, locator, body, expected) in [
            ("r", Some("MTAw"), "", Some("r?locator=MTAw")),
            ("r?maxRecords=5", Some("M+/="), "", Some("r?maxRecords=5&locator=M%2B%2F%3D")),
            ("r?locator=old&maxRecords=5", Some("b"), "", Some("r?maxRecords=5&locator=b")),
            ("r", Some("null"), r#"{"nextRecordsUrl":"/x"}"#, None),
            ("q", None, r#"{"nextRecordsUrl":"/x","done":false}"#, Some("/x")),
            ("l", None, r#"{"nextPageUrl":"/y"}"#, Some("/y")),
            ("l", None, r#"{"nextPageUrl":null}"#, None),
            ("l", None, "[]", None),
            ("l", None, "Id\n1\n", None),
        ] {
            let page = Response::builder();
            let page =
                locator.into_iter().fold(page, |it, locator| it.header("Sforce-Locator", locator));
            let page = page.body(Bytes::from(body)).unwrap();
            assert_eq!(next_page(path, &page).as_deref(), expected, "{path} {locator:?} {body}");
        }
    }
}
