//! The unverified claims of an assertion.

use base64ct::{Base64UrlUnpadded, Encoding};
use orgtoken_assertion::{PublicKey, Unverified};
use serde_json::{Map, Value};

/// The claims of an assertion, and its compact form.
pub(crate) struct Assertion<'a> {
    compact: &'a str,
    claims: Map<String, Value>,
}

impl<'a> Assertion<'a> {
    /// Parses the claims. `None` if the text is not a compact JWS with a JSON object.
    pub(crate) fn parse(compact: &'a str) -> Option<Self> {
        let mut parts = compact.split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let payload = Base64UrlUnpadded::decode_vec(payload).ok()?;
        let claims = serde_json::from_slice(&payload).ok()?;
        Some(Self { compact, claims })
    }

    /// Returns the consumer key.
    pub(crate) fn issuer(&self) -> &str {
        self.text("iss")
    }

    /// Returns the user name. Before [RFC 7523], `sub` was called `prn`.
    ///
    /// [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523#section-3
    pub(crate) fn subject(&self) -> &str {
        match self.text("sub") {
            "" => self.text("prn"),
            subject => subject,
        }
    }

    /// Returns the audience, or the only one of a list.
    pub(crate) fn audience(&self) -> &str {
        match self.claims.get("aud") {
            Some(Value::Array(list)) => match list.as_slice() {
                [only] => only.as_str().unwrap_or_default(),
                _ => "",
            },
            _ => self.text("aud"),
        }
    }

    /// Returns the expiry in seconds. Salesforce accepts a number and a string with a number.
    pub(crate) fn expires_at(&self) -> Option<i64> {
        match self.claims.get("exp")? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Returns the `jti`.
    pub(crate) fn token_id(&self) -> Option<&str> {
        self.claims.get("jti")?.as_str()
    }

    /// Whether the signature is RS256 with this key.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        Unverified::parse(self.compact).is_ok_and(|unverified| unverified.verify(key).is_ok())
    }

    fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};

    use super::Assertion;

    fn compact(claims: &str) -> String {
        format!("e30.{}.c2ln", Base64UrlUnpadded::encode_string(claims.as_bytes()))
    }

    #[test]
    fn claims_are_parsed_in_every_form_that_salesforce_accepts() {
        for (name, claims, expires_at, subject) in [
            ("number", r#"{"exp":1333685628,"sub":"a@acme.com"}"#, Some(1333685628), "a@acme.com"),
            ("text", r#"{"exp":"1333685628"}"#, Some(1333685628), ""),
            ("absent", "{}", None, ""),
            ("a date", r#"{"exp":"2012-04-06"}"#, None, ""),
            ("the older name", r#"{"prn":"a@acme.com"}"#, None, "a@acme.com"),
        ] {
            let compact = compact(claims);
            let assertion = Assertion::parse(&compact).unwrap();
            assert_eq!(assertion.expires_at(), expires_at, "{name}");
            assert_eq!(assertion.subject(), subject, "{name}");
        }
    }

    #[test]
    fn invalid_compact_jws_is_refused() {
        let list = compact("[]");
        for text in ["", ".", "a.b", "a.b.c.d", "e30.!!.c2ln", "e30.e30=.c2ln", &list] {
            assert!(Assertion::parse(text).is_none(), "{text}");
        }
    }
}
