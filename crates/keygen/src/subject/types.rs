//! The types of what a name consists of, as far as they have names themselves.

use x509_cert::der::oid::ObjectIdentifier;

/// In any case of letters.
pub(super) fn by_name(name: &str) -> Option<ObjectIdentifier> {
    let is_it = |known: &&str| known.eq_ignore_ascii_case(name);
    TYPES.iter().find(|(names, _)| names.iter().any(is_it)).map(|(_, oid)| *oid)
}

pub(super) fn name_of(oid: &ObjectIdentifier) -> Option<&'static str> {
    TYPES.iter().find(|(_, known)| known == oid).and_then(|(names, _)| names.first().copied())
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

// https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1
pub(super) const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
pub(super) const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
pub(super) const DOMAIN_COMPONENT: ObjectIdentifier = oid("0.9.2342.19200300.100.1.25");
pub(super) const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");
pub(super) const SERIAL_NUMBER: ObjectIdentifier = oid("2.5.4.5");

/// Of several names of a type, the first is written.
///
/// Those of [RFC 4514, Section 3], then those that OpenSSL, Windows and authorities use besides.
///
/// [RFC 4514, Section 3]: https://www.rfc-editor.org/rfc/rfc4514#section-3
static TYPES: [(&[&str], ObjectIdentifier); 26] = [
    (&["CN", "commonName"], COMMON_NAME),
    (&["L", "localityName"], oid("2.5.4.7")),
    (&["ST", "stateOrProvinceName", "S"], oid("2.5.4.8")),
    (&["O", "organizationName"], oid("2.5.4.10")),
    (&["OU", "organizationalUnitName"], oid("2.5.4.11")),
    (&["C", "countryName"], COUNTRY),
    (&["STREET", "streetAddress"], oid("2.5.4.9")),
    (&["DC", "domainComponent"], DOMAIN_COMPONENT),
    (&["UID", "userId"], oid("0.9.2342.19200300.100.1.1")),
    (&["emailAddress", "email", "E"], EMAIL_ADDRESS),
    (&["serialNumber"], SERIAL_NUMBER),
    (&["SN", "surname"], oid("2.5.4.4")),
    (&["GN", "givenName"], oid("2.5.4.42")),
    (&["initials"], oid("2.5.4.43")),
    (&["generationQualifier"], oid("2.5.4.44")),
    (&["name"], oid("2.5.4.41")),
    (&["pseudonym"], oid("2.5.4.65")),
    (&["title"], oid("2.5.4.12")),
    (&["description"], oid("2.5.4.13")),
    (&["businessCategory"], oid("2.5.4.15")),
    (&["postalCode"], oid("2.5.4.17")),
    (&["telephoneNumber"], oid("2.5.4.20")),
    (&["dnQualifier"], oid("2.5.4.46")),
    (&["organizationIdentifier"], oid("2.5.4.97")),
    (&["mail"], oid("0.9.2342.19200300.100.1.3")),
    (&["unstructuredName"], oid("1.2.840.113549.1.9.2")),
];
