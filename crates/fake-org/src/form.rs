//! A strict parser of `application/x-www-form-urlencoded`.

/// The fields of a form, in order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Form(Vec<(String, String)>);

/// The reasons why a body or a query string is not a form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FormError {
    /// `%` is not followed by two hexadecimal digits.
    Escape,
    /// The decoded bytes are not UTF-8.
    NotUtf8,
    /// There are too many fields.
    TooMany,
}

impl Form {
    /// Parses `name=value&…`. A name without `=` has an empty value, like in browsers.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, FormError> {
        let mut fields = Vec::new();
        for pair in text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() == MAX_FIELDS {
                return Err(FormError::TooMany);
            }
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            fields.push((name, value));
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

/// Decodes a path segment, in which `+` is not a space.
#[cfg(feature = "rest")]
pub(crate) fn decode_segment(text: &str) -> Option<String> {
    unescape(text.as_bytes(), false).ok()
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    unescape(text, true)
}

fn unescape(text: &[u8], plus_is_blank: bool) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'%' => {
                let (digits, tail) = rest.split_at_checked(2).ok_or(FormError::Escape)?;
                bytes.push(hex(digits[0])? << 4 | hex(digits[1])?);
                rest = tail;
            }
            b'+' if plus_is_blank => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| FormError::NotUtf8)
}

fn hex(digit: u8) -> Result<u8, FormError> {
    let value = char::from(digit).to_digit(16).ok_or(FormError::Escape)?;
    u8::try_from(value).map_err(|_| FormError::Escape)
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
        for (name, text, error) in [
            ("half an escape", b"a=%4".as_slice(), FormError::Escape),
            ("no digits", b"a=%zz", FormError::Escape),
            ("a sign for a digit", b"a=%+1", FormError::Escape),
            ("overlong slash", b"a=%c0%af", FormError::NotUtf8),
            ("bare Latin-1", b"a=\xe9", FormError::NotUtf8),
            ("a crowd", crowd.as_bytes(), FormError::TooMany),
        ] {
            assert_eq!(Form::parse(text), Err(error), "{name}");
        }
    }

    #[test]
    fn repeated_field_is_found() {
        let form = Form::parse(b"assertion=a&assertion=b").unwrap();
        assert!(form.repeats("assertion") && !form.repeats("grant_type"));
    }
}
