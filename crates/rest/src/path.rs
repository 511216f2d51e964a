use http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::RestError;

/// Returns the URI of `path` at `base`, which is an origin or the URL of a site.
///
/// A path that does not begin with `/` is below `/services/data/vNN.0/`. Characters that a URI
/// cannot hold, such as the blanks of a SOQL query, are percent-encoded. A whole URL is refused:
/// the token must not be sent to another host.
pub(crate) fn uri(base: &str, version: u16, path: &str) -> Result<Uri, RestError> {
    let before_query = path.split('?').next().unwrap_or_default();
    if before_query.contains("://") {
        return Err(RestError::Path);
    }
    // Links in responses of a site include its path already.
    let prefix = base.splitn(4, '/').nth(3).map_or_else(String::new, |path| format!("/{path}"));
    let known = !prefix.is_empty() && path.starts_with(&format!("{prefix}/"));
    let mut text = base[..base.len() - if known { prefix.len() } else { 0 }].to_owned();
    if !path.starts_with('/') {
        text.push_str(&format!("/services/data/v{version}.0/"));
    }
    text.extend(utf8_percent_encode(path, URI));
    text.parse().map_err(|_| RestError::Path)
}

/// Encodes one segment of a path. An empty segment, `.` and `..` are refused: a server drops them,
/// even encoded, and the path would name something else. `sobjects/Account/` is the object, not a
/// record.
pub(crate) fn segment(what: &'static str, text: &str) -> Result<String, RestError> {
    if text.trim().is_empty() || text == "." || text == ".." {
        return Err(RestError::Segment { what, empty: text.trim().is_empty() });
    }
    Ok(encode(text))
}

/// Percent-encodes a text for a path or a query.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// All characters except the unreserved ones ([RFC 3986, Section 2.3]) and the comma of lists.
///
/// [RFC 3986, Section 2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-2.3
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// Characters that a path or a query cannot hold ([RFC 3986, Section 3]). `%` is not among them:
/// text that is encoded already is not encoded again.
///
/// [RFC 3986, Section 3]: https://www.rfc-editor.org/rfc/rfc3986#section-3
const URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

#[cfg(test)]
mod tests {
    use orgtoken_assertion::Diagnostic;

    use super::*;

    #[test]
    fn paths_from_the_root_and_below_the_version() {
        let below = "https://acme.my.salesforce.com/services/data/v65.0";
        let root = "https://acme.my.salesforce.com";
        for (path, expected) in [
            ("limits", format!("{below}/limits")),
            ("", format!("{below}/")),
            ("/services/data/", format!("{root}/services/data/")),
            ("/services/apexrest/x?a=b", format!("{root}/services/apexrest/x?a=b")),
            (
                "query?q=SELECT Id FROM Account",
                format!("{below}/query?q=SELECT%20Id%20FROM%20Account"),
            ),
            ("query?q=SELECT%20Id", format!("{below}/query?q=SELECT%20Id")),
            ("query?q=a://b", format!("{below}/query?q=a://b")),
            (
                "sobjects/Kund/Nr/å#\r\n\"<>",
                format!("{below}/sobjects/Kund/Nr/%C3%A5%23%0D%0A%22%3C%3E"),
            ),
            ("//evil.example/x", format!("{root}//evil.example/x")),
            ("@evil.example/", format!("{below}/@evil.example/")),
        ] {
            let uri = uri(root, 65, path).unwrap();
            assert_eq!(uri.to_string(), expected, "{path}");
            assert_eq!(uri.authority().unwrap(), "acme.my.salesforce.com", "{path}");
        }
    }

    #[test]
    fn paths_of_a_site_begin_with_its_own_path() {
        let site = "https://acme.my.site.com/customers";
        for (path, expected) in [
            ("limits", "/customers/services/data/v65.0/limits"),
            (
                "/services/data/v65.0/query/01g-2000",
                "/customers/services/data/v65.0/query/01g-2000",
            ),
            (
                "/customers/services/data/v65.0/query/01g-2000",
                "/customers/services/data/v65.0/query/01g-2000",
            ),
        ] {
            assert_eq!(uri(site, 65, path).unwrap().path(), expected, "{path}");
        }
    }

    #[test]
    fn empty_segments_and_dots_are_refused() {
        for text in ["", " ", ".", ".."] {
            let error = segment("id", text).unwrap_err();
            assert_eq!(error.code(), "api.segment", "{text:?}");
        }
        assert_eq!(segment("id", "...").unwrap(), "...");
    }

    #[test]
    fn slashes_in_a_segment_are_encoded() {
        for (text, encoded) in
            [("Ext__c", "Ext__c"), ("a/b?c#d%41", "a%2Fb%3Fc%23d%2541"), ("å b", "%C3%A5%20b")]
        {
            assert_eq!(segment("id", text).unwrap(), encoded);
        }
    }

    #[test]
    fn url_of_another_host_is_refused() {
        for path in ["https://evil.example/", "HTTP://evil.example", "x://y"] {
            let error = uri("https://acme.my.salesforce.com", 65, path).unwrap_err();
            assert_eq!(error.code(), "api.path", "{path}");
        }
    }
}
