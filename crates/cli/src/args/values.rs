//! Values of arguments.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};

/// Reads the API name of an object or a field.
pub(crate) fn api_name(text: &str) -> Result<String, &'static str> {
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match is_name && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err("expected an API name, such as Account or ExternalId__c"),
    }
}

/// Reads the delimiter of a CSV file: one ASCII character, or `tab`.
pub(crate) fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii_punctuation() && *byte != b'"' || *byte == b'\t' => Ok(*byte),
        _ => Err("expected a character such as `;` or `|`, or `tab`"),
    }
}

/// Reads `Name: value`. A token on the command line is refused: other users could see it.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| "invalid header name")?;
    if [AUTHORIZATION, COOKIE].contains(&name) {
        return Err("orgtoken adds the token");
    }
    if [CONTENT_LENGTH, HOST, TRANSFER_ENCODING].contains(&name) {
        return Err("orgtoken sets this header");
    }
    let mut value = HeaderValue::try_from(value.trim()).map_err(|_| "invalid header value")?;
    // It may be the key of a gateway: the log must not show it.
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_and_the_token_are_refused() {
        for (text, expected) in [
            ("Sforce-Auto-Assign: FALSE", Ok("FALSE")),
            ("X-Empty:", Ok("")),
            ("X-Colon: a:b", Ok("a:b")),
            ("Sforce-Auto-Assign", Err("expected NAME: VALUE")),
            ("a b: c", Err("invalid header name")),
            ("X: a\nb", Err("invalid header value")),
            ("AUTHORIZATION: Bearer x", Err("orgtoken adds the token")),
            ("Cookie: sid=x", Err("orgtoken adds the token")),
            ("host: evil.example", Err("orgtoken sets this header")),
            ("Content-Length: 0", Err("orgtoken sets this header")),
            ("Transfer-Encoding: chunked", Err("orgtoken sets this header")),
        ] {
            let found = header(text);
            let found = found.as_ref().map(|(_, value)| value.to_str().unwrap());
            assert_eq!(found.map_err(|error| *error), expected, "{text}");
        }
    }
}
