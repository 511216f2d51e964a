use orgtoken_assertion::Diagnostic;
use proptest::collection::vec;
use proptest::prelude::*;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, Utf8StringRef};
use x509_cert::der::{Decode, Encode};
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use super::*;

#[test]
fn accepted_notations() {
    for (name, text, shown) in [
        ("plain", "my-integration", "CN=my-integration"),
        ("plain, with blanks", " my integration \n", "CN=my integration"),
        ("plain, with an equals sign", "Acme = Sync", "CN=Acme = Sync"),
        ("plain, with all signs", "a=b, c+d", "CN=a=b\\, c\\+d"),
        ("RFC 4514", "CN=my-integration, O=Acme AB,C=SE", "CN=my-integration,O=Acme AB,C=SE"),
        ("OpenSSL", "/C=SE/O=Acme AB/CN=my-integration", "CN=my-integration,O=Acme AB,C=SE"),
        ("OpenSSL, with a comma", "/O=Acme, Inc./CN=x", "CN=x,O=Acme\\, Inc."),
        ("OpenSSL, with a slash", "/O=A\\/S/CN=x", "CN=x,O=A/S"),
        ("escaped", "CN=Smith\\, John", "CN=Smith\\, John"),
        ("escaped backslash", "CN=a\\\\,O=b", "CN=a\\\\,O=b"),
        ("escaped backslash and comma", "CN=a\\\\\\,O=b", "CN=a\\\\\\,O=b"),
        ("escaped blanks", "CN=\\ a\\ , O=b", "CN=\\ a\\ ,O=b"),
        ("escaped hash", "CN=\\#a#", "CN=\\#a#"),
        ("escaped octets", "CN=Lu\\C4\\8di\\C4\\87", "CN=Lučić"),
        ("control", "CN=Before\\0dAfter", "CN=Before\\0dAfter"),
        ("several values", "OU=Sales+CN=J.  Smith,DC=acme", "OU=Sales+CN=J.  Smith,DC=acme"),
        ("blanks all over", "CN = a , O = b + OU = c", "CN=a,O=b+OU=c"),
        ("equals sign", "CN=a=b", "CN=a=b"),
        ("nothing in it", "CN=,O=b", "CN=,O=b"),
        (
            "any case",
            "cn=a,serialnumber=1,Email=a@b.example",
            "CN=a,SERIALNUMBER=1,EMAIL=a@b.example",
        ),
        ("names in full", "commonName=a,organizationName=b", "CN=a,O=b"),
        ("dotted", "2.5.4.3=a", "CN=a"),
        ("dotted and unknown", "1.2.3.4=a", "1.2.3.4=#0c0161"),
        ("hexadecimal text", "CN=#0C0161", "CN=a"),
    ] {
        assert_eq!(Subject::parse(text).unwrap().to_string(), shown, "{name}");
    }
}

#[test]
fn invalid_names_are_refused() {
    for (name, text) in [
        ("empty", " "),
        ("control", "a\nb"),
        ("unknown second type", "CN=a, XYZZY=b"),
        ("bare slash", "/"),
        ("last part empty", "CN=a,"),
        ("part without a value", "CN=a,b"),
        ("value without a type", "CN=a+b"),
        ("escaped letter", "CN=\\x"),
        ("half an octet", "CN=a\\4"),
        ("lone backslash", "CN=a\\"),
        ("octets of no text", "CN=\\ff"),
        ("odd hexadecimal", "CN=#0c016"),
        ("no hexadecimal", "CN=#0c01x1"),
        ("no DER", "CN=#0c0261"),
        ("not a text", "CN=#020101"),
        ("letters that a country has not", "C=Ö"),
        ("letters that a domain has not", "DC=ö"),
    ] {
        assert_eq!(Subject::parse(text).unwrap_err().code(), "cert.subject", "{name}");
    }
}

// https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1
#[test]
fn values_have_the_type_of_their_attribute() {
    for (text, tag) in [
        ("C=SE", Tag::PrintableString),
        ("serialNumber=1", Tag::PrintableString),
        ("DC=example", Tag::Ia5String),
        ("E=a@b.example", Tag::Ia5String),
        ("CN=a", Tag::Utf8String),
        ("1.2.3.4=a", Tag::Utf8String),
        ("a", Tag::Utf8String),
    ] {
        let subject = Subject::parse(text).unwrap();
        assert_eq!(subject.0.iter().next().unwrap().value.tag(), tag, "{text}");
    }
}

#[test]
fn other_string_types_are_shown() {
    for (name, tag, octets, shown) in [
        (
            "an at sign that may not be there",
            Tag::PrintableString,
            b"a@b".as_slice(),
            "2.5.4.3=#1303614062",
        ),
        ("ASCII", Tag::TeletexString, b"a", "CN=a"),
        ("Latin-1", Tag::TeletexString, b"\xe5", "2.5.4.3=#1401e5"),
        ("UTF-8 that may not be there", Tag::Ia5String, "å".as_bytes(), "2.5.4.3=#1602c3a5"),
        ("no UTF-8", Tag::Utf8String, b"\xff", "2.5.4.3=#0c01ff"),
        ("UTF-16", Tag::BmpString, b"\0a", "2.5.4.3=#1e020061"),
    ] {
        let value = Any::new(tag, octets).unwrap();
        let oid = ObjectIdentifier::new_unwrap("2.5.4.3");
        let name_of = of(vec![vec![AttributeTypeAndValue { oid, value }]]);
        assert_eq!(Subject(name_of.unwrap()).to_string(), shown, "{name}");
    }
}

proptest! {
    #[test]
    fn no_subject_panics(text in "\\PC{0,40}") {
        let _ = Subject::parse(&text);
    }

    #[test]
    fn no_name_panics(text in "/?((CN|1\\.2|O) ?= ?([a-f0-9#\\\\+ ,/é]){0,9}[,/+]){0,4}") {
        let _ = Subject::parse(&text);
    }

    #[test]
    fn plain_name_is_read_back(text in "[a-zA-Z#][a-zA-Z0-9#+,;<>\\\\\" é-]{1,30}") {
        let subject = Subject::parse(&text).unwrap();
        let cn = subject.name().common_name().unwrap().unwrap();
        prop_assert_eq!(cn.value(), text.trim());
    }

    #[test]
    fn written_name_is_read_as_the_same_name(
        parts in vec(vec((0_usize..4, any::<String>()), 1..4), 1..4),
    ) {
        let parts = parts.iter().map(|part| part.iter().map(attribute).collect());
        if let Some(name) = of(parts.collect()) {
            let subject = Subject(name);
            let shown = subject.to_string();
            prop_assume!(shown.len() <= MAX_LEN);
            prop_assert_eq!(Subject::parse(&shown).unwrap(), subject);
        }
    }
}

fn of(parts: Vec<Vec<AttributeTypeAndValue>>) -> Option<Name> {
    let mut names = RdnSequence::default();
    for attributes in parts {
        names.push(RelativeDistinguishedName::try_from(attributes).ok()?);
    }
    Name::from_der(&names.to_der().ok()?).ok()
}

fn attribute((kind, text): &(usize, String)) -> AttributeTypeAndValue {
    let oid = ["2.5.4.3", "2.5.4.10", "0.9.2342.19200300.100.1.1", "1.2.3.4"][*kind];
    let value = Any::encode_from(&Utf8StringRef::new(text).unwrap()).unwrap();
    AttributeTypeAndValue { oid: ObjectIdentifier::new_unwrap(oid), value }
}
