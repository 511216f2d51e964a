//! Forms: `application/x-www-form-urlencoded`, without the leniency of browsers.

use percent_encoding::percent_decode;

/// The fields of a form, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Form(Vec<(String, String)>);

/// `%` is not followed by two digits, the decoded bytes are not UTF-8, or there are too many fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FormError;

impl Form {
    /// Parses `name=value&…`. A name without `=` has an empty value, like in browsers.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, FormError> {
        let mut after_percent = text.split(|&byte| byte == b'%').skip(1);
        let is_hex = |text: &[u8]| text.len() >= 2 && text[..2].iter().all(u8::is_ascii_hexdigit);
        let is_utf8 = percent_decode(text).decode_utf8().is_ok();
        let fields: Vec<_> =
            form_urlencoded::parse(text).into_owned().take(MAX_FIELDS + 1).collect();
        if !is_utf8 || !after_percent.all(is_hex) || fields.len() > MAX_FIELDS {
            return Err(FormError);
        }
        Ok(Self(fields))
    }

    /// Returns the first field with this name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns the values of the first field with this name, which commas separate.
    #[cfg(feature = "rest")]
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = self.first(name).unwrap_or_default().split(',').map(str::trim);
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// Whether a field is repeated, which [RFC 6749, Section 3.2] forbids.
    ///
    /// [RFC 6749, Section 3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2
    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(field, _)| field == name).count() > 1
    }

    /// Appends the fields of another form.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

const MAX_FIELDS: usize = 256;

#[cfg(test)]
mod tests {
    use super::{Form, FormError};

    #[test]
    fn valid_forms() {
        for (name, text, field, value) in [
            ("plain", "grant_type=x&assertion=a.b.c", "assertion", Some("a.b.c")),
            ("escaped colons", "grant_type=urn%3Aietf", "grant_type", Some("urn:ietf")),
            ("bare colons", "grant_type=urn:ietf", "grant_type", Some("urn:ietf")),
            ("plus is a blank", "q=SELECT+Id", "q", Some("SELECT Id")),
            ("escaped plus", "q=a%2Bb", "q", Some("a+b")),
            ("equals sign in the value", "q=a=b", "q", Some("a=b")),
            ("no equals sign", "token", "token", Some("")),
            ("empty pairs", "&&a=1&&", "a", Some("1")),
            ("absent", "a=1", "b", None),
            ("empty", "", "a", None),
        ] {
            assert_eq!(Form::parse(text.as_bytes()).unwrap().first(field), value, "{name}");
        }
    }

    #[test]
    fn invalid_forms() {
        let crowd = "a=1&".repeat(257);
        for (name, text) in [
            ("half an escape", b"a=%4".as_slice()),
            ("no digits", b"a=%zz"),
            ("a sign for a digit", b"a=%+1"),
            ("overlong slash", b"a=%c0%af"),
            ("bare Latin-1", b"a=\xe9"),
            ("a crowd", crowd.as_bytes()),
        ] {
            assert_eq!(Form::parse(text), Err(FormError), "{name}");
        }
    }

    #[test]
    fn repeated_field_is_found() {
        let form = Form::parse(b"assertion=a&assertion=b").unwrap();
        assert!(form.repeats("assertion") && !form.repeats("grant_type"));
    }
}
