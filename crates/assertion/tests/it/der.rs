//! A writer of valid and invalid DER.

use num_bigint::BigUint;

pub(crate) fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    match value.len() {
        len @ 0..=0x7f => der.push(len as u8),
        len @ ..=0xff => der.extend([0x81, len as u8]),
        len => der.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    der.extend(value);
    der
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

pub(crate) fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    element(0x02, &bytes)
}

pub(crate) fn octets(value: &[u8]) -> Vec<u8> {
    element(0x04, value)
}

pub(crate) fn bits(value: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], value].concat())
}

pub(crate) const NULL: &[u8] = &[0x05, 0x00];
/// 1.2.840.113549.1.1.1
pub(crate) const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// 1.2.840.113549.1.1.10
pub(crate) const RSA_PSS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
