use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

/// Checks that the body is readable text. Nothing is ever decompressed.
pub(crate) fn check_encoding(headers: &HeaderMap, body: &[u8]) -> Result<(), &'static str> {
    let coded = headers.get_all(CONTENT_ENCODING).iter().any(|value| value != "identity");
    if coded {
        return Err("a content encoding that was not asked for");
    }
    if charset(headers).is_some_and(|charset| !READABLE.contains(&charset.as_str())) {
        return Err("a charset other than UTF-8");
    }
    if std::str::from_utf8(body).is_err() {
        return Err("bytes that are not UTF-8");
    }
    Ok(())
}

/// Names the kind of a body without quoting it.
pub(crate) fn kind(body: &[u8]) -> &'static str {
    let body = body.trim_ascii();
    match std::str::from_utf8(body) {
        Ok("") => "nothing",
        Ok(text) if text.starts_with('<') => "HTML",
        Ok(text) if text.starts_with(['{', '[']) => "JSON",
        Ok(_) => "text",
        Err(_) => "binary data",
    }
}

/// Whether a page says that the org is in maintenance.
///
/// With status 503, one word is enough. With another status, the whole phrase is required, because
/// the footers of many pages contain the word.
pub(crate) fn is_maintenance(status: StatusCode, body: &[u8]) -> bool {
    let says = |words: &str| {
        body.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
    };
    let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
    kind(body) == "HTML"
        && (says("data you were trying to access could not be found")
            || unavailable && (says("maintenance") || says("data not available")))
}

fn charset(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let charset = value.split(';').skip(1).find_map(|part| part.trim().strip_prefix("charset="))?;
    Some(charset.trim_matches('"').to_owned())
}

const READABLE: [&str; 3] = ["us-ascii", "utf-8", "utf8"];
